"""The overlay that gives Baton an audit log changes nothing but what that needs."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.conftest import Manifest

PATCH = Path(__file__).parents[2] / "deploy/overlays/audit-log/audit-log.yaml"


@pytest.fixture(scope="module")
def spec(deployment: Manifest) -> dict[str, Any]:
    patch: dict[str, Any] = yaml.safe_load(PATCH.read_text())
    assert patch["metadata"].items() <= deployment["metadata"].items()
    assert patch["spec"].keys() == {"template"}
    found: dict[str, Any] = patch["spec"]["template"]["spec"]
    return found


def test_the_log_is_mounted_for_reading_alone_where_the_option_expects_it(
    spec: dict[str, Any], container: Manifest
) -> None:
    (patched,) = spec["containers"]
    assert patched["name"] == container["name"]
    assert patched["args"][: len(container["args"])] == container["args"]
    option, path = patched["args"][len(container["args"]) :]
    (mount,) = patched["volumeMounts"]
    (volume,) = spec["volumes"]
    assert option == "--audit-file"
    assert Path(path).parent == Path(mount["mountPath"])
    assert mount["readOnly"] is True
    assert mount["name"] == volume["name"]
    assert volume["hostPath"]["type"] == "Directory"


def test_it_runs_as_the_logs_owner_and_still_without_any_capability(
    spec: dict[str, Any], container: Manifest
) -> None:
    assert spec["securityContext"] == {"runAsNonRoot": False, "runAsUser": 0}
    assert "securityContext" not in spec["containers"][0]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
