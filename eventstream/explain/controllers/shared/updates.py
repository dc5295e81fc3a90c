"""How far a rolling update may go now: the numbers that a strategy allows, and who is available.

Whether it is an old Pod's turn says whether its controller can have deleted it, or only a client.
Source: pkg/api/v1/pod/util.go, IsPodAvailable.
"""

from collections.abc import Iterable, Iterator

from eventstream.explain.world.pods import condition, has_ended, is_ready
from eventstream.explain.world.text import asked_to_go, parse, when
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image
from eventstream.objects.numbers import whole

LAG = 1.0
"""Seconds for which a controller may not have heard yet of what keeps it from a Pod's turn."""

_WHOLE_SECOND = 1.0
"""The precision of a condition's time."""


def share(value: int | str | None, total: int, *, up: bool) -> int | None:
    """A number of Pods, or a percentage of `total` rounded up or down; None where it is neither."""
    if isinstance(value, int):
        return value
    percent = whole((value or "").removesuffix("%"))
    if percent is None:
        return None
    return -(-percent * total // 100) if up else percent * total // 100


def is_available(pod: Image, seconds: int, now: float) -> bool:
    """Whether a Pod is there to stay: ready for minReadySeconds, not over, and not to go."""
    if pod.metadata.deletion_timestamp is not None or has_ended(pod) or not is_ready(pod):
        return False
    since = _told_ready(pod)
    return not seconds or since is None or since + seconds <= now + _WHOLE_SECOND


def going_at(pod: Write) -> float:
    """When its deletion was asked for, by the clock of who tells since when Pods are ready.

    Of one that nobody marked first, when its end arrived.
    """
    asked = asked_to_go(pod.image)
    return pod.change.at if asked is None else asked


def ready_since(pods: Iterable[Write], at: float) -> int:
    """How many Pods became ready after that, by Baton's clock."""
    return sum(is_ready(pod.image) and when(pod) > at and _became_ready(pod) > at for pod in pods)


def _became_ready(pod: Write) -> float:
    """When that it is ready arrived; of what a list showed at once, when it says that it was."""
    log, first = pod.log, pod
    for index in range(log.position(pod.order) - 1, -1, -1):
        if not is_ready(log.writes[index].image):
            break
        first = log.writes[index]
    listed = first.change.relisted or (first.base and first.decision.draft is None)
    told = _told_ready(first.image) if listed else None
    return told if told is not None else when(first)


def _told_ready(pod: Image) -> float | None:
    ready = condition(pod, "Ready")
    return parse(ready.last_transition_time) if ready is not None else None


def siblings(view: View, owner: str, floor: int = -1) -> Iterator[Write]:
    """The latest writes of the owner's other Pods, if above `floor`."""
    for child in view.children(owner):
        latest = child.at(view.order) if child is not view.write.log else None
        if latest is not None and latest.image.kind == "Pod" and latest.order > floor:
            yield latest
