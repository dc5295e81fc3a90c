"""The manifests as `kubectl apply -k` would send them, so that tests judge what a cluster gets."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]

Manifest = dict[str, Any]


@pytest.fixture(scope="session")
def manifests() -> list[Manifest]:
    """Every object that `deploy/` makes."""
    built = subprocess.run(
        ["kubectl", "kustomize", "deploy"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return list(yaml.safe_load_all(built.stdout))


@pytest.fixture(scope="session")
def deployment(manifests: list[Manifest]) -> Manifest:
    """The one Deployment."""
    (found,) = [manifest for manifest in manifests if manifest["kind"] == "Deployment"]
    return found


@pytest.fixture(scope="session")
def container(deployment: Manifest) -> Manifest:
    """Its one container."""
    (found,) = deployment["spec"]["template"]["spec"]["containers"]
    assert isinstance(found, dict)
    return found
