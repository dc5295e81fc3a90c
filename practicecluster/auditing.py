"""The audit log of what was asked to be written, as kube-apiserver writes it at Metadata level.

Reads are left out, as most policies do. https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/
"""

import uuid
from pathlib import Path
from typing import IO, Any, Self

import msgspec

from practicecluster.paths import Target
from practicecluster.statuses import ApiError
from practicecluster.stored import JsonObject
from practicecluster.writing.requesting import Request
from practicecluster.writing.times import micro

_ACCOUNT = "system:serviceaccount:"


class AuditLog:
    """Appends a line for each request to a file; raises OSError where that cannot be done."""

    def __init__(self, path: Path) -> None:
        self._file: IO[bytes] = path.open("ab")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def answered(
        self, asked: Request, target: Target, uri: str, answer: JsonObject | ApiError,
        received: float, at: float,
    ) -> None:  # fmt: skip
        """Write that a request, `received` at a unix time, was answered `at` another."""
        line = {
            "kind": "Event",
            "apiVersion": "audit.k8s.io/v1",
            "level": "Metadata",
            "auditID": str(uuid.uuid4()),
            "stage": "ResponseComplete",
            "requestURI": uri,
            "verb": asked.verb,
            "user": {"username": asked.user, "groups": groups(asked.user)},
            "sourceIPs": ["127.0.0.1"],
            "userAgent": asked.agent,
            "objectRef": _named(asked, target, answer),
            "responseStatus": _status(answer, asked.verb),
            "requestReceivedTimestamp": micro(received),
            "stageTimestamp": micro(at),
            "annotations": {
                "authorization.k8s.io/decision": "allow",
                "authorization.k8s.io/reason": "",
            },
        }
        self._file.write(msgspec.json.encode(line) + b"\n")
        self._file.flush()


def groups(user: str) -> list[str]:
    """Return the groups that a user is in here."""
    if user.startswith(_ACCOUNT):
        space = user.removeprefix(_ACCOUNT).partition(":")[0]
        own = ["system:serviceaccounts", f"system:serviceaccounts:{space}"]
    elif user.startswith("system:node:"):
        own = ["system:nodes"]
    elif user.startswith("system:"):
        own = []
    else:
        own = ["system:masters"]
    return [*own, "system:authenticated"]


def _named(asked: Request, target: Target, answer: JsonObject | ApiError) -> JsonObject:
    """Return the object as a log names it; one whose name is made up has none at first."""
    served = target.served
    told: JsonObject = {"resource": served.plural, "namespace": target.namespace or ""}
    metadata: dict[str, Any] = answer.get("metadata") or {} if isinstance(answer, dict) else {}
    told["name"] = target.name
    if asked.verb == "create" and not target.name and "generateName" not in metadata:
        told["name"] = metadata.get("name") or ""
    told |= {"apiGroup": served.group, "apiVersion": served.version}
    told["subresource"] = asked.subresource
    if asked.verb == "update" and metadata.get("uid"):
        told["uid"] = metadata["uid"]
    return {name: text for name, text in told.items() if text}


def _status(answer: JsonObject | ApiError, verb: str) -> JsonObject:
    if isinstance(answer, ApiError):
        status = answer.status()
        return {name: status[name] for name in ("metadata", "status", "reason", "code")}
    return {"metadata": {}, "code": 201 if verb == "create" else 200}
