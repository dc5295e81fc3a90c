"""What is kept of Services, Ingresses and PersistentVolumes: whether they work, and no more."""

from typing import Any

import pytest

from eventstream.objects.decoding import encode
from eventstream.objects.resource import Resource
from tests.objects.recorded import decoder, text, thing

CANARY = "canary-7Qn"
INGRESS = Resource("networking.k8s.io", "v1", "ingresses", "Ingress")
SERVICE = Resource("", "v1", "services", "Service")
VOLUME = Resource("", "v1", "persistentvolumes", "PersistentVolume", namespaced=False)


def backend(name: str) -> dict[str, Any]:
    port = {"name": "http", "number": 80, "extra": CANARY}
    return {"service": {"name": name, "port": port}, "resource": {"name": CANARY}}


ROUTED = {"host": CANARY, "http": {"paths": [{"path": f"/{CANARY}", "backend": backend("web")}]}}


@pytest.mark.parametrize(
    ("resource", "spec", "status"),
    [
        (
            INGRESS,
            {"tls": [{"hosts": [CANARY], "secretName": CANARY}], "rules": [ROUTED]},
            {"loadBalancer": {"ingress": [{"ip": "192.0.2.1", "ports": [{"error": CANARY}]}]}},
        ),
        (
            SERVICE,
            {"externalName": CANARY, "loadBalancerSourceRanges": [CANARY], "type": "ClusterIP"},
            {"loadBalancer": {}},
        ),
        (
            VOLUME,
            {"csi": {"volumeHandle": CANARY, "volumeAttributes": {"key": CANARY}}},
            {"phase": "Failed", "message": CANARY},
        ),
    ],
)
def test_nothing_but_what_tells_how_it_stands_is_kept(
    resource: Resource, spec: dict[str, Any], status: dict[str, Any]
) -> None:
    image = decoder().image(resource, text(thing(resource.kind, spec=spec, status=status)))
    assert not image.flags
    assert CANARY.encode() not in encode(image)


def test_the_services_that_an_ingress_leads_to_are_kept() -> None:
    spec = {"rules": [ROUTED], "defaultBackend": backend("other")}
    image = decoder().image(INGRESS, text(thing("Ingress", spec=spec)))
    assert image.spec.default_backend.service.name == "other"
    assert image.spec.default_backend.service.port.name == "http"
    assert [path.backend.service.name for path in image.spec.rules[0].http.paths] == ["web"]
