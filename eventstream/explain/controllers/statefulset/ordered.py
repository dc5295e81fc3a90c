"""Whose turn it is in a StatefulSet: its Pods come and go one after the other, by their number.

Source: pkg/controller/statefulset/stateful_set_control.go, processReplica and processCondemned.
"""

from eventstream.explain.deletions.deciding import ordinal
from eventstream.explain.world.pods import is_ready
from eventstream.explain.world.text import seen
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write

Turn = tuple[Write, str]
"""The write that made it this Pod's turn, and the sentence that says so."""


def to_start(view: View, owner: str) -> Turn | None:
    """Why this Pod is made now and not before; None where the StatefulSet's own write says it."""
    spec = view.last_spec_change(owner)
    floor = spec.order if spec is not None else -1
    name = view.write.image.metadata.name
    ends = [end for end in _siblings(view, owner, floor) if end.gone]
    same = [end for end in ends if end.image.metadata.name == name]
    if same:
        last = max(same, key=_order)
        return last, f"It received {seen(last)}: it makes the Pod of that name again."
    state = view.latest(owner)
    policy = getattr(state.image.spec if state else None, "pod_management_policy", "")
    before = ordinal(view.write.image) - 1
    if policy == "Parallel" or before < 0:
        return None
    for latest in _siblings(view, owner, -1):
        if ordinal(latest.image) == before and not latest.gone and is_ready(latest.image):
            ready = _became_ready(view, latest)
            if ready.order > floor and not ready.base:
                why = f"It received {seen(ready)}, which is ready: its Pods start in their order."
                return ready, why
    return None


def _became_ready(view: View, latest: Write) -> Write:
    first = latest
    for write in view.backwards(latest.log.uid):
        if not is_ready(write.image):
            break
        first = write
    return first


def to_stop(view: View, owner: str) -> Turn | None:
    """Why this Pod is deleted now: the one with the next higher number is gone."""
    spec = view.last_spec_change(owner)
    floor = spec.order if spec is not None else -1
    above = ordinal(view.write.image) + 1
    ends = [e for e in _siblings(view, owner, floor) if e.gone and ordinal(e.image) == above]
    if not ends:
        return None
    last = max(ends, key=_order)
    return last, f"It received {seen(last)}: its Pods stop one after the other, the highest first."


def _siblings(view: View, owner: str, floor: int) -> list[Write]:
    """The latest writes of the StatefulSet's other Pods, if above `floor`."""
    return [
        latest
        for child in view.children(owner)
        if child is not view.write.log
        and (latest := child.at(view.order)) is not None
        and latest.image.kind == "Pod"
        and latest.order > floor
    ]


def _order(write: Write) -> int:
    return write.order


def in_range(write: Write, cause: Write | None) -> bool:
    """Whether a StatefulSet of that size has a Pod of this ordinal.

    Source: pkg/controller/statefulset/stateful_set_utils.go, podInOrdinalRange.
    """
    spec = cause.image.spec if cause is not None else None
    first = getattr(getattr(spec, "ordinals", None), "start", 0)
    return first <= ordinal(write.image) < first + getattr(spec, "replicas", 0)
