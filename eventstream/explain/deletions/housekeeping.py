"""Deletions that controllers make on their own account: old revisions, replaced and failed Pods.

Where a client could as well have done it, the verdict names both and the actor stays unknown: a
wrong name is a defect.
"""

from collections.abc import Callable

from eventstream.explain.controllers.deployment import revisions
from eventstream.explain.controllers.job import deletions as jobs
from eventstream.explain.deletions.keepers import Housekeeper, either, ordinal, would_say
from eventstream.explain.vocabulary import sources
from eventstream.explain.world.pods import has_ended
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image


def housekeeper(view: View) -> Housekeeper | None:
    """Who, besides a client, has a reason to delete this object now; None if nobody has."""
    if view.write.image.kind == "Job":
        expired = jobs.expired(view)
        if expired is not None:
            return expired
    owner = view.write.image.metadata.controller
    if owner is None:
        return None
    rule = _RULES.get((view.write.image.kind, owner.kind))
    parent = view.latest(owner.uid)
    return rule(view, parent) if rule and parent is not None and not parent.gone else None


def _newest_revision(view: View, parent: Write) -> Image | None:
    """The ControllerRevision that the owner is being brought to."""
    found = [
        latest.image
        for child in view.children(parent.log.uid)
        if (latest := child.at(view.order))
        and latest.image.kind == "ControllerRevision"
        and not latest.gone
    ]
    return max(found, key=lambda image: getattr(image.spec, "revision", 0), default=None)


def _statefulset_pod(view: View, parent: Write) -> Housekeeper | None:
    """A StatefulSet replaces Pods of an older revision, and failed ones, under the same name.

    It deletes the first old Pod before it reports the new revision in its status, so that the
    ControllerRevision says it first.
    Source: pkg/controller/statefulset/stateful_set_control.go, updateStatefulSet.
    """
    image = view.write.image
    name = parent.image.metadata.name
    newest = _newest_revision(view, parent)
    status = getattr(parent.image.status, "update_revision", "")
    update = newest.metadata.name if newest is not None else status
    revision = (image.metadata.labels or {}).get(_HASH, "")
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
        and (latest.image.metadata.labels or {}).get(_HASH, update) != update
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


_HASH = "controller-revision-hash"


def _daemonset_pod(view: View, parent: Write) -> Housekeeper | None:
    """A DaemonSet replaces Pods of an older revision, failed ones, and those on unfit nodes.

    Source: pkg/controller/daemon/update.go, rollingUpdate; daemon_controller.go, manage.
    """
    image = view.write.image
    name = parent.image.metadata.name
    newest = _newest_revision(view, parent)
    wanted = (newest.metadata.labels or {}).get(_HASH, "") if newest is not None else ""
    revision = (image.metadata.labels or {}).get(_HASH, "")
    strategy = getattr(getattr(parent.image.spec, "update_strategy", None), "type", "")
    if wanted and revision and revision != wanted and strategy != "OnDelete":
        why = f"The Pod is of revision {revision}; DaemonSet {name} is being updated to {wanted}."
        return Housekeeper("daemonset-controller", why, sources.DAEMONSET_SYNC, parent)
    if would_say(view, parent.log.uid):
        return None  # It tells of each Pod that it deletes, and told nothing of this one.
    reason = (
        f"the DaemonSet controller, which replaces Pods of {name} and takes them off unfit nodes."
    )
    return either(reason, sources.DAEMONSET_SYNC)


_RULES: dict[tuple[str, str], Callable[[View, Write], Housekeeper | None]] = {
    ("ReplicaSet", "Deployment"): revisions.old_replicaset,
    ("Pod", "StatefulSet"): _statefulset_pod,
    ("Pod", "DaemonSet"): _daemonset_pod,
    ("Pod", "Job"): jobs.active_pod,
    ("Job", "CronJob"): jobs.old_job,
    ("ControllerRevision", "StatefulSet"): revisions.old_revision,
    ("ControllerRevision", "DaemonSet"): revisions.old_revision,
}
