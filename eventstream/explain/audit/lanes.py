"""The recent versions of the objects that had one name, with the requests that named it."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator

from eventstream.explain.audit.fitting import is_eviction
from eventstream.explain.audit.pairing import Item, Pairing, outdated
from eventstream.explain.audit.requests import Request
from eventstream.explain.audit.units import Unit, goes_on, units
from eventstream.explain.audit.windows import quiet
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
