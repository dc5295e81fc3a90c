"""Tells a flow together with the truth: who really sent each write, beside what the API shows.

So that one check serves all flows: whatever is missing or late, no step may name another actor
than the one who wrote.
"""

from typing import Any

from eventstream.explain.vocabulary.records import Step
from eventstream.objects.observations import ChangeType, Observation
from tests.explain.stories import KCM, Json, Story
from tests.explain.tapes import Result, fold

APART = 1.0
BURST = 0.002
"""Seconds between writes: in a burst all fall into a few seconds, so that no time moves."""


class Flow(Story):
    """A story whose every write is sent by a `Hand`, which says who that really is."""

    def __init__(self, pace: float = APART) -> None:
        super().__init__("Pod")
        self.pace = pace
        self.truth: dict[tuple[str, str], str] = {}
        self.actor = ""
        self.open: list[tuple[str, str, str]] = []
        self.pods: dict[str, Json] = {}

    def hand(self, actor: str, manager: str = KCM) -> "Hand":
        """The hand of one actor, which the API shows as `manager`."""
        return Hand(self, actor, manager)

    def _write(self, type_: ChangeType, thing: Json) -> Json:
        written = super()._write(type_, thing)
        self.at += self.pace - 1.0
        if thing["kind"] == "Pod":
            self.pods[thing["metadata"]["name"]] = thing
        if type_ != "EXISTING" and thing["kind"] != "Event":
            metadata = thing["metadata"]
            self.truth[metadata["uid"], metadata["resourceVersion"]] = self.actor
        return written

    def without(self, *plurals: str) -> list[Observation]:
        """What is shown to a reader who may not see these types."""
        return [shown for shown in self.shown if shown.resource.plural not in plurals]

    def late_events(self) -> list[Observation]:
        """The same, with all Events coming last."""
        return [*self.without("events"), *(s for s in self.shown if s.resource.plural == "events")]

    def judged(self, shown: list[Observation]) -> tuple[list[Step], list[Step], int]:
        """The steps that name a wrong actor, those that name none, and how many have no step."""
        seen = {shown.resource.plural for shown in shown}
        steps = {(s.object.uid, s.resource_version): s for s in fold(shown).steps.values()}
        rows = {key: actor for key, actor in self.truth.items() if _plural(key[0]) in seen}
        found = [(steps[key], actor) for key, actor in rows.items() if key in steps]
        wrong = [step for step, actor in found if step.actor not in (actor, "unknown")]
        unknown = [step for step, actor in found if step.actor == "unknown" != actor]
        return wrong, unknown, len(rows) - len(found)


def _plural(uid: str) -> str:
    return uid.split("-")[1].lower() + "s"


class Hand:
    """What one actor does; `manager` is how it appears in managedFields."""

    def __init__(self, flow: Flow, actor: str, manager: str) -> None:
        self._flow = flow
        self._actor = actor
        self._manager = manager

    def _take(self) -> Flow:
        self._flow.actor = self._actor
        return self._flow

    def create(self, thing: Json, **how: str) -> Json:
        """Create an object."""
        return self._take().create(thing, self._manager, **how)

    def change(self, thing: Json, patch: Json, **how: str) -> Json:
        """Set or take away fields."""
        return self._take().change(thing, patch, self._manager, **how)

    def scale(self, thing: Json, replicas: int) -> Json:
        """Write spec.replicas."""
        return self.change(thing, {"spec": {"replicas": replicas}})

    def report(self, thing: Json, **status: Any) -> Json:
        """Write the status."""
        return self.change(thing, {"status": status}, sub="status")

    def bind(self, pod: Json, node: str = "node-1") -> Json:
        """Bind a Pod, which leaves no entry."""
        return self._take().change(pod, {"spec": {"nodeName": node}}, "")

    def mark(self, thing: Json, grace: int | None = None, *finalizers: str) -> Json:
        """Ask for a deletion that something holds."""
        return self._take().mark(thing, grace, list(finalizers) or None)

    def delete(self, thing: Json) -> Json:
        """Make it go."""
        return self._take().delete(thing)

    def end(self, pod: Json, *finalizers: str) -> Json:
        """As a kubelet: set the grace period of a stopped Pod to 0."""
        pod["metadata"]["deletionGracePeriodSeconds"] = 0
        return self._take().change(pod, {}, "")

    def free(self, thing: Json, *kept: str) -> Json:
        """Take finalizers away, all but the `kept`."""
        return self._take().change(thing, {"metadata": {"finalizers": list(kept)}}, self._manager)


def connected(result: Result) -> list[str]:
    """What is wrong with the trees of traces: a cause in another trace, or a second root."""
    wrong = []
    for step in result.steps.values():
        cause = result.steps.get(step.cause) if step.cause else None
        where = f"{step.object.kind} {step.object.name} {step.resource_version} ({step.rule})"
        if cause is not None and cause.trace != step.trace:
            wrong.append(f"{where} is in another trace than its cause")
        trace = result.traces[step.trace]
        if cause is None and not trace.existing and trace.root_step != step.id:
            wrong.append(f"{where} has no cause in {trace.title}")
    return wrong
