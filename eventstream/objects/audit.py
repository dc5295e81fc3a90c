"""Reads the API server's audit log: the one place where a request itself can be seen.

Only what tells who asked for which write, and when, is kept; of the request's URL just its field
manager. Reads, requests that write no object of ours, and dry runs are passed over.
Source: https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/
"""

from datetime import datetime
from urllib.parse import parse_qs

import msgspec

from eventstream.objects.envelopes import DecodeError, read_envelope
from eventstream.objects.numbers import Int64, is_time
from eventstream.objects.observations import AuditRecord
from eventstream.objects.redaction import Redactor
from eventstream.objects.resource import Resource
from eventstream.objects.uids import bounded

_WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_FINISHED = frozenset({"ResponseComplete", "Panic"})
_ANSWERS = frozenset({"attach", "exec", "log", "portforward", "proxy", "token"})
"""Subresources that answer, and change no object; those of aggregated servers have any name."""

_NO_OBJECTS = frozenset({"authentication.k8s.io", "authorization.k8s.io"})
"""Groups whose creations are questions, which are answered and not stored."""

_EVIDENCE = frozenset(
    {("", "events"), ("events.k8s.io", "events"), ("coordination.k8s.io", "leases")}
)
"""What is no step: Events are evidence of others, renewals of Leases are counted."""

_LONGEST = 253


class _User(msgspec.Struct):
    username: str = ""


class _ObjectReference(msgspec.Struct, rename="camel"):
    resource: str = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""
    api_group: str = ""
    api_version: str = ""
    resource_version: str = ""
    subresource: str = ""


class _Details(msgspec.Struct):
    name: str = ""


class _ResponseStatus(msgspec.Struct):
    code: Int64 = 0
    reason: str = ""
    message: str = ""
    details: _Details | None = None


class _Line(msgspec.Struct, rename="camel"):
    kind: str
    api_version: str
    audit_id: str = msgspec.field(name="auditID")
    stage: str
    verb: str
    request_received_timestamp: str
    stage_timestamp: str
    request_uri: str = msgspec.field(name="requestURI", default="")
    user: _User | None = None
    impersonated_user: _User | None = None
    user_agent: str = ""
    object_ref: _ObjectReference | None = None
    response_status: _ResponseStatus | None = None


class _Stamp(msgspec.Struct, rename="camel"):
    stage_timestamp: str = ""


_line = msgspec.json.Decoder(_Line)
_stamp = msgspec.json.Decoder(_Stamp)


class AuditDecoder:
    """Decodes for one installation; `key` keys the digests of what is withheld.

    Without `messages` none is kept: why a request was refused is then told by the reason alone.
    """

    def __init__(self, key: bytes, *, messages: bool = True) -> None:
        self._redactor = Redactor(key, messages=messages)

    def record(self, line: bytes) -> AuditRecord | None:
        """The write request that a line of the log tells of; None for what is none.

        Raises DecodeError where the line is no audit record; its message quotes no content.
        """
        found, _ = read_envelope(_line, line, "not an audit record")
        if found.kind != "Event" or not found.api_version.startswith("audit.k8s.io/"):
            raise DecodeError("not an audit record: not an Event of audit.k8s.io")
        asked = found.object_ref
        if found.verb not in _WRITES or found.stage not in _FINISHED or asked is None:
            return None
        group = asked.api_group
        if asked.subresource in _ANSWERS or group in _NO_OBJECTS:
            return None
        if (group, asked.resource) in _EVIDENCE:
            return None
        query = parse_qs(found.request_uri.partition("?")[2])
        if "dryRun" in query:
            return None
        return self._record(found, asked, query)

    def logged(self, line: bytes) -> float | None:
        """When any line of the log was written (unix seconds); None where that cannot be read."""
        try:
            return _time(read_envelope(_stamp, line, "not an audit record")[0].stage_timestamp)
        except DecodeError:
            return None  # What is wrong with the line was said when its record was asked for.

    def _record(
        self, found: _Line, asked: _ObjectReference, query: dict[str, list[str]]
    ) -> AuditRecord:
        answer, text = found.response_status or _ResponseStatus(), self._redactor.text
        user = found.user.username if found.user else ""
        acting = found.impersonated_user.username if found.impersonated_user else ""
        named = asked.name or (answer.details.name if answer.details else "")
        generated = named if named.endswith("-") else ""
        return AuditRecord(
            Resource(
                group=asked.api_group,
                version=asked.api_version,
                plural=asked.resource,
                kind="",
                namespaced=bool(asked.namespace),
            ),
            audit_id=found.audit_id,
            verb=found.verb,
            at=_time(found.stage_timestamp),
            received=_time(found.request_received_timestamp),
            code=answer.code,
            user=text(acting or user)[:_LONGEST],
            agent=text(found.user_agent)[:_LONGEST],
            namespace=asked.namespace or None,
            name="" if generated else text(named),
            generate_name=text(generated),
            subresource=asked.subresource,
            uid=bounded(asked.uid),
            resource_version=asked.resource_version,
            field_manager=text((query.get("fieldManager") or [_program(found.user_agent)])[0])[
                :128
            ],
            impersonator=text(user)[:_LONGEST] if acting else "",
            reason=text(answer.reason),
            message=self._redactor.message(answer.message),
        )


def _program(agent: str) -> str:
    """The program that a user agent begins with: what the API server takes as field manager.

    Source: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/create.go, prefixFromUserAgent.
    """
    return "".join(letter for letter in agent.partition("/")[0] if letter.isprintable())


def _time(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise DecodeError("not an audit record: a timestamp is not RFC 3339")
    at = moment.timestamp()
    if not is_time(at):
        raise DecodeError("not an audit record: a timestamp is not between 1970 and 2200")
    return at
