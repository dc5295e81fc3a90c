"""The example that teaches Baton kinds mounts what its settings name, and changes nothing else."""

from pathlib import Path
from typing import Any

import yaml

from tests.deploy.conftest import Manifest

EXAMPLE = Path(__file__).parents[2] / "deploy/examples/kinds.yaml"


def test_each_setting_names_what_is_mounted_for_reading(
    deployment: Manifest, container: Manifest
) -> None:
    patch: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text())
    assert patch["metadata"].items() <= deployment["metadata"].items()
    spec = patch["spec"]["template"]["spec"]
    (patched,) = spec["containers"]
    assert patched["name"] == container["name"]
    assert patched.keys() == {"name", "env", "volumeMounts"}
    mounts = {mount["name"]: mount for mount in patched["volumeMounts"]}
    assert {volume["name"] for volume in spec["volumes"]} == mounts.keys()
    assert all(mount["readOnly"] for mount in mounts.values())
    paths = {entry["name"]: entry["value"] for entry in patched["env"]}
    assert paths["BATON_KINDS"] == mounts["kinds"]["mountPath"]
    assert str(Path(paths["BATON_HEALTH"]).parent) == mounts["health"]["mountPath"]
