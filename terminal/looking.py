"""Holds what was seen of a cluster, and says of one object how it stands."""

from collections import OrderedDict
from collections.abc import Iterable

from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import (
    ObjectRef,
    Step,
    StepRemoved,
    StepUpsert,
    Trace,
    Upsert,
)
from eventstream.kubeapi.identity import ClusterIdentity
from eventstream.objects.images import Image
from eventstream.objects.observations import Change, Coverage, Observation, Position, Problem
from eventstream.objects.resource import Resource
from terminal.answers import Answer, Unread, Writer

STEPS_HELD = 2000
"""So many of the latest steps are held, of all objects that are watched."""

STEPS_SHOWN = 12
WRITERS_SHOWN = 6

_INTERRUPTED = "the watch is interrupted, and this is how it stood last"
_WHOLE = frozenset({"watching", "polling"})
_TROUBLED = frozenset({"forbidden", "gone", "backing-off"})


class Looking:
    """One look at a cluster, or one that goes on: `take` is told what is seen."""

    def __init__(self, cluster: ClusterIdentity, uid: str) -> None:
        self._uid = uid
        self._source = f"{cluster.name} ({cluster.server})" if cluster.name else cluster.server
        self._engine = Engine(cluster.uid, audited=False)
        self._image: Image | None = None
        self._steps: OrderedDict[str, Step] = OrderedDict()
        self._unread: dict[str, Problem] = {}
        self._states: dict[Resource, Coverage] = {}
        self._seen_at = 0.0
        self.listed: set[Resource] = set()
        self.gone = False

    async def take(self, observation: Observation) -> None:
        """Take in what is seen, as a reflector's sink."""
        self.put(observation)

    def put(self, observation: Observation) -> None:
        """Take in what is seen."""
        if isinstance(observation, Coverage):
            self._note(observation)
        elif isinstance(observation, Position) and observation.listed:
            self.listed.add(observation.resource)
        elif isinstance(observation, Change) and observation.after.uid == self._uid:
            self._image = observation.after
            self.gone = observation.type in {"DELETED", "VANISHED"}
        self._seen_at = max(self._seen_at, observation.at)
        self._keep(self._engine.apply(observation))

    def unread(self, resource: Resource, namespace: str | None, problem: Problem) -> None:
        """Take note that a resource could not be read."""
        self._unread[_named(resource, namespace)] = problem

    def judge(self, now: float, *, whole: bool) -> None:
        """Judge everything as of `now` (unix seconds); `whole` where nothing more is to come."""
        self._keep(self._engine.tick(now, whole=whole))

    def is_current(self, target: Resource) -> bool:
        """Whether all that was read is followed, so that what is said is of now."""
        followed = (self._states.get(each) for each in {*self.listed, target})
        return all(each is None or each.state in _WHOLE for each in followed)

    def not_met(self, wanted: Iterable[Resource]) -> set[Resource]:
        """Those that were not listed yet, of which nobody said why."""
        return {each for each in wanted if each not in self.listed and not self._trouble(each)}

    def problems(self) -> list[tuple[Resource, Problem]]:
        """What could not be read to begin with, and why."""
        found = ((each, self._trouble(each)) for each in self._states if each not in self.listed)
        return [(each, problem) for each, problem in found if problem is not None]

    def refused(self) -> Problem | None:
        """Why something that was read may not be followed, None where all may."""
        found = (self._states[each] for each in self.listed if each in self._states)
        return next((each.problem for each in found if each.state == "forbidden"), None)

    def _trouble(self, resource: Resource) -> Problem | None:
        covered = self._states.get(resource)
        return covered.problem if covered is not None and covered.state in _TROUBLED else None

    def answer(self, now: float, *, current: bool = True) -> Answer | None:
        """Return how the object stands at `now`, None where it was never seen."""
        trace = self._engine.standing(self._uid, now)
        if trace is None:
            return None
        ref = trace.root
        return Answer(
            object=ref,
            trace=trace,
            at=now if current else self._seen_at,
            source=self._source,
            steps=tuple(self._last(trace, ref))[-STEPS_SHOWN:],
            writers=tuple(self._writers())[:WRITERS_SHOWN],
            unread=tuple(Unread(name, problem) for name, problem in sorted(self._unread.items())),
            behind="" if current else _INTERRUPTED,
        )

    def _note(self, covered: Coverage) -> None:
        self._states[covered.resource] = covered
        name = _named(covered.resource, None)
        if covered.state in _TROUBLED and covered.problem is not None:
            self._unread[name] = covered.problem
        elif covered.state in _WHOLE:
            self._unread.pop(name, None)

    def _keep(self, upserts: list[Upsert]) -> None:
        for upsert in upserts:
            if isinstance(upsert, StepUpsert):
                self._steps[upsert.id] = upsert.step
            elif isinstance(upsert, StepRemoved):
                self._steps.pop(upsert.id, None)
        while len(self._steps) > STEPS_HELD:
            self._steps.popitem(last=False)

    def _last(self, trace: Trace, ref: ObjectRef) -> list[Step]:
        """The steps of its trace, and those about the object itself, in order of time."""
        own = [
            step
            for step in self._steps.values()
            if (step.trace == trace.id or step.object.uid == ref.uid) and step.verb != "renew"
        ]
        return sorted(own, key=lambda step: (step.at, step.id))

    def _writers(self) -> list[Writer]:
        entries = self._image.metadata.managed_fields if self._image is not None else ()
        found = [Writer(e.manager, e.operation, e.subresource, e.time or "") for e in entries]
        return sorted(found, key=lambda each: each.at, reverse=True)


def _named(resource: Resource, namespace: str | None) -> str:
    group = f".{resource.group}" if resource.group else ""
    return f"{resource.plural}{group}" + (f" in {namespace}" if namespace else "")
