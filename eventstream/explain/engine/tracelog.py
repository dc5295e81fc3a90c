"""An open trace as the engine holds it: its writes, and when it is to be looked at again.

Each write of a watch joins one, so joining costs no look at the writes that are there. A trace is
looked at again though nothing of it was written, as time passes, too. Most come due when they
settle, or when a wait gets too long. Those that wait, and some that may change at any moment by
what happens elsewhere, are looked at now and then, the less often the more there are, so that what
looking costs does not grow with them.
"""

import math
from collections.abc import Iterable, Mapping
from heapq import heappop, heappush
from typing import NamedTuple
from zlib import crc32

import msgspec

from eventstream.explain.vocabulary.records import FINISHED, Step, Trace
from eventstream.explain.world.families import by_order
from eventstream.explain.world.writes import ObjectLog, Write, row_of

_JUDGING_SHARE = 4e-4
_MOST_PATIENCE = 1.0
"""Seconds between two judgements for each step of a trace or Pod of its object, and at most:
judging looks at all of them, so a trace of thousands is judged every second or so, and any other
with each tick."""


class Aside(NamedTuple):
    """Why a trace began that no write to its own object began, where that is another's affair.

    `cause` says it, `follows` is the id of that other trace, "" where there is none, and `sources`
    are what the sentence draws on.
    """

    cause: str
    follows: str = ""
    sources: frozenset[str] = frozenset()


class TraceLog:
    """One trace that is still open. `root` is the object's log, `began` the write that began it.

    `began` is None for what happened to an object without a cause that was seen; `contact` says
    that the object was there when watching began, so that the trace stands without any step.
    `floor` is the order below which what was asked of the object is another trace's affair;
    `first` and `last` are the times of its steps, and `lowest` is the order of its first write;
    `size` is about how many bytes its writes take, `looked` how many Pods the last judgement looked
    at, `of_bursts` that some may be folded into others' steps, and `aside` why it began, where that
    is another trace's affair; `found` is what the objects told of how it had come to this.
    """

    __slots__ = (
        "aside",
        "began",
        "contact",
        "dropped",
        "due",
        "first",
        "floor",
        "found",
        "id",
        "judged",
        "last",
        "looked",
        "lowest",
        "measured",
        "members",
        "of_bursts",
        "record",
        "refused",
        "restored",
        "rests_on",
        "root",
        "size",
    )

    def __init__(
        self, id_: str, root: ObjectLog, began: Write | None, *, contact: bool = False
    ) -> None:
        self.id = id_
        self.root = root
        self.began = began
        self.contact = contact
        self.floor = began.order if began is not None else -1
        self.due: float | None = None
        self.judged = -math.inf
        self.looked = 0
        self.aside: Aside | None = None
        self.found = ""
        self.measured = 0.0
        self.rests_on: tuple[str, ...] = ()
        self.members: dict[int, Write] = {}
        self.refused: set[str] = set()
        self.dropped = 0
        self.size = 0
        self.of_bursts = False
        self.first = math.inf
        self.last = -math.inf
        self.lowest = -1
        self.record: Trace | None = None
        self.restored = False

    @property
    def told(self) -> bool:
        """Whether history has it, so that it has to be taken back where nothing is left of it."""
        return self.restored or self.record is not None

    @property
    def patience(self) -> float:
        """Seconds for which it is not judged again."""
        size = max(len(self.members) + self.dropped, self.looked)
        return min(size * _JUDGING_SHARE, _MOST_PATIENCE)

    def join(self, write: Write) -> int:
        """Count a write as a member; returns about how many bytes it takes."""
        at, order, size = write.change.at, write.order, write.size
        if order < self.lowest or not self.members:
            self.lowest = order
        self.members[id(write)] = write
        self.size += size
        if row_of(write) is not write:
            self.of_bursts = True
            self._begin_later(write)
        self.first = min(self.first, at)
        self.last = max(self.last, at)
        return size

    def leave(self, write: Write) -> None:
        """Count a write out, as a late cause put it into another trace."""
        if self.members.pop(id(write), None) is not None:
            self.size -= write.size
        if write is self.began and row_of(write) is not write:
            self.began = row_of(write)
            for member in self.members.values():
                self._begin_later(member)
        times = [member.change.at for member in self.members.values()]
        self.first = min(times, default=math.inf)
        self.last = max(times, default=-math.inf)
        self._find_lowest()

    def count_refused(self, step: Step) -> None:
        """Count in a refused request, which is a step but no write."""
        self.refused.add(step.id)
        self.first = min(self.first, step.at)
        self.last = max(self.last, step.at)

    def settle_refused(self, step: Step) -> None:
        """Keep but the number of a refused request, as it can belong nowhere else any more."""
        if step.id in self.refused:
            self.refused.discard(step.id)
            self.dropped += 1

    def _begin_later(self, write: Write) -> None:
        """Have it begin with the latest write of a burst, whose step that of the first is."""
        began = self.began
        if began is None or write.decision.burst is None or write.order < began.order:
            return
        if row_of(write) is row_of(began):
            self.began = write

    def trim(self, kept: int) -> list[Write]:
        """Count out all but the newest writes, and what is needed; returns those counted out."""
        return self.count_out(sorted(self.members.values(), key=by_order)[:-kept])

    def count_out(self, writes: Iterable[Write]) -> list[Write]:
        """Count out writes, but for the first one and the ones whose steps still count others.

        Returns those counted out. Which were folded into another's step are no steps.
        """
        members = self.members
        gone = [write for write in writes if id(write) in members and not self._needs(write)]
        for write in gone:
            del members[id(write)]
            self.size -= write.size
            self.dropped += row_of(write) is write
        self._find_lowest()
        return gone

    def _needs(self, write: Write) -> bool:
        latest = write.log.latest
        if self.began is not None and (write is self.began or write is row_of(self.began)):
            return True
        return latest is not None and latest is not write and row_of(latest) is write

    @property
    def steps(self) -> int:
        """How many steps it has: of what was folded into another's step none."""
        own = len(self.members)
        if self.of_bursts:
            own = sum(1 for write in self.members.values() if row_of(write) is write)
        return own + len(self.refused) + self.dropped

    def _find_lowest(self) -> None:
        self.lowest = min(map(by_order, self.members.values()), default=-1)


QUIET = 30.0
"""Seconds without a new step after which a finished trace is settled."""


def at_rest(record: Trace) -> bool:
    """Whether a trace is finished, and only a change of what is its own can turn that."""
    return record.state in FINISHED and not rests_on_others(record)


_SELECTING = frozenset({("v1", "Service"), ("networking.k8s.io/v1", "Ingress")})
"""Kinds that rest on what they select or name."""


def rests_on_others(record: Trace) -> bool:
    """Whether it rests on Pods of a node, or of a Service, which these do not own."""
    root = record.root
    return selects(record) or (root.kind == "Node" and record.root_step is not None)


def selects(record: Trace) -> bool:
    """Whether it rests on what it selects or names."""
    return (record.root.api_version, record.root.kind) in _SELECTING


def settled(record: Trace, now: float) -> bool:
    """Whether a trace's quiet time is over and nothing is due any more."""
    return record.state in FINISHED and now - record.updated >= QUIET


def as_settled(record: Trace) -> Trace:
    """The same record, marked settled."""
    return msgspec.structs.replace(record, settled=True)


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
