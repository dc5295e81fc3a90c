"""Finds in an installation's objects what a test looks at."""

from collections.abc import Iterable
from typing import Any

Manifest = dict[str, Any]

PROBES = ("startupProbe", "livenessProbe", "readinessProbe")


def the(kind: str, manifests: Iterable[Manifest]) -> Manifest:
    """Return the one object of a kind."""
    (found,) = [each for each in manifests if each["kind"] == kind]
    return found


def pod(manifests: Iterable[Manifest]) -> Manifest:
    """Return the one Pod's spec."""
    spec = the("Deployment", manifests)["spec"]["template"]["spec"]
    assert isinstance(spec, dict)
    return spec


def baton(manifests: Iterable[Manifest]) -> Manifest:
    """Return Baton's own container."""
    (found,) = [each for each in pod(manifests)["containers"] if each["name"] == "baton"]
    assert isinstance(found, dict)
    return found


def environment(manifests: Iterable[Manifest]) -> dict[str, str]:
    """Return what Baton's environment says plainly."""
    return {each["name"]: each["value"] for each in baton(manifests)["env"] if "value" in each}


def of(kind: str, manifests: Iterable[Manifest]) -> list[Manifest]:
    """Return all objects of a kind."""
    return [each for each in manifests if each["kind"] == kind]
