"""What is read of an audit log's line: enough to tell who asked for which write, and no more."""

import json
from typing import Any

import msgspec
import pytest

from eventstream.objects.audit import AuditDecoder
from eventstream.objects.decoding import DecodeError
from eventstream.objects.observations import AuditRecord

SECRET = "hunter2-0123456789"


def line(**changed: Any) -> bytes:
    whole: dict[str, Any] = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Metadata",
        "auditID": "a-1",
        "stage": "ResponseComplete",
        "requestURI": f"/apis/apps/v1/namespaces/shop/deployments/web?fieldManager=me&x={SECRET}",
        "verb": "patch",
        "user": {"username": "ann", "uid": SECRET, "groups": [SECRET], "extra": {"t": [SECRET]}},
        "sourceIPs": ["203.0.113.7"],
        "userAgent": "kubectl/v1",
        "objectRef": {
            "resource": "deployments",
            "namespace": "shop",
            "name": "web",
            "apiGroup": "apps",
            "apiVersion": "v1",
        },
        "responseStatus": {"metadata": {}, "code": 200},
        "requestObject": {"spec": {"password": SECRET}},
        "responseObject": {"spec": {"password": SECRET}},
        "requestReceivedTimestamp": "2027-01-15T08:00:00.250000Z",
        "stageTimestamp": "2027-01-15T08:00:00.500000Z",
        "annotations": {"note": SECRET},
    }
    return json.dumps(whole | changed).encode()


def decoded(**changed: Any) -> AuditRecord | None:
    return AuditDecoder(b"tests").record(line(**changed))


def test_who_asked_for_what_and_when_is_kept_and_nothing_else_of_the_request() -> None:
    record = decoded()
    assert record is not None
    assert (record.user, record.agent, record.field_manager) == ("ann", "kubectl/v1", "me")
    assert (record.resource.key, record.namespace, record.name) == (
        "apps/v1/deployments",
        "shop",
        "web",
    )
    assert (record.received, record.at) == (1800000000.25, 1800000000.5)
    kept = msgspec.json.encode(record).decode()
    assert SECRET not in kept
    assert "203.0.113.7" not in kept


def test_without_a_field_manager_it_is_the_agents_program_as_for_the_server() -> None:
    record = decoded(requestURI="/apis/apps/v1/namespaces/shop/deployments/web")
    assert record is not None
    assert record.field_manager == "kubectl"


def test_an_impersonated_user_acts_and_the_other_is_named() -> None:
    record = decoded(impersonatedUser={"username": "bob"})
    assert record is not None
    assert (record.user, record.impersonator) == ("bob", "ann")


def test_the_reason_of_a_refusal_is_kept_without_credentials() -> None:
    message = f"denied: password={SECRET} is too short"
    status = {"code": 422, "reason": "Invalid", "message": message, "details": {"name": "web"}}
    record = decoded(responseStatus=status)
    assert record is not None
    assert (record.refused, record.reason) == (True, "Invalid")
    assert SECRET not in record.message
    assert record.message.startswith("denied: ")


@pytest.mark.parametrize(
    ("named", "name", "generated"), [({"name": "web-1-"}, "", "web-1-"), ({}, "", "")]
)
def test_a_name_that_the_server_makes_up_is_not_there(
    named: dict[str, str], name: str, generated: str
) -> None:
    asked = {"resource": "pods", "namespace": "shop", "apiVersion": "v1"} | named
    record = decoded(verb="create", objectRef=asked)
    assert record is not None
    assert (record.name, record.generate_name) == (name, generated)


@pytest.mark.parametrize(
    "changed",
    [
        {"verb": "get"},
        {"verb": "watch"},
        {"stage": "RequestReceived"},
        {"stage": "ResponseStarted"},
        {"objectRef": None},
        {"requestURI": "/apis/apps/v1/namespaces/shop/deployments/web?dryRun=All"},
        {"objectRef": {"resource": "pods", "name": "p", "subresource": "exec"}},
        {"objectRef": {"resource": "events", "name": "e"}},
        {"objectRef": {"resource": "leases", "apiGroup": "coordination.k8s.io"}},
        {"objectRef": {"resource": "tokenreviews", "apiGroup": "authentication.k8s.io"}},
    ],
)
def test_what_writes_no_object_of_a_step_is_passed_over(changed: dict[str, Any]) -> None:
    assert decoded(**changed) is None


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b'"audit"',
        b"\xff\xfe",
        line()[:200],
        line(kind="Pod"),
        line(apiVersion="v1"),
        line(verb=7),
        line(user="ann"),
        line(stageTimestamp="yesterday"),
        line(stageTimestamp="2027-01-15T08:00:00"),
        line(responseStatus={"code": "200"}),
    ],
)
def test_what_is_no_audit_record_is_an_error_that_quotes_nothing(text: bytes) -> None:
    with pytest.raises(DecodeError, match="not an audit record") as caught:
        AuditDecoder(b"tests").record(text)
    assert SECRET not in str(caught.value)
