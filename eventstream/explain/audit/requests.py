"""A request as joining sees it: what kind it is of, who sent it, and when."""

import math
from typing import TYPE_CHECKING, Literal, NamedTuple

from eventstream.explain.audit.identities import components, identity
from eventstream.objects.observations import AuditRecord

if TYPE_CHECKING:
    from eventstream.explain.audit.pairing import Part

_QUICK = -6
"""Requests that took less than 2 ** _QUICK seconds (16 ms) are not told apart by that."""


Sort = Literal["creation", "binding", "change"]
"""Versions and requests of two sorts never belong together. To delete is to change, as whoever
takes the last finalizer away does both."""


class Kind(NamedTuple):
    """All of a request that decides what it can have made, but its times and the version it named.

    `manager` is None where nothing that such a
    request makes tells it. `generate_name` and `actors` (of Kubernetes' own, one of them sent it)
    only count where it named no object. `slowness` is the exponent of the seconds that it took:
    requests of one kind took about as long, or at most twice, so that of two orders, by receipt
    and by answer, neither is far from the other.
    """

    sort: Sort
    verb: str
    subresource: str
    manager: str | None
    uid: str
    generate_name: str
    actors: tuple[str, ...]
    slowness: int


class Request:
    """An audit record that waits for what it wrote, or was joined with it.

    `order` is the order of answers, `version` the one that it wanted to replace, if it named one.
    It was under way from `start` to `end`.
    """

    seen = True
    __slots__ = ("asker", "end", "kind", "order", "part", "record", "sort", "start", "version")

    def __init__(self, record: AuditRecord, *, nameless: bool = False) -> None:
        self.record = record
        self.kind = _kind(record, nameless)
        self.sort = self.kind.sort
        self.asker = identity(record)
        self.order = record.at, record.received, record.audit_id
        self.version = record.resource_version if record.verb == "update" else ""
        self.start = min(record.received, record.at)
        self.end = max(record.received, record.at)
        self.part: Part | None = None


def sort_of(record: AuditRecord) -> Sort:
    """What such a request makes; an apply may create, and is then answered so."""
    if record.verb.startswith("delete") or record.subresource == "eviction":
        return "change"
    if record.subresource == "binding":
        return "binding"
    if record.subresource and record.verb == "create":
        return "change"  # A POST to a subresource, as `instantiate` is, changes its parent.
    return "creation" if record.verb == "create" or record.code == 201 else "change"


def _kind(record: AuditRecord, nameless: bool) -> Kind:
    unsigned = record.verb.startswith("delete") or record.subresource in ("binding", "eviction")
    return Kind(
        sort_of(record),
        record.verb,
        record.subresource,
        None if unsigned else record.field_manager,
        record.uid,
        record.generate_name if nameless else "",
        components(record) if nameless else (),
        max(math.frexp(record.at - record.received)[1], _QUICK),
    )
