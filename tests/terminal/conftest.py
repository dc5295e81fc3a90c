"""One practice cluster with controllers for all tests, and kubectl to drive it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from terminal import command
from tests.deploy.programs import ROOT, program

SOON = 120.0
WAIT = "--timeout=120s"

Kubectl = Callable[..., str]
Why = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The administrator's; the cluster has nothing in it to begin with."""
    directory = tmp_path_factory.mktemp("cluster")
    path, administrator = directory / "kubeconfig", directory / "admin.kubeconfig"
    arguments = ["--port", "0", "--playlist", "none", "--controllers", "--kubeconfig", str(path)]
    serving = subprocess.Popen(
        [sys.executable, "-m", "practicecluster", *arguments, "--writable", str(administrator)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    until = time.monotonic() + SOON
    while not (path.exists() and administrator.exists()):
        assert serving.poll() is None, "the practice cluster ended"
        assert time.monotonic() < until, "the practice cluster does not serve"
        time.sleep(0.05)
    yield administrator
    serving.terminate()
    serving.wait(SOON)


@pytest.fixture(scope="session")
def run(kubeconfig: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`run("get", "pods")` runs kubectl, which finds Baton's plugin."""
    paths = (str(ROOT / "bin"), str(Path(program("kubectl")).parent), os.environ["PATH"])
    environment = os.environ | {
        "KUBECONFIG": str(kubeconfig),
        "PATH": os.pathsep.join(paths),
        "KUBECACHEDIR": str(kubeconfig.parent / "cache"),
    }

    def kubectl(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program("kubectl"), *words],
            env=environment,
            cwd=kubeconfig.parent,
            capture_output=True,
            text=True,
            check=False,
            timeout=SOON,
        )

    return kubectl


@pytest.fixture(scope="session")
def kubectl(run: Callable[..., subprocess.CompletedProcess[str]]) -> Kubectl:
    def said(*words: str) -> str:
        done = run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return said


@pytest.fixture(scope="session")
def web(kubectl: Kubectl) -> None:
    kubectl("create", "deployment", "web", "--image=nginx:1", "--replicas=2")
    kubectl("rollout", "status", "deployment/web", WAIT)


@pytest.fixture(scope="session")
def stuck(kubectl: Kubectl) -> None:
    kubectl("create", "deployment", "api", "--image=bad/api")
    reason = "jsonpath={.items[*].status.containerStatuses[*].state.waiting.reason}"
    until = time.monotonic() + SOON
    while kubectl("get", "pods", "-l", "app=api", "-o", reason) != "ImagePullBackOff":
        assert time.monotonic() < until, "the Pod's image was not looked for"


@pytest.fixture
def why(kubeconfig: Path, capsys: pytest.CaptureFixture[str]) -> Why:
    """`why("pod", "x")` returns the exit status, and what was said on both outputs."""

    def asked(*words: str) -> tuple[int, str, str]:
        status = command.main([*words, "--kubeconfig", str(kubeconfig)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return asked
