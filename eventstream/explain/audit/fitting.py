"""Finds the requests that can have made one version of an object, without a look at the others.

Each check can only rule out: the kind of change, its field manager, the version that it replaced,
and the server's timestamps (see `windows`). Only the last two differ among requests of one kind, so
all else is decided once for them all. Such stand in a column, in the order of their answers, and
which were under way in a version's window is two bisections: the column's range is exact but for
those at its end that were answered after the window had ended.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import NamedTuple

from msgspec.structs import replace

from eventstream.explain.audit.requests import PROMPT, Kind, Request, Unit, Window
from eventstream.explain.deletions.finalizers import PROPAGATION
from eventstream.explain.vocabulary.registry import FOLLOWED, group_kind, maker_of
from eventstream.explain.world.pods import condition
from eventstream.explain.world.writes import Write
from eventstream.objects.kinds import is_built_in
from eventstream.objects.observations import AuditRecord


def fits(unit: Unit, request: Request) -> bool:
    """Whether nothing speaks against this request having made this version."""
    record, window = request.record, unit.window
    return (
        record.at >= window.low
        and record.received <= window.high
        and request.version in ("", unit.version)
        and allows(unit, request.kind)
    )


def allows(unit: Unit, kind: Kind) -> bool:
    """Whether a request of this kind can have made it, at the right time and version."""
    who = unit.signer
    return (
        kind.sort == unit.sort
        and unit.seen
        and kind.uid in ("", unit.first.log.uid)
        and (who is None or (who.manager == kind.manager and who.subresource == kind.subresource))
        and (kind.sort != "change" or _changes(unit, kind))
        and (not (kind.generate_name or kind.actors) or _may_make(unit, kind))
    )


def is_prompt(unit: Unit, record: AuditRecord) -> bool:
    """Whether the version arrived as soon as it does where nothing is slow."""
    return record.received <= unit.first.change.at <= record.at + PROMPT


def is_eviction(write: Write) -> bool:
    """Whether the version tells that the eviction API was used: it adds a condition first.

    Source: pkg/registry/core/pod/storage/eviction.go, addConditionAndDeletePod.
    """
    found, before = (
        condition(write.image, "DisruptionTarget"),
        condition(write.before, "DisruptionTarget"),
    )
    return found is not None and before is None and found.reason == "EvictionByEvictionAPI"


def _changes(unit: Unit, kind: Kind) -> bool:
    """Whether such a request makes such a change."""
    write = unit.first
    if kind.verb.startswith("delete"):
        cut = kind.patient and _cuts_short(write)
        return unit.deletes and not cut and not _was_held(write, beyond=PROPAGATION)
    if kind.subresource == "eviction":
        return unit.deletes and not _was_held(write)
    if write.gone:
        return _was_held(write)
    if kind.verb == "create":
        return not unit.deletes and _is_new_generation(write)
    return not unit.deletes and _is_of(write, kind)


def _cuts_short(write: Write) -> bool:
    """Whether a Pod that was to stop got less time, or went: to delete it again does neither.

    Source: staging/src/k8s.io/apiserver/pkg/registry/rest/delete.go, BeforeDelete.
    """
    before = write.before
    if before is None or write.image.kind != "Pod" or not before.metadata.deletion_timestamp:
        return False
    return before.metadata.finalizers == write.image.metadata.finalizers


def _is_of(write: Write, kind: Kind) -> bool:
    """Whether the subresource allows what was changed."""
    if kind.subresource == "status":
        told = _is_new_generation(write) or _only_ties(write) or is_eviction(write)
        return not told  # What an eviction adds is the API server's own.
    if kind.subresource == "scale":
        return _is_new_generation(write)
    return bool(kind.subresource) or not _reports(write)


def _reports(write: Write) -> bool:
    """Whether it changed a status, which a request for the whole object leaves as it is.

    What controllers report of workloads may come with an annotation, as a Deployment's revision.
    Source: https://github.com/kubernetes/community/blob/master/contributors/devel/
    sig-architecture/api-conventions.md#spec-and-status
    """
    image = write.image
    reported = [change.path.startswith("status") for change in write.changes]
    if group_kind(image.api_version, image.kind) in FOLLOWED:
        return any(reported)
    return bool(reported) and all(reported) and is_built_in(image.api_version)


def _is_new_generation(write: Write) -> bool:
    """Whether the desired state was set, be it of an object that is being deleted."""
    before = write.before
    return before is None or before.metadata.generation != write.image.metadata.generation


def _only_ties(write: Write) -> bool:
    """Whether just finalizers or owners changed, which nobody does by way of the status.

    The request that reported one then found nothing to change. Most versions leave both alone.
    """
    if write.before is None:
        return False
    now, before = write.image.metadata, write.before.metadata
    if now.finalizers == before.finalizers and now.owner_references == before.owner_references:
        return False
    return bool(write.changes) and all(change.path.startswith(_TIES) for change in write.changes)


_TIES = ("metadata.finalizers", "metadata.ownerReferences")


def _was_held(write: Write, beyond: frozenset[str] = frozenset()) -> bool:
    """Whether finalizers held the object, so that no deletion but their removal can end it.

    Those for the treatment of dependents each deletion sets anew, so it can take them away too.
    """
    before = write.before
    if not write.gone or before is None:
        return False
    held = set(before.metadata.finalizers) - beyond
    return bool(held or getattr(before.spec, "finalizers", ()))


def _may_make(unit: Unit, kind: Kind) -> bool:
    """Whether name and owner of what was created allow it, where the request named no object."""
    metadata = unit.first.image.metadata
    if kind.generate_name not in ("", metadata.generate_name):
        return False
    if not kind.actors:
        return True
    maker = maker_of(unit.first.image, metadata.controller)
    return maker is None or maker.actor in kind.actors


by_answer = attrgetter("order")

_ROUNDING = 1e-3
"""Seconds to look further than the sum of two times that are rounded."""

_Address = tuple[str | None, str]
"""The field manager that must be a version's (None: whose it is says nothing), and its beginning
of a name where the request tells that."""


class Column:
    """Requests of one kind in order of their answers, of which the slowest took `longest` s.

    `runs` has for each of them where the run of those of the same asker begins that it is in.
    """

    __slots__ = ("kind", "longest", "requests", "runs", "times", "unsound")

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.requests: list[Request] = []
        self.times: list[float] = []
        self.runs: list[int] = []
        self.longest = 0.0
        self.unsound = False  # Whether one was answered before it was received.

    def add(self, request: Request) -> None:
        """Put one in its place, mostly the last."""
        record = request.record
        self.longest = max(self.longest, record.at - record.received)
        self.unsound = self.unsound or record.at < record.received
        if self.requests and request.order < self.requests[-1].order:
            self._insert(request)
            return
        index = len(self.requests)
        same = index and self.requests[-1].asker == request.asker
        self.runs.append(self.runs[-1] if same else index)
        self.requests.append(request)
        self.times.append(record.at)

    def _insert(self, request: Request) -> None:
        requests, self.requests = self.requests, []
        insort(requests, request, key=by_answer)
        self.times, self.runs = [], []
        for each in requests:
            self.add(each)

    def spans(self, window: Window) -> Iterator["Span"]:
        """The ranges of those that were under way in it."""
        first = bisect_left(self.times, window.low)
        ended = max(bisect_right(self.times, window.high, first), first)
        sure = first if self.unsound else ended
        last = bisect_right(self.times, window.high + self.longest + _ROUNDING, ended)
        begin = first
        for index in range(sure, max(last, ended)):
            if not self._began(index, window.high):
                if begin < index:
                    yield Span(self, begin, index)
                begin = index + 1
        if begin < max(last, ended):
            yield Span(self, begin, max(last, ended))

    def _began(self, index: int, high: float) -> bool:
        return self.requests[index].record.received <= high


class Span(NamedTuple):
    """The requests of a column from `first` on and before `last`: one or more."""

    column: Column
    first: int
    last: int

    @property
    def requests(self) -> list[Request]:
        """The requests, in order."""
        return self.column.requests[self.first : self.last]

    def head(self, most: int) -> list[Request]:
        """The first of the requests, so many at most."""
        return self.column.requests[self.first : min(self.first + most, self.last)]

    @property
    def one_asker(self) -> bool:
        """Whether all were sent by the same, in the same way."""
        return self.column.runs[self.last - 1] <= self.first

    def latest(self) -> Request:
        """The one that was received last, found at the end: each was received before its answer."""
        requests, times = self.column.requests, self.column.times
        found = requests[self.last - 1]
        slack = 0.0 if not self.column.unsound else float("inf")
        for index in range(self.last - 1, self.first - 1, -1):
            if times[index] + slack < found.record.received:
                break
            if requests[index].record.received > found.record.received:
                found = requests[index]
        return found


class Index:
    """Columns by what a version must show for any of their requests to fit.

    A version that names its writer meets only requests of that manager, and those that leave none;
    one that does not meets columns in which managers are not told apart.
    """

    def __init__(self, requests: Iterable[Request] = ()) -> None:
        self._requests: list[Request] = []
        self._columns: dict[_Address, dict[Kind, Column]] = {}
        self._mixed: dict[_Address, dict[Kind, Column]] | None = None
        for request in sorted(requests, key=by_answer):
            self.add(request)

    def add(self, request: Request) -> None:
        """Take one in."""
        self._requests.append(request)
        self._mixed = None
        _place(self._columns, request.kind, request)

    def spans(self, unit: Unit, window: Window | None = None) -> list[Span]:
        """All requests that fit, as ranges; of those, if it is given, the ones in the window."""
        if not self._requests:
            return []
        return [
            span
            for column in self._meeting(unit)
            if allows(unit, column.kind)
            for span in column.spans(window or unit.window)
        ]

    def _meeting(self, unit: Unit) -> Iterator[Column]:
        signer, made = unit.signer, unit.first.image.metadata.generate_name
        for name in ("", made) if made else ("",):
            yield from self._columns.get((None, name), {}).values()
            if signer is not None:
                yield from self._columns.get((signer.manager, name), {}).values()
            else:
                yield from self._unsigned().get((None, name), {}).values()

    def _unsigned(self) -> dict[_Address, dict[Kind, Column]]:
        """Columns of those that leave a manager, without regard to whose it is."""
        if self._mixed is None:
            self._mixed = {}
            for request in self._requests:
                if request.kind.manager is not None:
                    _place(self._mixed, replace(request.kind, manager=None), request)
        return self._mixed


def _place(columns: dict[_Address, dict[Kind, Column]], kind: Kind, request: Request) -> None:
    address = kind.manager, kind.generate_name
    of_kind = columns.setdefault(address, {})
    column = of_kind.get(kind)
    if column is None:
        column = of_kind[kind] = Column(kind)
    column.add(request)
