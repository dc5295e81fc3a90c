"""Judges what the engine says of a simulated cluster at each second, against what is truly wrong.

Codes and holders are compared, never words. At no second may be told what is not so then; and
what is so has to be told within the time that its fault states.
"""

from collections import defaultdict
from collections.abc import Iterator

from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import Trace
from eventstream.objects.observations import Observation
from practicecluster.controllers.actors import condition, leaving
from practicecluster.controllers.api import Json
from tests.explain.simulation.cluster import Cluster
from tests.explain.simulation.faults import Fault, Faults
from tests.explain.simulation.outlooks import World
from tests.explain.tapes import Result

_SLACK = 2.0
"""Seconds after which what ended may be told no more: what tells of it takes its way, too."""


class EachSecond:
    """One cluster's life, told second by second."""

    def __init__(self, cluster: Cluster, faults: Faults) -> None:
        self._engine, self._told, self._world = (
            Engine("cluster", audited=False),
            Result(),
            World(cluster),
        )
        self._faults = faults
        self._said: set[tuple[str, str]] = set()

    def judged(self, shown: list[Observation], more: float = 5.0) -> Iterator[str]:
        """Each wrong or missing diagnosis, once; `more` seconds after the last write are judged."""
        left = iter(shown)
        observation = next(left, None)
        now = shown[0].at
        while now < shown[-1].at + more:
            while observation is not None and observation.at <= now:
                self._told.take(self._engine.apply(observation))
                observation = next(left, None)
            self._told.take(self._engine.tick(now))
            self._world.go(now)
            for place, text in [*self._false(now), *self._untold(now)]:
                if place not in self._said:
                    self._said.add(place)
                    yield f"{now - 1_800_000_000:.0f} {text}"
            now += 1.0

    def _stalls(self) -> Iterator[Trace]:
        for trace in self._told.traces.values():
            if trace.state == "stalled" and not trace.settled:
                yield trace

    def _false(self, now: float) -> Iterator[tuple[tuple[str, str], str]]:
        """What is told and is not so, or not for whom it is told to be."""
        so: dict[str, set[str]] = defaultdict(set)
        for fault in self._faults.every:
            if fault.is_so(now, _SLACK):
                for uid in self._world.above(fault.uid):
                    so[uid] |= fault.codes
        for trace in self._stalls():
            thing = self._world.things.get(trace.root.uid)
            tree = self._world.above(trace.root.uid)
            if thing is None or any(trace.diagnosis in so[uid] for uid in tree):
                continue  # What is wrong with its owner keeps a Pod's replacement away, too.
            if trace.diagnosis not in _by_itself(thing):
                text = f"{trace.title}: {trace.diagnosis} is not so: {trace.summary}"
                yield (trace.id, str(trace.diagnosis)), text

    def _untold(self, now: float) -> Iterator[tuple[tuple[str, str], str]]:
        """What is so, had to be told by now, and is not, or with a holder who cannot end it."""
        due: dict[str, list[Fault]] = defaultdict(list)
        for fault in self._faults.every:
            thing = self._world.things.get(fault.uid)
            if fault.is_due(now) and thing is not None and self._counts(fault.uid):
                due[self._world.above(fault.uid)[-1]].append(fault)
        for top, faults in due.items():
            told = [t for t in self._stalls() if top in self._world.above(t.root.uid)]
            right = [t for t in told if any(t.diagnosis in fault.codes for fault in faults)]
            thing, codes = self._world.things[top], sorted({c for f in faults for c in f.codes})
            name = f"{thing['kind']} {thing['metadata']['name']}"
            if not right and not self._outranked(top, told, now):
                yield (top, codes[0]), f"{name}: nobody tells of {codes}"
            for trace in right:
                if not any(
                    trace.diagnosis in fault.codes and trace.holder in fault.holders
                    for fault in faults
                ):
                    text = f"{name}: {trace.diagnosis} is not for {trace.holder} to end"
                    yield (trace.id, f"holder {trace.holder}"), text

    def _outranked(self, top: str, told: list[Trace], now: float) -> bool:
        """Whether the loss of a node is told instead, which comes first where there is one."""
        return any(trace.diagnosis == "node-lost" for trace in told) and any(
            "node-lost" in fault.codes
            and fault.is_so(now, _SLACK)
            and top in self._world.above(fault.uid)
            for fault in self._faults.every
        )

    def _counts(self, uid: str) -> bool:
        """Whether all above an object is there and stays, and its revision is the newest."""
        return self._world.counts(self._world.above(uid))


def _by_itself(thing: Json) -> set[str]:
    """What an object's own status plainly says, beside the fault that led to it."""
    found: set[str] = set()
    progressing = condition(thing, "Progressing")
    if progressing is not None and progressing["reason"] == "ProgressDeadlineExceeded":
        found.add("deadline-exceeded")
    if leaving(thing) and thing["metadata"].get("finalizers"):
        found.add("finalizer-stuck")
    return found
