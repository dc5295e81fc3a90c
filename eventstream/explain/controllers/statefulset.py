"""A StatefulSet: its Pods come and go one by one, by their number, and old ones are replaced.

Source: pkg/controller/statefulset/stateful_set_control.go, processReplica and processCondemned.
"""

from eventstream.explain.controllers.registry import Behaviour
from eventstream.explain.controllers.shared import conventions, revisions, workloads
from eventstream.explain.controllers.shared.revisions import HASH, newest_revision
from eventstream.explain.deletions.deciding import Housekeeper, either, ordinal, would_say
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.world.pods import has_ended, is_ready
from eventstream.explain.world.text import seen
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image

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


def old_pod(view: View, parent: Write) -> Housekeeper | None:
    """A StatefulSet replaces Pods of an older revision, and failed ones, under the same name.

    It deletes the first old Pod before it reports the new revision in its status, so that the
    ControllerRevision says it first.
    Source: pkg/controller/statefulset/stateful_set_control.go, updateStatefulSet.
    """
    image = view.write.image
    name = parent.image.metadata.name
    newest = newest_revision(view, parent)
    status = getattr(parent.image.status, "update_revision", "")
    update = newest.metadata.name if newest is not None else status
    revision = (image.metadata.labels or {}).get(HASH, "")
    old = bool(update and revision and revision != update)
    blocker = _before(view, parent, update) if old and _rolls(parent, image) else None
    if old and _rolls(parent, image) and blocker is None:
        why = f"The Pod is of revision {revision}; StatefulSet {name} is being updated to {update}."
        return Housekeeper("statefulset-controller", why, sources.STATEFULSET_CONTROL, parent)
    if blocker is not None and view.write.change.at - blocker.change.at < _LAG:
        reason = f"the StatefulSet controller, which updates Pods of {name} one after the other."
        return either(reason, sources.STATEFULSET_CONTROL)
    ended = has_ended(view.write.before or image)
    behind = getattr(parent.image.status, "observed_generation", 0) < (
        parent.image.metadata.generation or 0
    )
    if not (ended or (behind and newest is None)) or would_say(view, parent.log.uid):
        return None
    reason = f"the StatefulSet controller, which replaces Pods of {name}."
    return either(reason, sources.STATEFULSET_CONTROL)


_LAG = 1.0
"""Seconds for which the controller may not have heard yet of what keeps it from a Pod's turn."""


def _before(view: View, parent: Write, update: str) -> Write | None:
    """A Pod for which the update of this one waits; None where it is this one's turn.

    From the highest ordinal down, a Pod goes once all above it are new and healthy; and but for
    Parallel only while all Pods are. With maxUnavailable several go at once.
    Source: pkg/controller/statefulset/stateful_set_control.go, updateStatefulSet.
    """
    rolling = getattr(getattr(parent.image.spec, "update_strategy", None), "rolling_update", None)
    if getattr(rolling, "max_unavailable", None) is not None:
        return None
    mine = ordinal(view.write.image)
    ordered = getattr(parent.image.spec, "pod_management_policy", "") != "Parallel"
    own = view.previous()
    if ordered and own is not None and not is_ready(own.image):
        return own  # It is waited for, as any other: only what is ready is replaced.
    gone: dict[int, Write] = {}
    for latest in sorted(_siblings(view, parent.log.uid, -1), key=_order):
        number = ordinal(latest.image)
        if latest.gone:
            gone[number] = latest
            continue
        gone.pop(number, None)
        if _holds_up(latest, update, above=number > mine, ordered=ordered):
            return latest
    missing = (gone[number] for number in gone if number > mine)
    return next((end for end in missing if in_range(end, parent)), None)


def _holds_up(pod: Write, update: str, *, above: bool, ordered: bool) -> bool:
    """Whether a Pod is not new, or about to go, where it comes first, or is not healthy."""
    if pod.image.metadata.deletion_timestamp is not None or has_ended(pod.image):
        return above
    new = (pod.image.metadata.labels or {}).get(HASH, update) == update
    return (above and not new) or ((above or ordered) and not is_ready(pod.image))


def _rolls(parent: Write, pod: Image) -> bool:
    """Whether a StatefulSet's rolling update reaches this Pod: not below its partition."""
    strategy = getattr(parent.image.spec, "update_strategy", None)
    if getattr(strategy, "type", "") == "OnDelete":
        return False
    partition = getattr(getattr(strategy, "rolling_update", None), "partition", 0) or 0
    return ordinal(pod) >= partition


BEHAVIOURS = (
    Behaviour(
        kind=kinds.STATEFULSET,
        assess=workloads.assess,
        in_order=True,
        due=to_start,
        going=to_stop,
        spared=in_range,
        keeps={kinds.POD: old_pod, kinds.REVISION: revisions.old_revision},
    ),
    Behaviour(kind=kinds.REVISION, assess=conventions.stored),
)
