"""One resource in one namespace: its lanes, and the requests that named no object.

Of those, some created one whose name the server made up, and some deleted all there was.
"""

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from operator import attrgetter

from eventstream.explain.audit.alignment import agreed
from eventstream.explain.audit.fitting import Index, is_prompt
from eventstream.explain.audit.identities import identity
from eventstream.explain.audit.lanes import Lane, Pairing, Patience, outdated
from eventstream.explain.audit.requests import (
    EARLY,
    LATE,
    PROMPT,
    Request,
    Unit,
    Window,
    quiet,
)
from eventstream.explain.deletions.deciding import marks_deletion
from eventstream.explain.world.claims import Match
from eventstream.explain.world.writes import Write
from eventstream.objects.observations import AuditRecord

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


class Scope:
    """Joins in three steps: what names the object, else what created any, else what deleted all.

    What a write is joined with by one step, no later one looks at.
    """

    __slots__ = ("_anonymous", "_collections", "_created", "_dirty", "_lanes", "_nameless")

    def __init__(self) -> None:
        self._lanes: dict[str, Lane] = {}
        self._dirty: dict[str, Lane] = {}
        self._nameless: dict[str, Request] = {}
        self._created: dict[int, Unit] = {}
        self._anonymous = Pairing()
        self._collections = Collections()

    def __bool__(self) -> bool:
        return bool(self._lanes or self._nameless or self._collections)

    @property
    def open(self) -> bool:
        """Whether anything waits for the next join."""
        waits = self._anonymous.open and bool(self._nameless)
        return bool(self._dirty) or waits or self._collections.open

    def ask(self, record: AuditRecord) -> None:
        """Take a request."""
        if record.verb == "deletecollection":
            self._collections.ask(record)
        elif record.name:
            self._lane(record.name).ask(record)
        else:
            self._ask_nameless(record)

    def _ask_nameless(self, record: AuditRecord) -> None:
        known = self._nameless.get(record.audit_id)
        if known is not None:
            if known.record == record:
                return
            self._anonymous.remove(known)
        request = self._nameless[record.audit_id] = Request(record, nameless=True)
        self._anonymous.add(request)

    def write(self, write: Write) -> None:
        """Take a version."""
        self._lane(write.image.metadata.name).write(write)
        self._collections.write(write)

    def _lane(self, name: str) -> Lane:
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = Lane()
        self._dirty[name] = lane
        return lane

    def join(self, now: float, *, whole: bool) -> Iterator[Write]:
        """Join what is new by `now`, all of it if `whole`; gives the writes that it changes."""
        touched: dict[int, Write] = {}
        for name, lane in list(self._dirty.items()):
            if whole or lane.pairing.patience.is_over(now):
                del self._dirty[name]
                _add(touched, lane.join(now))
        for write in touched.values():
            if write.change.type == "ADDED" and write.image.metadata.generate_name:
                self._offer(write)
        if self._nameless and _is_due(self._anonymous, now, whole):
            _add(touched, [unit.first for unit in self._anonymous.join(now)])
        if _is_due(self._collections, now, whole):
            _add(touched, self._collections.touched(now))
        for write in touched.values():
            if self._collections.is_cut(write):
                continue
            found = self._found(write)
            if found != write.decision.audit:
                write.decision.audit = found
                yield write

    def _offer(self, write: Write) -> None:
        """A creation under a name that the server made up is open to requests without a name."""
        known = self._created.get(id(write))
        if self._own(write) is not None:
            if known is not None:
                self._anonymous.remove(self._created.pop(id(write)))
        elif known is None:
            unit = self._created[id(write)] = Unit((write,))
            self._anonymous.add(unit)

    def _own(self, write: Write) -> Match | None:
        return self._lanes[write.image.metadata.name].match(write)

    def _found(self, write: Write) -> Match | None:
        found = self._own(write)
        if found is None:
            created = self._created.get(id(write))
            found = self._collections.match(write) if self._collections else None
            found = found or (created.match if created is not None else None)
        if found is not None and self._collections and self._collections.contests(write, found):
            return None
        return found

    def shorten(self, before: float, most: int) -> None:
        """Let go of what is older and of what is too much; all has been joined."""
        gone: set[int] = set()
        for name, lane in list(self._lanes.items()):
            old = lane.shorten(before, most)
            if not old and lane:
                continue
            gone.update(map(id, old))
            if lane.pairing.open:
                self._dirty[name] = lane
            if not lane:
                del self._lanes[name]
                self._dirty.pop(name, None)
        since = quiet([*self._times(), *self._collections.times], before, most)
        if since is not None:
            self._drop(since)
        # What is left of their requests would else seem to have made whatever else it can have.
        self._anonymous.let_go([self._created.pop(key) for key in gone & self._created.keys()])
        if gone:
            self._collections.forget(gone)

    def _times(self) -> Iterator[float]:
        return (request.record.at for request in self._nameless.values())

    def _drop(self, since: float) -> None:
        """What was created keeps its request for as long as it is in a lane."""
        old = outdated(self._created.values(), self._nameless, since)
        self._anonymous.let_go(old)
        for request in old:
            if isinstance(request, Request):
                del self._nameless[request.record.audit_id]
        self._collections.drop(since)


def _is_due(step: Pairing | Collections, now: float, whole: bool) -> bool:
    return step.open and (whole or step.patience.is_over(now))


def _add(touched: dict[int, Write], writes: Iterable[Write]) -> None:
    for write in writes:
        touched[id(write)] = write
