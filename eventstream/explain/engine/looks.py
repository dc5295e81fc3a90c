"""When open traces are looked at though nothing of them was written, as time passes, too.

Most come due when they settle, or when a wait gets too long. Those that wait, and some that may
change at any moment by what happens elsewhere, are looked at now and then, the less often the more
there are, so that what looking costs does not grow with them.
"""

from collections.abc import Mapping
from heapq import heappop, heappush
from zlib import crc32

from eventstream.explain.engine.tracelog import QUIET, TraceLog, rests_on_others, selects
from eventstream.explain.vocabulary.records import FINISHED, Trace

GLANCES_A_SECOND = 250
"""So many are looked at in a second for what may have changed elsewhere: some 25 ms of work."""

_GLANCE = 2.0
"""Seconds between two such looks at one, where there are no more of them than that allows."""
_SELDOM = 15.0
"""The same of those that select Pods, each of which is held against all of its namespace; and of
those whose wait comes due by itself, or is a kubelet's, whose node may be lost meanwhile."""

_PASSING = frozenset(
    {
        "crash-loop",
        "eviction-blocked",
        "kubelet-slow",
        "node-lost",
        "oom-killed",
        "preempted",
        "probe-failing",
        "quota-exceeded",
        "terminating-slow",
        "volume-pending",
    }
)
"""Diagnoses that pass without a write to the trace's own objects, or turn out to be another: with
time, or elsewhere, as where a node is lost."""


class Looks:
    """When each of the `open` traces is to be looked at again."""

    def __init__(self, open_: Mapping[str, TraceLog]) -> None:
        self._open = open_
        self._due: list[tuple[float, str]] = []
        self._glanced: set[str] = set()

    def next(self, record: Trace, now: float) -> float | None:
        """When time alone may change the judgement (unix seconds), None for never."""
        if _is_glanced(record):
            self._glanced.add(record.id)
            return now + self._apart(record, _least(record))
        self._glanced.discard(record.id)
        if record.state in FINISHED:
            quiet = record.updated + QUIET
            return min(now + _least(record), quiet) if rests_on_others(record) else quiet
        if record.usual is not None and record.waiting_since is not None and _runs(record):
            self._glanced.add(record.id)  # Its node may be lost meanwhile, which time alone tells.
            due = record.waiting_since + record.usual.limit + 0.001
            soon = now + self._apart(record, _SELDOM)
            return min(due, soon) if due > now else now + _least(record)  # Once so much was heard.
        return None

    def _apart(self, record: Trace, least: float) -> float:
        """Seconds until the next look of many: not all of those that came together at once."""
        most = len(self._glanced) / GLANCES_A_SECOND
        if most <= least:
            return least
        return max(least, most * (0.5 + crc32(record.id.encode()) / 2**32))

    def again(self, trace: TraceLog, due: float | None, now: float) -> None:
        """Have a trace looked at again when it is `due`, if it is not before."""
        if due is None or trace.due is None or due < trace.due or trace.due <= now:
            trace.due = due
            if due is not None:
                heappush(self._due, (due, trace.id))

    def come_due(self, now: float) -> set[str]:
        """The ids of the traces that are to be looked at for the time alone."""
        found: set[str] = set()
        while self._due and self._due[0][0] <= now:
            due, key = heappop(self._due)
            trace = self._open.get(key)
            if trace is not None and trace.due == due:
                found.add(key)
        return found

    def end(self, trace: TraceLog) -> None:
        """Look at a trace no more."""
        self._glanced.discard(trace.id)


def _is_glanced(record: Trace) -> bool:
    """Whether what happens elsewhere may change it at any moment, and it does not settle soon."""
    if record.state in FINISHED:
        return False
    if rests_on_others(record):
        return True
    if _runs(record):
        limited = record.usual is not None and record.waiting_since is not None
        return not limited and (bool(record.holder) or record.diagnosis in _PASSING)
    return record.diagnosis in _PASSING or record.holder == "kubelet"


def _least(record: Trace) -> float:
    passing = record.diagnosis is None or record.diagnosis in _PASSING
    return _SELDOM if selects(record) or not passing else _GLANCE


def _runs(record: Trace) -> bool:
    return record.state == "running"
