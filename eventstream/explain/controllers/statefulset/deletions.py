"""Pods that a StatefulSet replaces: those of an older revision, and failed ones."""

from eventstream.explain.controllers.shared.revisions import HASH, newest_revision
from eventstream.explain.deletions.deciding import Housekeeper, either, ordinal, would_say
from eventstream.explain.vocabulary import sources
from eventstream.explain.world.pods import has_ended
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image


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
    if old and _rolls(parent, image) and not _waits(view, parent, update):
        why = f"The Pod is of revision {revision}; StatefulSet {name} is being updated to {update}."
        return Housekeeper("statefulset-controller", why, sources.STATEFULSET_CONTROL, parent)
    ended = has_ended(view.write.before or image)
    behind = getattr(parent.image.status, "observed_generation", 0) < (
        parent.image.metadata.generation or 0
    )
    if not (ended or (behind and newest is None)) or would_say(view, parent.log.uid):
        return None
    reason = f"the StatefulSet controller, which replaces Pods of {name}."
    return either(reason, sources.STATEFULSET_CONTROL)


def _waits(view: View, parent: Write, update: str) -> bool:
    """Whether a Pod of a higher ordinal has to be replaced before this one.

    Only with maxUnavailable does a StatefulSet not go from the highest ordinal down, one by one.
    """
    rolling = getattr(getattr(parent.image.spec, "update_strategy", None), "rolling_update", None)
    if getattr(rolling, "max_unavailable", None) is not None:
        return False
    mine = ordinal(view.write.image)
    return any(
        latest.active
        and ordinal(latest.image) > mine
        and (latest.image.metadata.labels or {}).get(HASH, update) != update
        for child in view.children(parent.log.uid)
        if (latest := child.at(view.order)) is not None
    )


def _rolls(parent: Write, pod: Image) -> bool:
    """Whether a StatefulSet's rolling update reaches this Pod: not below its partition."""
    strategy = getattr(parent.image.spec, "update_strategy", None)
    if getattr(strategy, "type", "") == "OnDelete":
        return False
    partition = getattr(getattr(strategy, "rolling_update", None), "partition", 0) or 0
    return ordinal(pod) >= partition
