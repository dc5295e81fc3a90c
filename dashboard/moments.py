"""Reads out of a Pod's steps when each thing on its way happened, and by which clock.

A write has the time at which we received it, in milliseconds on our own clock. What the kubelet did
in between shows only in its Events, on its own clock, in milliseconds or in seconds; and what
a condition says of itself is in seconds. Each moment names its clock, so that nothing is subtracted
from something else without saying so.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

import msgspec

from eventstream.explain.vocabulary.records import Evidence, Step
from eventstream.expressions import expression

ARRIVAL, EVENT, OBJECT, LIST = "arrival", "event", "object", "list"
"""The clocks: ours, the reporter's, that of what an object says of itself; and a list, which shows
only that something had happened by then."""

_EVENT = expression(r"Event (\S+) from [^:]*: (.*)", dot_all=True)
_PULLED = expression(
    r'image "([^"]+)".*? in (\S+) \(.*?(?:Image size: (\d+) bytes)?\.?$', dot_all=True
)
_TIME = expression(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_IMAGE = expression(r'image "([^"]+)"')


class Moment(msgspec.Struct, frozen=True):
    """When: unix seconds on `clock`, good to `precision_ms`; `step` is the id of what says so."""

    at: float
    clock: str
    precision_ms: int
    step: str


class Told(msgspec.Struct, frozen=True):
    """A kubelet's Event: its reason, its message, and when it was first so."""

    reason: str
    message: str
    moment: Moment

    @property
    def image(self) -> str:
        """The image that a Pulling or Pulled Event is about; "" for others."""
        found = _IMAGE.search(self.message)
        return found[1] if found else ""

    @property
    def pull(self) -> tuple[str, int] | None:
        """How long the kubelet says that pulling took, and the image's size in bytes, 0 if untold.

        None where the image was there already. Source: pkg/kubelet/images/image_manager.go.
        """
        found = _PULLED.search(self.message)
        return (found[2], int(found[3] or 0)) if found else None


def arrival(step: Step) -> Moment:
    """When the write of `step` reached us; one that a list showed may have been long before."""
    if relisted(step):
        return Moment(step.at, LIST, WHOLE_SECOND, step.id)
    return Moment(step.at, step.clock, step.precision_ms, step.id)


def relisted(step: Step) -> bool:
    """Whether a list showed the write, after a gap, rather than the watch."""
    return any(e.source == "list" for e in step.evidence)


def transition(step: Step, name: str) -> Moment:
    """When `step` turned a condition: as it arrived; as the condition says, if a list showed it."""
    whole = f"status.conditions[{name}]"
    return _said(step, lambda path: path in (whole, f"{whole}.lastTransitionTime"))


def running_since(step: Step) -> Moment:
    """When `step` reported containers as running: as it arrived, or the latest of their own."""
    return _said(step, lambda path: path.startswith("status.containerStatuses["))


def _said(step: Step, about: Callable[[str], bool]) -> Moment:
    """The latest time that the object itself tells in such fields, if a list showed `step`."""
    if not relisted(step):
        return arrival(step)
    texts = (change.after or "" for change in step.changes if about(change.path))
    times = [datetime.fromisoformat(found).timestamp() for t in texts for found in _TIME.findall(t)]
    return Moment(max(times), OBJECT, WHOLE_SECOND, step.id) if times else arrival(step)


WHOLE_SECOND = 1000


def events(steps: Iterable[Step], ahead: float = 0.0) -> list[Told]:
    """What the kubelet's Events among the evidence of `steps` tell, each once, in time.

    `ahead` is by how many seconds the kubelet's clock is known to be ahead of ours.
    """
    found: dict[str, tuple[Step, Told]] = {}
    for step in steps:
        for piece in step.evidence:
            told = _told(piece, step, ahead)
            # The report that came after it is the one that it explains.
            if told and (piece.ref not in found or found[piece.ref][0].at < told.moment.at):
                found[piece.ref] = step, told
    return sorted((told for _, told in found.values()), key=lambda told: told.moment.at)


def _told(piece: Evidence, step: Step, ahead: float) -> Told | None:
    if piece.source != "event" or piece.at is None or step.actor != "kubelet":
        return None
    found = _EVENT.fullmatch(piece.text)
    if found is None:
        return None
    return Told(found[1], found[2], Moment(piece.at - ahead, EVENT, piece.precision_ms, step.id))


def became(step: Step, path: str, value: str) -> bool:
    """Whether `step` set the field at `path` to `value` (JSON text)."""
    return any(change.path == path and change.after == value for change in step.changes)


def condition_true(steps: Iterable[Step], name: str) -> Step | None:
    """The first step in which a condition became True, be it new or changed."""
    whole, status = f"status.conditions[{name}]", f"status.conditions[{name}].status"
    return next(
        (
            step
            for step in steps
            for change in step.changes
            if (change.path == status and change.after == '"True"')
            or (change.path == whole and '"status":"True"' in (change.after or ""))
        ),
        None,
    )


def ahead(pods: Iterable[Sequence[Step]]) -> float:
    """By how many seconds the clock of one node is at least ahead of ours; 0.0 if it may agree.

    What the kubelet did for a Pod came after its binding reached us and before the report of its
    running container did; an Event's time far outside of that is the clock's fault.
    """
    least, most = _bounds(pods)
    if least is not None and least > LATE_SECONDS:
        return least
    return most if most is not None and most < -LATE_SECONDS else 0.0


LATE_SECONDS = 0.25
"""What reaches us may be so late without any clock being wrong."""


def _bounds(pods: Iterable[Sequence[Step]]) -> tuple[float | None, float | None]:
    least: list[float] = []
    most: list[float] = []
    for steps in pods:
        told = [each for each in events(steps) if each.reason in STARTING]
        bound = next((step for step in steps if step.verb == "bind"), None)
        running = next((step for step in steps if step.rule == "kubelet-running"), None)
        if bound is not None and told:
            most.append(min(_latest(each.moment) for each in told) - bound.at)
        started = [each.moment.at for each in told if each.reason == "Started"]
        if running is not None and started:
            least.append(min(started) - running.at)
    return max(least, default=None), min(most, default=None)


def _latest(moment: Moment) -> float:
    """The latest time that a moment may stand for: seconds are cut, not rounded."""
    return moment.at + (moment.precision_ms / 1000 if moment.precision_ms >= WHOLE_SECOND else 0.0)


STARTING = frozenset({"Pulling", "Pulled", "Created", "Started", "AddedInterface"})
"""What the kubelet tells of between a Pod's binding and its first running container."""


def waits(steps: Iterable[Step]) -> Iterator[tuple[Step, str, str]]:
    """Each change of what a container waits for: (step, container's path, reason).

    The reason is "" where it runs; "ended" where it ended and is to run again, if it is.
    """
    for step in steps:
        for change in step.changes:
            path, _, field = change.path.partition(".state.")
            if field in ("waiting", "waiting.reason") and change.after:
                found = _REASON.search(change.after)
                yield step, path, found[1] if found else ""
            elif field == "terminated" and change.after and "initContainer" not in path:
                yield step, path, ENDED
            elif field == "running" and change.after:
                yield step, path, ""


ENDED = "ended"
_REASON = expression(r'"(\w+)"(?:\}|,|$)')
