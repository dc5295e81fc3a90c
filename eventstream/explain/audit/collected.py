"""Requests that deleted all there was: each may explain deletions that have none of their own."""

import math
from bisect import bisect_left, bisect_right, insort
from operator import attrgetter

from eventstream.explain.audit.alignment import agreed
from eventstream.explain.audit.columns import Index
from eventstream.explain.audit.fitting import is_prompt
from eventstream.explain.audit.identities import identity
from eventstream.explain.audit.patience import Patience
from eventstream.explain.audit.requests import Request
from eventstream.explain.audit.units import Unit
from eventstream.explain.audit.windows import EARLY, LATE, PROMPT, Window
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
