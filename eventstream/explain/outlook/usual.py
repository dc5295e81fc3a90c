"""What is usual in this cluster: how long each kind of wait took when it was last seen.

Learned when a trace settles, as nothing decides its steps anew after that, and of one that never
does when its steps are a minute old. A trace's record says how far its waits are counted: each
counts once, whatever was decided on the way and however often Baton was started.
"""

import math
from collections import deque
from collections.abc import Iterable

import msgspec

from eventstream.explain.outlook.measuring import FIRST_ONLY, waits_of
from eventstream.explain.outlook.waits import split, usual_of
from eventstream.explain.vocabulary.records import Usual, WaitsSeen, WaitsUpsert
from eventstream.explain.world.writes import Write
from eventstream.objects.observations import Coverage

KEPT = 200
"""Waits of one kind that are kept, the newest: what was usual last month is not usual now."""

KINDS = 256
"""Kinds of waits that are kept: each custom resource's type has its own."""


BACKLOG = 5.0
"""Seconds after a watch went on within which what happened meanwhile arrives, all at once."""

_RESUMPTIONS = 8
"""Beginnings of one resource's watch that are kept: waits are measured a minute later at most."""


class UsualWaits:
    """The newest waits by kind; `of` costs a look into a dict until more of a kind are learned."""

    def __init__(self) -> None:
        self._states: dict[str, str] = {}
        self._resumed: dict[str, deque[float]] = {}
        self._samples: dict[str, deque[float]] = {}
        self._seen: dict[str, int] = {}
        self._at: dict[str, float] = {}
        self._known: dict[str, Usual] = {}
        self._learned: list[tuple[int, str, float, float]] = []

    def of(self, key: str, granted: float = 0.0) -> Usual:
        """What is usual for this kind of wait; `granted` seconds are added before it is unusual."""
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= 2 * KINDS:
                self._known.clear()  # Each custom resource's type has a default, too.
            samples = tuple(self._samples.get(key, ()))
            known = self._known[key] = usual_of(key, self._seen.get(key, 0), samples)
        if not granted:
            return known
        return msgspec.structs.replace(known, limit=known.limit + granted)

    def watched(self, coverage: Coverage) -> None:
        """Take note of how a resource is watched: what arrives late says nothing of a wait.

        A watch that follows a list has no backlog; one that goes on where another broke off has.
        """
        key = coverage.resource.key
        before = self._states.get(key)
        if coverage.state == "gone":
            self._states.pop(key, None)
            self._resumed.pop(key, None)
            return
        if coverage.state == "watching" and before not in ("watching", "listing"):
            self._resumed.setdefault(key, deque(maxlen=_RESUMPTIONS)).append(coverage.at)
        self._states[key] = coverage.state

    def _late(self, write: Write) -> bool:
        """Whether a write arrived with a backlog, so that its arrival is not its time."""
        resumed = self._resumed.get(write.log.resource_key, ())
        return any(0 <= write.change.at - at < BACKLOG for at in resumed)

    def learn(
        self, writes: Iterable[Write], since: float, until: float = math.inf, *, whole: bool
    ) -> None:
        """Measure the waits that a trace's writes ended after `since` and up to `until`.

        `whole` says that `writes` are all that the trace ever had. They count from the next `news`
        on, so that all judgements of one tick rest on the same.
        """
        answered: set[tuple[str, int]] = set()
        for write in sorted(writes, key=lambda write: write.order):
            for key, began, seconds in waits_of(write):
                if self._late(write) or self._late(began):
                    continue
                if split(key)[1] in FIRST_ONLY:
                    answer = (key, began.order)
                    if not whole or answer in answered:
                        continue
                    answered.add(answer)
                if not since < write.change.at <= until:
                    continue
                self._learned.append((write.order, key, seconds, write.change.at))

    def news(self) -> list[WaitsUpsert]:
        """Count what was learned; returns the kinds that changed, as history is to keep them."""
        learned, self._learned = sorted(self._learned), []
        changed: dict[str, None] = {}
        for _, key, seconds, at in learned:
            samples = self._samples.pop(key, None)
            self._samples[key] = deque(maxlen=KEPT) if samples is None else samples
            self._samples[key].append(seconds)
            self._seen[key] = self._seen.get(key, 0) + 1
            self._at[key] = at
            self._known.pop(key, None)
            changed[key] = None
        while len(self._samples) > KINDS:
            oldest = next(iter(self._samples))
            self._forget(oldest)
            changed[oldest] = None
        return [WaitsUpsert(self._row(key)) for key in changed]

    def restore(self, rows: Iterable[WaitsSeen]) -> None:
        """Take up what history kept."""
        self._known.clear()
        for row in sorted(rows, key=lambda row: (row.at, row.key)):
            self._samples[row.key] = deque(row.samples, maxlen=KEPT)
            self._seen[row.key] = row.seen
            self._at[row.key] = row.at

    def _forget(self, key: str) -> None:
        """Let go of the kind that was not seen for longest."""
        del self._samples[key], self._seen[key], self._at[key]
        self._known.pop(key, None)

    def _row(self, key: str) -> WaitsSeen:
        samples = tuple(self._samples.get(key, ()))
        return WaitsSeen(key, self._seen.get(key, 0), samples, self._at.get(key, 0.0))
