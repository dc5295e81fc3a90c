"""The recent versions of the objects that had one name, joined with the requests that named it.

Units and requests are joined as they come, and anew only what something new can concern: those that
were aligned together make a part; nothing outside a part fits anything in it. So what is new
concerns only the parts that it meets: those whose units it was under way for, or whose requests
were under way in its window, and all that name the same version. These dissolve, and are aligned
anew together with it; all else stays as it is. Large bursts are joined less often than small ones,
so that joining takes a small part of the time.

What is let go may cut through a part. A version in whose window something of that was under way
may have been made by a request that is gone, or compete with another version for one: it keeps
what it was joined with, and takes part as before.
"""

import math
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter

from eventstream.explain.audit.alignment import certain
from eventstream.explain.audit.fitting import is_eviction
from eventstream.explain.audit.groups import groups
from eventstream.explain.audit.requests import (
    Item,
    Part,
    Request,
    Sort,
    Unit,
    goes_on,
    quiet,
    units,
)
from eventstream.explain.world.claims import Match
from eventstream.explain.world.families import by_order
from eventstream.explain.world.writes import Write
from eventstream.objects.observations import AuditRecord

_SHARE = 2e-3
"""Seconds for each thing that was looked at in one go, until that may be done again."""

_OF_FEW, _SOON = 0.1, 1.0
"""The same where these are few, and seconds at most for that: what comes one after the other, as a
request and then what it wrote, is mostly there when they are over, and is looked at but once."""


class Patience:
    """When something was last done, and how much that was."""

    __slots__ = ("_at", "_size")

    def __init__(self) -> None:
        self._at = 0.0
        self._size = 0

    def is_over(self, now: float) -> bool:
        """Whether it may be done again by `now` (unix seconds)."""
        pause = max(_SHARE * self._size, min(_OF_FEW * self._size, _SOON))
        return not 0 <= now - self._at < pause

    def spend(self, now: float, size: int) -> None:
        """Take note that so much was looked at."""
        self._at, self._size = now, size


by_end = attrgetter("end")


class Pairing:
    """Units and requests of which some may belong together."""

    def __init__(self) -> None:
        self._open: dict[Item, None] = {}
        self._parts: dict[Sort, list[Part]] = {}
        self._versions: dict[str, list[Item]] = {}
        self._longest = 0.0
        self._cut = -math.inf
        self.patience = Patience()

    @property
    def open(self) -> bool:
        """Whether anything is new since the last join."""
        return bool(self._open)

    def add(self, item: Item) -> None:
        """Take a new unit or request, until the next join."""
        self._open[item] = None
        if item.version and item.seen:
            self._versions.setdefault(item.version, []).append(item)

    def remove(self, item: Item) -> None:
        """Let one go; what it was aligned with is open again."""
        self._open.pop(item, None)
        if item.part is not None:
            self._open |= dict.fromkeys(self._dissolved(item.part))
            self._open.pop(item, None)
            item.part = None
        of_version = self._versions.get(item.version, [])
        if item in of_version:
            of_version.remove(item)
            if not of_version:
                del self._versions[item.version]

    def let_go(self, items: Iterable[Item]) -> None:
        """Remove these, although what is left may have belonged to one of them.

        A request that stays may be that of a version that goes: what else it was under way for is
        as uncertain as before.
        """
        gone = dict.fromkeys(items)
        for part in {id(item.part): item.part for item in gone if item.part}.values():
            self._cut = max(self._cut, _contested(part, gone))
        for item in gone:
            self.remove(item)
            self._cut = max(self._cut, item.end)

    def join(self, now: float) -> list[Unit]:
        """Align what is open; returns the units that were never joined, or are otherwise now."""
        items = self._gathered()
        self.patience.spend(now, len(items))
        sorts: dict[Sort, tuple[list[Unit], list[Request]]] = {}
        for item in items:
            of_sort = sorts.get(item.sort)
            if of_sort is None:
                of_sort = sorts[item.sort] = [], []
            if isinstance(item, Unit):
                of_sort[0].append(item)
            else:
                of_sort[1].append(item)
        return [unit for of_sort in sorts.values() for unit in self._align(*of_sort)]

    def _align(self, units: list[Unit], requests: list[Request]) -> Iterator[Unit]:
        matches: dict[Unit, Match] = {}
        for group in groups(units, requests):
            if group.units and group.requests:
                matches.update(certain(group))
            self._keep(Part(group.units, group.requests, exact=group.exact, settled=group.settled))
        for unit in units:
            match = matches.get(unit) if unit.start > self._cut else unit.match
            if not unit.joined or match != unit.match:
                unit.joined, unit.match = True, match
                yield unit

    def _gathered(self) -> dict[Item, None]:
        """All that is open, and what it can concern.

        What was in a part of its own meets nothing outside it, unless that part was exact.
        """
        found: dict[Item, None] = {}
        queue = list(self._open)
        self._open.clear()
        while queue:
            item = queue.pop()
            if item in found:
                continue
            found[item] = None
            part, item.part = item.part, None
            if part is None or part.exact:
                for met in self._meeting(item):
                    queue.extend(self._dissolved(met))
            if part is not None:
                queue.extend(self._dissolved(part))
            if item.version:
                queue.extend(self._versions.get(item.version, ()))
        return found

    def _meeting(self, item: Item) -> list[Part]:
        """The parts that a new one may concern otherwise than by version."""
        is_unit = isinstance(item, Unit)
        if not item.seen or (item.version and not is_unit):
            return []
        first, last = item.start, item.end
        found: list[Part] = []
        parts = self._parts.get(item.sort, [])
        for index in range(bisect_left(parts, first, key=by_end), len(parts)):
            part = parts[index]
            if part.end > last + self._longest:
                break
            begin, end = part.requests if is_unit else part.units
            if begin <= last and first <= end:
                found.append(part)
        return found

    def _dissolved(self, part: Part) -> list[Item]:
        """What was in the part, if it is not dissolved already."""
        if part.dissolved:
            return []
        part.dissolved = True
        if part.start <= part.end:
            parts = self._parts[part.items[0].sort]
            index = bisect_left(parts, part.end, key=by_end)
            while parts[index] is not part:
                index += 1
            del parts[index]
        return part.items

    def _keep(self, part: Part) -> None:
        if part.start <= part.end:
            self._longest = max(self._longest, part.end - part.start)
            insort(self._parts.setdefault(part.items[0].sort, []), part, key=by_end)


def _contested(part: Part, gone: Mapping[Item, None]) -> float:
    """When the last request that stays ended which may have made a version that goes."""
    last = max(
        (each.end for each in part.items if isinstance(each, Unit) and each in gone),
        default=-math.inf,
    )
    stay = [each for each in part.items if isinstance(each, Request) and each not in gone]
    return max((each.end for each in stay if each.start <= last), default=-math.inf)


def outdated(
    units: Iterable[Unit], requests: Mapping[str, Request], since: float
) -> dict[Item, None]:
    """Those of before `since` (unix seconds); a unit and its one request are not parted."""
    old: dict[Item, None] = {each: None for each in requests.values() if each.record.at < since}
    found = dict(old)
    for unit in units:
        match = unit.match
        own = requests.get(match.record.audit_id) if match and match.count == 1 else None  # a dict  # nosec B113
        if unit.first.change.at < since or own in old:
            found[unit] = None
            if own is not None:
                found[own] = None
    return found


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
