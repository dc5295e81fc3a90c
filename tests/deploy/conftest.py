"""The manifests as `kubectl apply -k` would send them, so that tests judge what a cluster gets."""

import pytest

from tests.deploy import parts
from tests.deploy.programs import ROOT, Manifest, kustomized

__all__ = ["ROOT", "Manifest"]


@pytest.fixture(scope="session")
def manifests() -> list[Manifest]:
    """Every object that `deploy/` makes."""
    return kustomized("deploy")


@pytest.fixture(scope="session")
def deployment(manifests: list[Manifest]) -> Manifest:
    """The one Deployment."""
    return parts.the("Deployment", manifests)


@pytest.fixture(scope="session")
def container(manifests: list[Manifest]) -> Manifest:
    """Its one container."""
    return parts.baton(manifests)
