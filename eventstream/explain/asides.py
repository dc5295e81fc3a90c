"""Traces of trees whose Pods had to go for another's sake: how they stand is a story of its own.

A Pod that was preempted belongs to what its preemptor began, and one that left a lost node to the
node; how its controller stands without it is then told by a trace without a cause.
"""

from eventstream.explain.families import by_order
from eventstream.explain.pods import is_ready, is_true
from eventstream.explain.tracelog import TraceLog
from eventstream.explain.traces import TraceKeeper, is_workload
from eventstream.explain.world import World
from eventstream.explain.writes import Write


class Asides:
    """Begins such traces, with the tick after a disruption was seen: by then its cause is, too."""

    def __init__(self, world: World, traces: TraceKeeper) -> None:
        self._world = world
        self._traces = traces
        self._disrupted: list[Write] = []

    def note(self, write: Write) -> None:
        """Remember the Pod if it was disrupted, or is no longer ready."""
        if write.facts is None:
            return
        if is_true(write.image, "DisruptionTarget"):
            self._disrupted.append(write)
            self._world.evictions.note(write)
        elif _lost(write):
            self._disrupted.append(write)

    def begin(self) -> set[str]:
        """The ids of the traces to judge, begun where there was none."""
        disrupted, self._disrupted = sorted(self._disrupted, key=by_order), []
        return {key for write in disrupted if (key := self._begin(write))}

    def _begin(self, write: Write) -> str:
        above, joined = self._traces.above(write.log), self._traces.open.get(write.trace)
        if joined is None or not above or not is_workload(above[-1].ref):
            return ""
        if joined.root is write.log or joined.root in above:
            return ""
        key = self._traces.existing_id(above[-1])
        own = self._traces.open.get(key)
        if own is None:
            own = self._traces.start(TraceLog(key, above[-1], None, contact=True))
            own.floor, own.first = write.order, write.change.at
        own.last = max(own.last, write.change.at)
        return key


def _lost(write: Write) -> bool:
    """Whether a Pod that nobody deletes has stopped being ready."""
    if write.facts is None or write.gone:
        return False
    _, ready, leaving, _ = write.facts
    return not ready and not leaving and is_ready(write.before)
