"""What was there when watching began gets a trace, told from its own timestamps.

Of other kinds than workloads, and what limits these, only what is not done: nobody follows a bound
claim.
"""

from collections.abc import Callable, Iterator

from eventstream.explain.engine.tracelog import TraceLog
from eventstream.explain.engine.traces import TraceKeeper, is_judged, is_met
from eventstream.explain.world.world import View, World
from eventstream.explain.world.writes import Write

_OWNER_WAIT = 3.0
"""Seconds for which an owner that was not seen is waited for: it may be listed later."""


class Contacts:
    """Begins such traces; `is_open` judges whether one has something to tell at that time."""

    def __init__(
        self, world: World, traces: TraceKeeper, is_open: Callable[[TraceLog, float], bool]
    ) -> None:
        self._world = world
        self._traces = traces
        self._is_open = is_open
        self._waiting: dict[str, Write] = {}
        self._known_before: set[str] = set()

    def note(self, write: Write) -> None:
        """Remember an object that was there."""
        self._waiting[write.log.uid] = write

    def told(self, uid: str) -> None:
        """Begin nothing for this object: a trace tells of it already."""
        self._waiting.pop(uid, None)

    def all_known(self) -> None:
        """Begin nothing for what is whole of all these: an earlier run has told of it.

        What is not whole may have been cut off before it was judged.
        """
        self._known_before = set(self._waiting)

    def begin(self, now: float, *, whole: bool = False) -> Iterator[str]:
        """The ids of the traces that begin by `now` (unix seconds), "" between two looks.

        Where this is the `whole` of what there is, no owner is waited for.
        """
        done: set[str] = set()
        for uid in list(self._waiting):
            yield ""
            write = self._waiting[uid]
            top = View(self._world, write).top_owner(uid)
            if top.owner and not whole and now - write.change.at < _OWNER_WAIT:
                continue
            del self._waiting[uid]
            known = uid in self._known_before
            self._known_before.discard(uid)
            key = self._traces.existing_id(top)
            if key in done or key in self._traces.open:
                continue
            if not (is_judged(top.ref) and top.exists):
                continue
            trace = TraceLog(key, top, None, contact=True)
            if (known or not is_met(top.ref)) and not self._is_open(trace, now):
                done.add(key)
                continue
            self._traces.start(trace)
            yield key
