"""A StatefulSet: its Pods come and go one by one, by their number, and old ones are replaced.

Source: pkg/controller/statefulset/stateful_set_control.go, processReplica and processCondemned.
"""

from eventstream.explain.controllers.registry import Behaviour
from eventstream.explain.controllers.shared import conventions, revisions, workloads
from eventstream.explain.controllers.shared.revisions import (
    HASH,
    LAG,
    going_at,
    is_available,
    newest_revision,
    share,
    siblings,
)
from eventstream.explain.deletions.deciding import Housekeeper, either, ordinal, would_say
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.world.pods import has_ended, is_ready
from eventstream.explain.world.text import count, seen
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image

Turn = tuple[Write, str]
"""The write that made it this Pod's turn, and the sentence that says so."""


def to_start(view: View, owner: str) -> Turn | None:
    """Why this Pod is made now and not before; None where the StatefulSet's own write says it.

    One that has to come again also waits for the one before it, where that came again, too.
    """
    spec = view.last_spec_change(owner)
    floor = spec.order if spec is not None else -1
    name = view.write.image.metadata.name
    ends = [end for end in siblings(view, owner, floor) if end.gone]
    last = max((e for e in ends if e.image.metadata.name == name), key=_order, default=None)
    before = _predecessor(view, owner)
    if before is not None and before.order > max(floor, last.order if last is not None else -1):
        return before, f"It received {seen(before)}{_stays(view, owner)}."
    if last is not None:
        return last, f"It received {seen(last)}: it makes the Pod of that name again."
    return None


def _predecessor(view: View, owner: str) -> Write | None:
    """The write by which the Pod with the number below became ready, if that is waited for."""
    number = ordinal(view.write.image) - 1
    if number < 0 or _is_parallel(view.latest(owner)):
        return None
    for latest in siblings(view, owner):
        if ordinal(latest.image) == number and not latest.gone and is_ready(latest.image):
            ready = _became_ready(view, latest)
            if not ready.base:
                return ready
    return None


def _stays(view: View, owner: str) -> str:
    """What is so of the Pod before, in a clause: it is ready, and has stayed so if it has to."""
    state = view.latest(owner)
    seconds = getattr(state.image.spec if state else None, "min_ready_seconds", 0)
    if not seconds:
        return ", which is ready: its Pods start in their order"
    long = f"{count(seconds, 'second')} (minReadySeconds)"
    return f", and waited until that had been ready for {long}: its Pods start in their order"


def _is_parallel(parent: Write | None) -> bool:
    spec = parent.image.spec if parent is not None else None
    return getattr(spec, "pod_management_policy", "") == "Parallel"


def _became_ready(view: View, latest: Write) -> Write:
    first = latest
    for write in view.backwards(latest.log.uid):
        if not is_ready(write.image):
            break
        first = write
    return first


def to_stop(view: View, owner: str) -> Turn | None:
    """Why this Pod is deleted now: the one with the next higher number is gone.

    With policy Parallel none waits for another.
    """
    if _is_parallel(view.latest(owner)):
        return None
    spec = view.last_spec_change(owner)
    floor = spec.order if spec is not None else -1
    above = ordinal(view.write.image) + 1
    ends = [e for e in siblings(view, owner, floor) if e.gone and ordinal(e.image) == above]
    if not ends:
        return None
    last = max(ends, key=_order)
    return last, f"It received {seen(last)}: its Pods stop one after the other, the highest first."


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
    several = _at_once(parent) > 1  # Whom they await then is not the same in each version.
    if blocker is not None and (several or view.write.change.at - blocker.change.at < LAG):
        reason = f"the StatefulSet controller, which updates Pods of {name} one after the other."
        if several:
            reason = f"the StatefulSet controller, which updates Pods of {name} a few at a time."
        return either(reason, sources.STATEFULSET_CONTROL)
    ended = has_ended(view.write.before or image)
    behind = getattr(parent.image.status, "observed_generation", 0) < (
        parent.image.metadata.generation or 0
    )
    if not (ended or (behind and newest is None)) or would_say(view, parent.log.uid):
        return None
    reason = f"the StatefulSet controller, which replaces Pods of {name}."
    return either(reason, sources.STATEFULSET_CONTROL)


def _before(view: View, parent: Write, update: str) -> Write | None:
    """A Pod for which the update of this one waits; None where it is this one's turn.

    From the highest ordinal down, a Pod goes once all above it are new and healthy; and but for
    Parallel only while all Pods are. With maxUnavailable several go at once.
    Source: pkg/controller/statefulset/stateful_set_control.go, updateStatefulSet.
    """
    most = _at_once(parent)
    if most > 1:
        return _crowding(view, parent, most)
    mine = ordinal(view.write.image)
    ordered = not _is_parallel(parent)
    own = view.previous()
    if ordered and own is not None and not is_ready(own.image):
        return own  # It is waited for, as any other: only what is ready is replaced.
    gone: dict[int, Write] = {}
    seconds, now = parent.image.spec.min_ready_seconds, going_at(view.write)
    for latest in sorted(siblings(view, parent.log.uid), key=_order):
        number = ordinal(latest.image)
        if latest.gone:
            gone[number] = latest
            continue
        gone.pop(number, None)
        above = number > mine
        if _holds_up(latest, update, now, seconds, above=above, ordered=ordered):
            return latest
    missing = (gone[number] for number in gone if number > mine)
    return next((end for end in missing if in_range(end, parent)), None)


def _at_once(parent: Write) -> int:
    """How many Pods may be unavailable for an update: at least one.

    Source: pkg/controller/statefulset/stateful_set_utils.go, getStatefulSetMaxUnavailable.
    """
    rolling = getattr(getattr(parent.image.spec, "update_strategy", None), "rolling_update", None)
    most = getattr(rolling, "max_unavailable", None)
    return max(share(most, parent.image.spec.replicas, up=False) or 1, 1)


def _crowding(view: View, parent: Write, most: int) -> Write | None:
    """A Pod that is unavailable while no more may be; None where there is still room.

    But for Parallel, none goes while another is unavailable that did not go with it.
    Source: stateful_set_control.go, updateStatefulSetAfterInvariantEstablished.
    """
    seconds, now = parent.image.spec.min_ready_seconds, going_at(view.write)
    newest: dict[int, Write] = {}
    for latest in sorted(siblings(view, parent.log.uid), key=_order):
        newest[ordinal(latest.image)] = latest
    away = sorted(
        (
            pod
            for pod in newest.values()
            if in_range(pod, parent)
            and (pod.gone or not is_available(pod.image, seconds, now))
            and ordinal(pod.image) != ordinal(view.write.image)
        ),
        key=lambda pod: pod.change.at,
    )
    if len(away) >= most:
        return away[0]
    alone = not _is_parallel(parent) and bool(away)
    return away[0] if alone and view.write.change.at - away[0].change.at > LAG else None


def _holds_up(
    pod: Write, update: str, now: float, seconds: int, *, above: bool, ordered: bool
) -> bool:
    """Whether a Pod is not new, or about to go, where it comes first, or is not healthy."""
    if pod.image.metadata.deletion_timestamp is not None or has_ended(pod.image):
        return above
    new = (pod.image.metadata.labels or {}).get(HASH, update) == update
    healthy = is_available(pod.image, seconds, now)
    return (above and not new) or ((above or ordered) and not healthy)


def _rolls(parent: Write, pod: Image) -> bool:
    """Whether a StatefulSet's rolling update reaches this Pod: not below its partition.

    The partition is counted from where its numbers begin.
    """
    spec = parent.image.spec
    strategy = getattr(spec, "update_strategy", None)
    if getattr(strategy, "type", "") == "OnDelete":
        return False
    partition = getattr(getattr(strategy, "rolling_update", None), "partition", 0) or 0
    first = getattr(getattr(spec, "ordinals", None), "start", 0)
    return ordinal(pod) - first >= partition


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
