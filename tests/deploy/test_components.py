"""Parts that overlays can be put together of: each fits into any, and does what it is for."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.deploy import judging, parts
from tests.deploy.programs import ROOT, Manifest, kustomized

COMPONENTS = ROOT / "deploy/components"
OVERLAYS = sorted(each.name for each in (ROOT / "deploy/overlays").iterdir())
SUGGESTED = {
    "openshift": ["persistent"],
    "ingress-oauth2-proxy": ["persistent", "persistent-fsgroup"],
    "namespaced": ["persistent", "persistent-fsgroup"],
}


@pytest.fixture
def deploy(tmp_path: Path) -> Path:
    """A copy of deploy/ that a test may change as a reader would."""
    copied = tmp_path / "deploy"
    shutil.copytree(ROOT / "deploy", copied)
    return copied


def with_component(deploy: Path, overlay: str, component: str) -> list[Manifest]:
    file = deploy / "overlays" / overlay / "kustomization.yaml"
    content = yaml.safe_load(file.read_text())
    content.setdefault("components", []).append(f"../../components/{component}")
    file.write_text(yaml.safe_dump(content))
    return kustomized(str(file.parent))


@pytest.mark.parametrize("overlay", SUGGESTED)
def test_what_an_overlay_suggests_works_as_it_stands_there(overlay: str, deploy: Path) -> None:
    file = deploy / "overlays" / overlay / "kustomization.yaml"
    text, changed = re.subn(r"^# (components: \[)", r"\1", file.read_text(), flags=re.MULTILINE)
    assert changed == 1
    file.write_text(text)
    named = [Path(each).name for each in yaml.safe_load(text)["components"]]
    assert named == SUGGESTED[overlay]
    found = kustomized(str(file.parent))
    assert judging.wrong(found) == []
    claim = parts.the("PersistentVolumeClaim", found)["metadata"]
    (history,) = [each for each in parts.pod(found)["volumes"] if each["name"] == "history"]
    assert history["persistentVolumeClaim"] == {"claimName": claim["name"]}
    group = parts.pod(found)["securityContext"].get("fsGroup")
    assert group == (None if overlay == "openshift" else 10001)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_kinds_of_ones_own_fit_into_each_overlay(overlay: str, deploy: Path) -> None:
    before = parts.baton(kustomized(f"deploy/overlays/{overlay}"))
    found = with_component(deploy, overlay, "kinds")
    assert judging.wrong(found) == []
    after = parts.baton(found)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"env", "volumeMounts"}


def test_each_setting_names_what_is_mounted_for_reading(deploy: Path) -> None:
    found = with_component(deploy, "oidc", "kinds")
    mounts = {mount["name"]: mount for mount in parts.baton(found)["volumeMounts"]}
    paths = parts.environment(found)
    assert paths["BATON_KINDS"] == mounts["kinds"]["mountPath"]
    assert str(Path(paths["BATON_HEALTH"]).parent) == mounts["health"]["mountPath"]
    assert all(mounts[name]["readOnly"] for name in ("kinds", "health"))


def test_each_component_is_in_an_overlay_or_told_of() -> None:
    told = (ROOT / "deploy/README.md").read_text()
    for component in COMPONENTS.iterdir():
        used = any(
            f"components/{component.name}" in (each / "kustomization.yaml").read_text()
            for each in (ROOT / "deploy/overlays").iterdir()
        )
        assert used or f"components/{component.name}" in told
