"""The recent versions of the objects that had one name, with the requests that named it.

Requests that deleted all there was: each may explain deletions that have none of their own.
"""

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from operator import attrgetter

from eventstream.explain.audit.alignment import agreed
from eventstream.explain.audit.fitting import Index, is_eviction, is_prompt
from eventstream.explain.audit.identities import identity
from eventstream.explain.audit.pairing import Pairing, Patience, outdated
from eventstream.explain.audit.requests import (
    EARLY,
    LATE,
    PROMPT,
    Item,
    Request,
    Unit,
    Window,
    goes_on,
    quiet,
    units,
)
from eventstream.explain.deletions.deciding import marks_deletion
from eventstream.explain.world.claims import Match
from eventstream.explain.world.families import by_order
from eventstream.explain.world.writes import Write
from eventstream.objects.observations import AuditRecord


class Lane:
    """Writes in order of resourceVersion, each with the unit that it is in."""

    __slots__ = ("_evicts", "_oldest", "_records", "_unit_of", "pairing", "writes")

    def __init__(self) -> None:
        self.pairing = Pairing()
        self.writes: list[Write] = []
        self._unit_of: dict[int, Unit] = {}
        self._records: dict[str, Request] = {}
        self._evicts = False
        self._oldest = float("inf")

    def __bool__(self) -> bool:
        return bool(self.writes or self._records)

    def ask(self, record: AuditRecord) -> None:
        """Take a request; one that is known already is taken anew."""
        request, known = Request(record), self._records.get(record.audit_id)
        if known is not None:
            if known.record == record:
                return
            self.pairing.remove(known)
        self._evicts = self._evicts or record.subresource == "eviction"
        self._oldest = min(self._oldest, record.at)
        self._records[record.audit_id] = request
        self.pairing.add(request)

    def write(self, write: Write) -> None:
        """Take a version, mostly the newest."""
        self._oldest = min(self._oldest, write.change.at)
        last = self.writes[-1] if self.writes else None
        if last is not None and write.order < last.order:
            insort(self.writes, write, key=by_order)
            self._regroup(units(self.writes))
        else:
            self.writes.append(write)
            self._append(write, self._unit_of[id(last)] if last is not None else None)

    def _append(self, write: Write, last: Unit | None) -> None:
        if last is not None and goes_on(last, write):
            self.pairing.remove(last)
            last.writes += (write,)
            last.joined = False
            self._begin(last)
        else:
            self._begin(Unit((write,)))

    def _begin(self, unit: Unit) -> None:
        self.pairing.add(unit)
        for write in unit.writes:
            self._unit_of[id(write)] = unit

    def _regroup(self, found: list[Unit]) -> None:
        known = self._unit_of
        for unit in set(known.values()):
            self.pairing.remove(unit)
        self._unit_of = {}
        for unit in found:
            before = known.get(id(unit.first))
            unit.match = before.match if before is not None else None
            self._begin(unit)

    def join(self, now: float) -> list[Write]:
        """Join what is new; returns the writes of which it may now be known otherwise."""
        found: list[Write] = []
        for unit in self.pairing.join(now):
            if self._evicts:
                place = self._place(unit.first)
                found.extend(self.writes[max(place - 1, 0) : place])
            found.extend(unit.writes)
        return found

    def match(self, write: Write) -> Match | None:
        """The request that named this object and made the version.

        An eviction writes a condition and then deletes: both are the one request's.
        """
        found = self._unit_of[id(write)].match
        if found is not None or not self._evicts or not is_eviction(write):
            return found
        place = self._place(write) + 1
        after = self.writes[place : place + 1]
        later = self._unit_of[id(after[0])].match if after else None
        return later if later is not None and later.record.subresource == "eviction" else None

    def _place(self, write: Write) -> int:
        place = bisect_left(self.writes, write.order, key=by_order)
        while self.writes[place] is not write:
            place += 1
        return place

    def holds(self, write: Write) -> bool:
        """Whether the version still waits."""
        return id(write) in self._unit_of

    def shorten(self, before: float, most: int) -> list[Write]:
        """Let go of what is too old to be joined anew, with what it was joined with.

        Returns the writes that were let go. Of more than `most`, half goes in any case.
        """
        if self._oldest >= before and len(self.writes) + len(self._records) <= most:
            return []
        times = [write.change.at for write in self.writes]
        times.extend(request.record.at for request in self._records.values())
        since = quiet(times, before, most)
        if since is None:
            return []
        if times[-1] < since:  # As for nearly all: nothing is left to be joined anew.
            return self._end()
        return self._drop(since)

    def _end(self) -> list[Write]:
        """Let go of all, and of what refers to each other in turn."""
        for unit in self._unit_of.values():
            unit.part = None
        for request in self._records.values():
            request.part = None
        old, self.writes = self.writes, []
        self._records.clear()
        return old

    def _drop(self, since: float) -> list[Write]:
        old = outdated(dict.fromkeys(self._unit_of.values()), self._records, since)
        if self._evicts:
            old |= dict.fromkeys([*self._conditions(old)])
        self.pairing.let_go(old)
        gone = [write for item in old if isinstance(item, Unit) for write in item.writes]
        for write in gone:
            del self._unit_of[id(write)]
        self.writes = [write for write in self.writes if id(write) in self._unit_of]
        for request in old:
            if isinstance(request, Request):
                del self._records[request.record.audit_id]
        self._oldest = since
        return gone

    def _conditions(self, old: Iterable[Item]) -> Iterator[Unit]:
        """What evictions wrote before the deletions that are let go: it is their requests'."""
        for item in old:
            if isinstance(item, Unit) and (place := self._place(item.first)):
                before = self.writes[place - 1]
                if is_eviction(before):
                    yield self._unit_of[id(before)]


_arrived = attrgetter("first.change.at")


class Collections:
    """The requests of one place, and the deletions that they may have made, by their arrival."""

    __slots__ = ("_cut", "_deletions", "_index", "_requests", "_touched", "_units", "patience")

    def __init__(self) -> None:
        self._requests: dict[str, Request] = {}
        self._index = Index()
        self._deletions: list[Unit] = []
        self._units: dict[int, Unit] = {}
        self._touched: list[Request] = []
        self._cut = -math.inf
        self.patience = Patience()

    def __bool__(self) -> bool:
        return bool(self._requests)

    @property
    def times(self) -> list[float]:
        """When the requests were answered (unix seconds)."""
        return [request.record.at for request in self._requests.values()]

    def ask(self, record: AuditRecord) -> None:
        """Take a request; one that is known already is taken anew."""
        known = self._requests.get(record.audit_id)
        if known is not None and known.record == record:
            return
        request = self._requests[record.audit_id] = Request(record)
        self._touched.append(request)
        if known is None:
            self._index.add(request)
        else:
            self._touched.append(known)
            self._index = Index(self._requests.values())

    def write(self, write: Write) -> None:
        """Take a version, which counts if it is part of a deletion."""
        if (write.gone or write.image.metadata.deletion_timestamp) and marks_deletion(write):
            unit = self._units[id(write)] = Unit((write,))
            insort(self._deletions, unit, key=_arrived)

    @property
    def open(self) -> bool:
        """Whether any request is new since last time."""
        return bool(self._touched)

    def touched(self, now: float) -> list[Write]:
        """The deletions that those requests may concern."""
        requests, self._touched = self._touched, []
        found: dict[Unit, None] = {}
        for request in requests:
            first = bisect_left(self._deletions, request.start - EARLY, key=_arrived)
            last = bisect_right(self._deletions, request.end + LATE, key=_arrived)
            found |= dict.fromkeys(self._deletions[first:last])
        self.patience.spend(now, len(found))
        return [unit.first for unit in found]

    def match(self, write: Write) -> Match | None:
        """The request behind a deletion that no request of its own explains."""
        unit = self._units.get(id(write))
        if unit is None or not self._requests:
            return None
        return agreed(self._index.spans(unit))

    def contests(self, write: Write, found: Match) -> bool:
        """Whether a mark may be the work of such a request, and not of one for it alone.

        Whoever deletes what is marked already succeeds too, and writes nothing. What is gone at
        once was there for one request only; the other finds nothing.
        """
        unit, before = self._units.get(id(write)), write.before
        if unit is None or not self._requests or write.gone or before is None:
            return False
        if before.metadata.deletion_timestamp:
            return False
        asker, at = identity(found.record)[:3], write.change.at
        prompt = Window(max(unit.window.low, at - 2 * PROMPT), min(unit.window.high, at))
        return any(
            request.asker[:3] != asker and is_prompt(unit, request.record)
            for span in self._index.spans(unit, prompt)
            for request in span.requests
        )

    def drop(self, since: float) -> None:
        """Let go of requests that were answered before."""
        old = [each for each in self._requests.values() if each.record.at < since]
        for request in old:
            del self._requests[request.record.audit_id]
            self._cut = max(self._cut, request.end)
        if old:
            self._index = Index(self._requests.values())

    def is_cut(self, write: Write) -> bool:
        """Whether a request that was let go may have made it: nothing more can be known of that."""
        unit = self._units.get(id(write))
        return unit is not None and unit.start <= self._cut

    def forget(self, writes: set[int]) -> None:
        """Let go of deletions, by the id of their writes."""
        if not writes.isdisjoint(self._units):
            self._deletions = [unit for unit in self._deletions if id(unit.first) not in writes]
            self._units = {id(unit.first): unit for unit in self._deletions}
