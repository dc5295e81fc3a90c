"""The programs that people install Baton with, as the tests run them: helm and kubectl."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy/chart"
BESIDE = ROOT / ".venv/bin"

Manifest = dict[str, Any]


def program(name: str) -> str:
    """Return the path of helm or kubectl, the ones of .venv first."""
    found = shutil.which(name, path=f"{BESIDE}{os.pathsep}{os.environ['PATH']}")
    assert found, f"{name} is missing: `make install` brings it, or says what to install"
    return found


def run(
    name: str, *arguments: str, said: str = "", more: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one with no cluster and no settings of whoever runs the tests, but with `more`."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "KUBECONFIG": "/nonexistent/config",
        "HELM_PLUGINS": "/nonexistent/plugins",
    }
    return subprocess.run(
        [program(name), *arguments],
        cwd=ROOT,
        env=environment | (more or {}),
        input=said,
        capture_output=True,
        text=True,
        check=False,
    )


def kustomized(directory: str) -> list[Manifest]:
    """Every object that `kubectl apply -k` would send."""
    done = run("kubectl", "kustomize", directory)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, "kustomize warns of what it will no longer take"
    return list(yaml.safe_load_all(done.stdout))


def templated(values: dict[str, Any] | None = None, *, namespace: str = "baton") -> list[Manifest]:
    """Every object that `helm install baton` would send with these values."""
    done = helm_template(values, namespace=namespace)
    assert done.returncode == 0, done.stderr
    return [each for each in yaml.safe_load_all(done.stdout) if each]


def refused(values: dict[str, Any]) -> str:
    """Why helm does not take these values."""
    done = helm_template(values, namespace="baton")
    assert done.returncode != 0, "the chart took them"
    return done.stderr


def helm_template(
    values: dict[str, Any] | None, *, namespace: str
) -> subprocess.CompletedProcess[str]:
    """What `helm template` says, at a cluster of the version that the schemas are of."""
    arguments = ["template", "baton", str(CHART), "-n", namespace, "--kube-version", "1.36.0"]
    return run("helm", *arguments, "-f", "-", said=yaml.safe_dump(values or {}))
