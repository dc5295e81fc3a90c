"""The example of an Ingress leads to what the base has, and its sizes are what Baton takes."""

import re
from pathlib import Path
from typing import Any

import yaml

from dashboard.admission import FORM_BYTES
from dashboard.opened import BYTES_MOST
from tests.deploy.conftest import Manifest

EXAMPLES = Path(__file__).parents[2] / "deploy/examples"


def test_the_ingress_leads_to_the_service(manifests: list[Manifest]) -> None:
    ingress: dict[str, Any] = yaml.safe_load((EXAMPLES / "ingress.yaml").read_text())
    (service,) = [each for each in manifests if each["kind"] == "Service"]
    assert ingress["metadata"]["namespace"] == service["metadata"]["namespace"]
    (rule,) = ingress["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    assert path["pathType"] == "Prefix"
    backend = path["backend"]["service"]
    assert backend["name"] == service["metadata"]["name"]
    assert backend["port"]["number"] in {port["port"] for port in service["spec"]["ports"]}
    assert [rule["host"]] == ingress["spec"]["tls"][0]["hosts"]


def test_the_largest_recording_gets_through_both() -> None:
    for name in ("nginx.conf", "ingress.yaml"):
        (size,) = re.findall(r"body-?_?size:? (\d+)m", (EXAMPLES / name).read_text())
        assert int(size) << 20 >= BYTES_MOST + FORM_BYTES
