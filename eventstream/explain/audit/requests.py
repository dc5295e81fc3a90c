"""Both sides of the join: requests, and the versions that one of them made, with when that was.

A request is known by its kind, its sender and its time. When the request behind a version was under
way the server's own timestamps tell (whole seconds), which were taken within it; arrival only
bounds it. So nothing on one side of a pause belongs to anything on the other, and what waits may be
cut there. One request can make two versions: a deletion without grace sets the grace period to 0
and then removes the object.
Source: staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go, Delete.
"""

import math
from functools import lru_cache
from typing import Literal

import msgspec

from eventstream.explain.attribution.writers import writer
from eventstream.explain.audit.identities import components, identity
from eventstream.explain.deletions.deciding import marks_deletion
from eventstream.explain.world.claims import Match, Writer
from eventstream.explain.world.pods import node_of
from eventstream.explain.world.text import asked_to_go, parse
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image
from eventstream.objects.observations import AuditRecord

_QUICK = -6
"""Requests that took less than 2 ** _QUICK seconds (16 ms) are not told apart by that."""


Sort = Literal["creation", "binding", "change"]
"""Versions and requests of two sorts never belong together. To delete is to change, as whoever
takes the last finalizer away does both."""


class Kind(msgspec.Struct, frozen=True, gc=False):
    """All of a request that decides what it can have made, but its times and the version it named.

    `manager` is None where nothing that such a
    request makes tells it. `generate_name` and `actors` (of Kubernetes' own, one of them sent it)
    only count where it named no object. A deletion is `patient` whose sender leaves a Pod its own
    time to stop, as all of Kubernetes' own do but for two. `slowness` is the exponent of the
    seconds that it took: requests of one kind took about as long, or at most twice, so that of two
    orders, by receipt and by answer, neither is far from the other.
    """

    sort: Sort
    verb: str
    subresource: str
    manager: str | None
    uid: str
    generate_name: str
    actors: tuple[str, ...]
    slowness: int
    patient: bool = False


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
    deletes = record.verb.startswith("delete")
    unsigned = deletes or record.subresource in ("binding", "eviction")
    known = components(record)
    return Kind(
        sort_of(record),
        record.verb,
        record.subresource,
        None if unsigned else record.field_manager,
        record.uid,
        record.generate_name if nameless else "",
        known if nameless else (),
        max(math.frexp(record.at - record.received)[1], _QUICK),
        deletes and bool(known) and _HASTY.isdisjoint(known),
    )


_HASTY = frozenset({"kubelet", "pod-garbage-collector"})
"""Those of Kubernetes' own that delete Pods without any time to stop.

Sources: pkg/kubelet/status/status_manager.go, syncPod; pkg/controller/podgc/gc_controller.go.
"""

EARLY = 1.0
"""Seconds by which our clock may be behind the API server's."""

LATE = 5.0
"""Seconds after the answer within which a version is taken to arrive."""

PROMPT = 0.25
"""Seconds after the answer within which a version arrives where nothing is slow."""


class Window(msgspec.Struct, frozen=True, gc=False):
    """A request fits that was answered at `low` or later, and received at `high` or before."""

    low: float
    high: float


def window(write: Write, signer: Writer | None, *, deletes: bool) -> Window:
    """The window of a version that `signer` wrote, where managedFields must tell that."""
    arrival = Window(write.change.at - LATE, write.change.at + EARLY)
    if deletes:
        return arrival if _was_marked(write) else _within(arrival, asked_to_go(write.image))
    if write.change.type == "ADDED":
        arrival = _within(arrival, _second(write.image.metadata.creation_timestamp))
    if signer is None or _had_time(write, signer):
        return arrival
    return _within(arrival, _second(signer.time))


_second = lru_cache(maxsize=1024)(parse)
"""Many versions tell the same second."""


def _within(found: Window, second: float | None) -> Window:
    """The same for a request within which the server's clock showed this whole second."""
    if second is None:
        return found
    last = math.nextafter(math.floor(second) + 1.0, -math.inf)
    return Window(max(found.low, second), min(found.high, last))


def _was_marked(write: Write) -> bool:
    before = write.before
    return write.gone or (before is not None and bool(before.metadata.deletion_timestamp))


def _had_time(write: Write, who: Writer) -> bool:
    """Whether the entry only kept its time: a write may move an entry's fields and leave that."""
    before = write.before.metadata.managed_fields if write.before else ()
    return any(entry.manager == who.manager and entry.time == who.time for entry in before)


def quiet(times: list[float], before: float, most: int) -> float | None:
    """A time up to which all may be let go: in a pause, unless there is too much for that.

    All is in unix seconds; without a pause, half of more than `most` goes in any case.
    """
    times.sort()
    since = None
    for index, at in enumerate(times):
        if at >= before:
            break
        following = times[index + 1] if index + 1 < len(times) else before
        if following - at > EARLY + LATE:
            since = min(following, before)
    if since is None and len(times) > most:
        return times[len(times) // 2]
    return since


_NAMED = ("created", "appeared", "moved")


class Unit:
    """The versions of one object that one request made, in their order.

    All that a request is compared with is that of the `first`, which shows what was asked for,
    and is worked out once:

    - whether it `deletes`, as a part of a deletion, and of what `sort` it is;
    - its `signer`: who wrote, where managedFields must tell that; None says nothing against anyone;
    - the `window` in which the request must have been under way, from `start` to `end`;
    - the `version` before it, empty where that was not seen, and its own `order` among versions;
    - whether it was `seen` as it was written: when what a list showed was, nobody knows.

    `match` is the request, where that is certain by the last join, if it was `joined` at all.
    """

    __slots__ = (
        "deletes",
        "end",
        "first",
        "joined",
        "match",
        "order",
        "part",
        "seen",
        "signer",
        "sort",
        "start",
        "version",
        "window",
        "writes",
    )

    def __init__(self, writes: tuple[Write, ...]) -> None:
        self.writes = writes
        self.first = write = writes[0]
        self.match: Match | None = None
        self.joined = False
        self.part: Part | None = None
        self.order = write.order
        self.version = write.before.version if write.before is not None else ""
        self.seen = not write.change.relisted and write.change.type != "VANISHED"
        self.deletes = marks_deletion(write)
        self.sort = _sort(write, deletes=self.deletes)
        unsigned = self.deletes or self.sort == "binding"
        self.signer = None if unsigned else _signer(write)
        self.window = window(write, self.signer, deletes=self.deletes)
        low, high = self.window.low, self.window.high
        self.start, self.end = min(low, high), max(low, high)


def _sort(write: Write, *, deletes: bool) -> Sort:
    if deletes:
        return "change"
    if write.change.type == "ADDED":
        return "creation"
    binds = write.image.kind == "Pod" and node_of(write.image) and not node_of(write.before)
    return "binding" if binds else "change"


def _signer(write: Write) -> Writer | None:
    who = write.decision.who or writer(write)
    return who if who.known and who.basis in _NAMED else None


def units(writes: list[Write]) -> list[Unit]:
    """The writes, which are in order of resourceVersion, by request."""
    found: list[Unit] = []
    for write in writes:
        if found and goes_on(found[-1], write):
            found[-1].writes += (write,)
        else:
            found.append(Unit((write,)))
    return found


def goes_on(unit: Unit, write: Write) -> bool:
    """Whether the request that made this unit made the next version of the same name, too."""
    before = unit.writes[-1]
    return (
        write.gone
        and write.log is before.log
        and not before.gone
        and is_ending(before.image)
        and (write.before is None or write.before.metadata.resource_version == before.image.version)
    )


def is_ending(image: Image) -> bool:
    """Whether the request that left this version is about to remove the object as well."""
    metadata = image.metadata
    return (
        metadata.deletion_grace_period_seconds == 0
        and bool(metadata.deletion_timestamp)
        and not metadata.finalizers
    )


Item = Unit | Request

_NEVER = math.inf, -math.inf


class Part:
    """What was aligned together: nothing else fits any of it, but for what an `exact` one settled.

    `units` are the earliest and the latest time at which a new request may fit one of its units,
    `requests` those at which one of its requests may fit a new unit, `start` and `end` both
    together. What names a version is looked up by that. In an exact part, of a unit with the
    request that names the version before it, other requests may fit the unit as well; they count
    for nothing as long as the part is.
    """

    __slots__ = ("dissolved", "end", "exact", "items", "requests", "start", "units")

    def __init__(
        self, units: list[Unit], requests: list[Request], *, exact: bool, settled: bool
    ) -> None:
        self.items: list[Item] = [*units, *requests]
        self.exact = exact
        self.dissolved = False
        self.units = self.requests = _NEVER
        if not settled:
            self.units = _extent([each for each in units if each.seen])
        if not exact:
            self.requests = _extent([each for each in requests if not each.version])
        self.start = min(self.units[0], self.requests[0])
        self.end = max(self.units[1], self.requests[1])
        for item in self.items:
            item.part = self


def _extent(items: list[Unit] | list[Request]) -> tuple[float, float]:
    if len(items) == 1:
        return items[0].start, items[0].end
    if not items:
        return _NEVER
    return min(each.start for each in items), max(each.end for each in items)
