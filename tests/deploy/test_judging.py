"""What is held of every installation is really looked at: each fault is found, with its place."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.deploy import judging, parts
from tests.deploy.checking import complaints
from tests.deploy.programs import Manifest, kustomized

Fault = Callable[[list[Manifest]], Any]


@pytest.fixture(scope="module")
def published() -> list[Manifest]:
    return kustomized("deploy/overlays/ingress-oauth2-proxy")


def unmounted(found: list[Manifest]) -> None:
    parts.baton(found)["volumeMounts"].pop()


def ported(found: list[Manifest]) -> None:
    parts.the("Service", found)["spec"]["ports"][0]["targetPort"] = "https"


def moved(found: list[Manifest]) -> None:
    parts.the("Ingress", found)["spec"]["rules"][0]["host"] = "other.example.com"


def led_astray(found: list[Manifest]) -> None:
    rule = parts.the("Ingress", found)["spec"]["rules"][0]
    rule["http"]["paths"][0]["backend"]["service"]["name"] = "batten"


def unaccounted(found: list[Manifest]) -> None:
    found.remove(parts.the("ServiceAccount", found))
    parts.pod(found)["serviceAccountName"] = "other"


def doubled(found: list[Manifest]) -> None:
    parts.baton(found)["env"].append({"name": "BATON_DATA", "value": "/data"})


FAULTS: list[tuple[Fault, str]] = [
    (lambda found: parts.baton(found).update(imagePullpolicy="Always"), "'imagePullpolicy' was"),
    (lambda found: parts.baton(found)["env"].append({"value": "x"}), "'name' is a required"),
    (lambda found: parts.pod(found).update(enableServiceLinks="no"), "'no' is not of type"),
    (lambda found: parts.the("Deployment", found).update(apiVersion="apps/v2"), "apps-v2"),
    (lambda found: parts.pod(found).update(tolerations=[]), ".tolerations says nothing"),
    (lambda found: parts.pod(found).update(affinity=None), ".affinity says nothing"),
    (lambda found: parts.the("Service", found)["spec"].update(selector={"a": "b"}), "selects"),
    (unaccounted, "binds baton"),
    (lambda found: found.remove(parts.of("ClusterRole", found)[0]), "binds a role that is not"),
    (lambda found: found.append(parts.the("Ingress", found)), "is there twice"),
    (lambda found: parts.baton(found)["startupProbe"].pop("initialDelaySeconds"), "too early"),
    (lambda found: parts.baton(found)["startupProbe"].pop("timeoutSeconds"), "too little time"),
    (lambda found: parts.baton(found)["readinessProbe"].update(timeoutSeconds=20), "too little"),
    (lambda found: parts.baton(found)["args"].append("--audit-file=/audit/log"), "names /audit"),
    (lambda found: parts.baton(found)["args"].append("--audit"), "manage.py does not take"),
    (lambda found: parts.pod(found)["volumes"][0]["emptyDir"].clear(), "is unbounded"),
    (unmounted, "is not used"),
    (ported, "nobody serves the port https"),
    (moved, "does not know itself by other.example.com"),
    (led_astray, "leads to http of batten"),
    (doubled, "BATON_DATA is set twice"),
]


@pytest.mark.parametrize(("fault", "said"), FAULTS, ids=[said for _, said in FAULTS])
def test_a_fault_is_found(fault: Fault, said: str, published: list[Manifest]) -> None:
    found = deepcopy(published)
    assert judging.wrong(found) == []
    fault(found)
    try:
        told = "\n".join(judging.wrong(found))
    except FileNotFoundError as unknown:
        told = str(unknown)
    assert said in told


@pytest.mark.parametrize(
    "asked",
    [
        {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
        {"runAsNonRoot": False, "seccompProfile": {"type": "RuntimeDefault"}},
        {"runAsNonRoot": True},
    ],
)
def test_a_pod_that_is_not_restricted_is_found(
    asked: dict[str, Any], published: list[Manifest]
) -> None:
    found = deepcopy(published)
    assert judging.unrestricted(parts.pod(found)) == []
    parts.pod(found)["securityContext"] = asked
    assert judging.unrestricted(parts.pod(found)) != []


def test_kinds_of_others_are_checked_by_our_own_schemas() -> None:
    (route,) = parts.of("Route", kustomized("deploy/overlays/openshift"))
    assert complaints(route) == []
    route["spec"]["tls"]["termination"] = "re-encrypt"
    route["spec"]["hosts"] = ["a"]
    assert len(complaints(route)) == 2
