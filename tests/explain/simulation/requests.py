"""Who can ask the API server for what, and the audit log that it writes of it (Metadata level)."""

import json
from datetime import UTC, datetime
from typing import NamedTuple

from practicecluster.controllers.api import Json
from practicecluster.controllers.kinds import KINDS
from practicecluster.controllers.who import Who


class Asked(NamedTuple):
    """A request: what it names of an object, and the version that it wants to replace."""

    verb: str
    kind: str
    sub: str
    metadata: Json
    version: str = ""

    @property
    def plural(self) -> str:
        """The endpoint's name."""
        return KINDS[self.kind].plural


class Requests:
    """The audit log, as lines; a request that wrote nothing is logged like any other."""

    def __init__(self) -> None:
        self.lines: list[tuple[float, bytes]] = []

    def collected(self, who: Who, kind: str, space: str, at: float) -> None:
        """Log the deletion of all of a kind in a namespace, which names no object."""
        asked = Asked("deletecollection", kind, "", {"namespace": space})
        self.answered(who, asked, at, None)

    def answered(
        self, who: Who, asked: Asked, at: float, refusal: tuple[int, str, str] | None
    ) -> None:
        """Log a request that was answered: received some milliseconds ago."""
        received, finished = at - 0.004, at + 0.003
        group, _, version = KINDS[asked.kind].api_version.rpartition("/")
        named = {"resource": asked.plural, "apiGroup": group, "apiVersion": version}
        for ours, theirs in (("name", "name"), ("namespace", "namespace"), ("uid", "uid")):
            if asked.metadata.get(theirs):
                named[ours] = asked.metadata[theirs]
        if asked.version:
            named["resourceVersion"] = asked.version
        if asked.sub:
            named["subresource"] = asked.sub
        status: Json = {"code": 201 if asked.verb == "create" else 200}
        if refusal:
            code, reason, message = refusal
            status = {"code": code, "status": "Failure", "reason": reason, "message": message}
        named_by = f"?fieldManager={who.manager}" if who.agent.startswith("kubectl") else ""
        line = {
            "kind": "Event",
            "apiVersion": "audit.k8s.io/v1",
            "level": "Metadata",
            "auditID": f"audit-{len(self.lines)}",
            "stage": "ResponseComplete",
            "requestURI": f"/api/{asked.plural}{named_by}",
            "verb": asked.verb,
            "user": {"username": who.user, "groups": ["system:authenticated"]},
            "userAgent": who.agent,
            "objectRef": named,
            "responseStatus": status,
            "requestReceivedTimestamp": _precise(received),
            "stageTimestamp": _precise(finished),
        }
        self.lines.append((finished, json.dumps(line).encode()))


def _precise(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
