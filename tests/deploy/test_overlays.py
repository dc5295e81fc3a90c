"""Other ways to install Baton: each builds, says how people sign in, and grants what it names."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboard.signin.mode import from_environment
from tests.deploy.conftest import ROOT, Manifest

DELEGATOR = "system:auth-delegator"
OVERLAYS = sorted(each.name for each in (ROOT / "deploy/overlays").iterdir())


def built(overlay: str) -> list[Manifest]:
    path = Path("deploy/overlays") / overlay
    done = subprocess.run(
        ["kubectl", "kustomize", str(path)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return list(yaml.safe_load_all(done.stdout))


def environment(manifests: list[Manifest]) -> dict[str, str]:
    (deployment,) = [each for each in manifests if each["kind"] == "Deployment"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return {each["name"]: each["value"] for each in container["env"]}


def bound(manifests: list[Manifest]) -> set[str]:
    return {each["roleRef"]["name"] for each in manifests if each["kind"] == "ClusterRoleBinding"}


def without_env(manifests: list[Manifest]) -> list[Any]:
    kept = [each for each in manifests if each.get("roleRef", {}).get("name") != DELEGATOR]
    for each in kept:
        if each["kind"] == "Deployment":
            del each["spec"]["template"]["spec"]["containers"][0]["env"]
    return kept


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_changes_how_people_sign_in_and_nothing_else(
    overlay: str, manifests: list[Manifest]
) -> None:
    found = built(overlay)
    assert from_environment(environment(found)).mode == overlay.partition("-")[0]
    plain = yaml.safe_load_all(yaml.safe_dump_all(manifests))
    assert without_env(found) == without_env(list(plain))


def test_to_ask_for_the_rights_of_others_is_granted_by_one_overlay_alone(
    manifests: list[Manifest],
) -> None:
    assert DELEGATOR not in bound(manifests)
    granting = {overlay for overlay in OVERLAYS if DELEGATOR in bound(built(overlay))}
    assert granting == {"proxy-names"}
    assert from_environment(environment(built("proxy-names"))).proxy_credential == "names"
