"""Makes audit records for stories, and reads those of the recordings."""

from functools import cache
from typing import Any

from eventstream.objects.observations import AuditRecord, Observation
from eventstream.objects.resource import Resource
from scripts.accuracy import audit_records
from tests.explain.stories import Json, Story
from tests.explain.tapes import observations, streams

KUBECTL = "kubectl/v1.36.2 (linux/amd64) kubernetes/8e16b12"
KCM = "kube-controller-manager/v1.36.2 (linux/amd64) kubernetes/8e16b12/system:serviceaccount:"
ADMIN = "kubernetes-admin"


@cache
def records(name: str) -> tuple[AuditRecord, ...]:
    """The write requests of a recording's audit log."""
    return tuple(audit_records(name))


def with_audit(name: str) -> list[Observation]:
    """A recording and its audit log, in order of time."""
    shown: list[Observation] = [*observations(name), *records(name)]
    return sorted(shown, key=lambda observation: observation.at)


def all_streams(name: str) -> list[list[Observation]]:
    """A recording's streams, its audit log being one of them."""
    return [*streams(name).values(), list(records(name))]


def ask(
    story: Story, thing: Json, verb: str, user: str = ADMIN, agent: str = KUBECTL, **more: Any
) -> AuditRecord:
    """The record of the request behind the story's last write, if it was about this object."""
    group, _, version = thing["apiVersion"].rpartition("/")
    metadata = thing["metadata"]
    at = story.at - 1.0
    usual: dict[str, Any] = {
        "resource": Resource(group, version, thing["kind"].lower() + "s", ""),
        "audit_id": f"audit-{len(story.shown)}",
        "at": at + 0.02,
        "received": at - 0.01,
        "code": 201 if verb == "create" else 200,
        "namespace": metadata.get("namespace"),
        "name": metadata["name"],
        "field_manager": agent.partition("/")[0],
    }
    record = AuditRecord(verb=verb, user=user, agent=agent, **(usual | more))
    story.shown.append(record)
    return record


def account(name: str, namespace: str = "kube-system") -> str:
    """The user that a service account is."""
    return f"system:serviceaccount:{namespace}:{name}"


def by_controller(name: str) -> dict[str, str]:
    """User, agent and field manager of one of the controller manager's loops."""
    return {
        "user": account(name),
        "agent": f"{KCM}kube-system:{name}",
        "field_manager": "kube-controller-manager",
    }
