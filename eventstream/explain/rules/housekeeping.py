"""Deletions that controllers make on their own account: old revisions, replaced and failed Pods.

Where a client could as well have done it, the verdict names both and the actor stays unknown: a
wrong name is a defect.
"""

from collections.abc import Callable

import msgspec

from eventstream.explain import sources
from eventstream.explain.pods import condition, is_true, phase
from eventstream.explain.times import parse
from eventstream.explain.world import View
from eventstream.explain.writes import Write
from eventstream.objects.images import Image


class Housekeeper(msgspec.Struct, frozen=True):
    """Who deletes and why; `actor` is "unknown" with the candidates in `why` where it is open."""

    actor: str
    why: str
    source_url: str
    cause: Write | None = None


def housekeeper(view: View) -> Housekeeper | None:
    """Who, besides a client, has a reason to delete this object now; None if nobody has."""
    if view.write.image.kind == "Job":
        expired = _expired_job(view)
        if expired is not None:
            return expired
    owner = view.write.image.metadata.controller
    if owner is None:
        return None
    rule = _RULES.get((view.write.image.kind, owner.kind))
    parent = view.latest(owner.uid)
    return rule(view, parent) if rule and parent is not None and not parent.gone else None


def _expired_job(view: View) -> Housekeeper | None:
    """A finished Job with ttlSecondsAfterFinished is deleted once that time has passed.

    Source: pkg/controller/ttlafterfinished/ttlafterfinished_controller.go, processJob.
    """
    image = view.write.before or view.write.image
    ttl = getattr(image.spec, "ttl_seconds_after_finished", None)
    ended = [found for name in ("Complete", "Failed") if (found := condition(image, name))]
    finished = parse(ended[0].last_transition_time) if ended else None
    if ttl is None or finished is None:
        return None
    asked = parse(view.write.image.metadata.deletion_timestamp) or view.write.change.at
    late = asked - (finished + ttl)
    if late < 0:
        return None
    after = f"The Job finished, and its time to live of {ttl} s has passed."
    if late > _PROMPT:
        doubt = f"A client, or the TTL-after-finished controller. {after}"
        return Housekeeper("unknown", doubt, sources.TTL_AFTER_FINISHED)
    cause = view.previous()
    return Housekeeper("ttl-after-finished-controller", after, sources.TTL_AFTER_FINISHED, cause)


_PROMPT = 5.0
"""Seconds within which the TTL-after-finished controller deletes a Job whose time has come."""


def _old_replicaset(view: View, parent: Write) -> Housekeeper | None:
    """A Deployment keeps revisionHistoryLimit old ReplicaSets; the oldest empty ones go.

    Source: pkg/controller/deployment/sync.go, cleanupDeployment.
    """
    image = view.write.image
    limit = getattr(parent.image.spec, "revision_history_limit", None)
    if limit is None or not _empty(image):
        return None
    present = [
        latest.image
        for sibling in view.children(parent.log.uid)
        if (latest := sibling.at(view.order))
        and latest.image.kind == "ReplicaSet"
        and not latest.gone
    ]
    newest = max((_revision_of(found) for found in present), default=0)
    old = sorted(r for found in present if _empty(found) and (r := _revision_of(found)) < newest)
    surplus = len(old) - limit
    if surplus <= 0 or _revision_of(image) not in old[:surplus]:
        return None
    name = parent.image.metadata.name
    why = f"It keeps {limit} old ReplicaSets of Deployment {name}, and there were {len(old)}."
    return Housekeeper("deployment-controller", why, sources.DEPLOYMENT_SYNC, parent)


def _empty(image: Image) -> bool:
    desired, existing = getattr(image.spec, "replicas", 1), getattr(image.status, "replicas", 1)
    return desired == 0 and existing == 0


def _revision_of(image: Image) -> int:
    text = (image.metadata.annotations or {}).get("deployment.kubernetes.io/revision", "")
    return int(text) if text.isdigit() else 0


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
    if update and revision and revision != update and _rolls(parent, image):
        why = f"The Pod is of revision {revision}; StatefulSet {name} is being updated to {update}."
        return Housekeeper("statefulset-controller", why, sources.STATEFULSET_CONTROL, parent)
    ended = phase(view.write.before or image) in ("Failed", "Succeeded")
    behind = getattr(parent.image.status, "observed_generation", 0) < (
        parent.image.metadata.generation or 0
    )
    if ended or (behind and newest is None):
        why = f"A client, or the StatefulSet controller, which replaces Pods of {name}."
        return Housekeeper("unknown", why, sources.STATEFULSET_CONTROL)
    return None


def _rolls(parent: Write, pod: Image) -> bool:
    """Whether a StatefulSet's rolling update reaches this Pod: not below its partition."""
    strategy = getattr(parent.image.spec, "update_strategy", None)
    if getattr(strategy, "type", "") == "OnDelete":
        return False
    partition = getattr(getattr(strategy, "rolling_update", None), "partition", 0) or 0
    ordinal = pod.metadata.name.rpartition("-")[2]
    return not ordinal.isdigit() or int(ordinal) >= partition


_HASH = "controller-revision-hash"


def _daemonset_pod(view: View, parent: Write) -> Housekeeper | None:
    """A DaemonSet replaces Pods of an older revision, failed ones, and those on unfit nodes.

    Source: pkg/controller/daemon/update.go, rollingUpdate; daemon_controller.go, manage.
    """
    image, status = view.write.image, parent.image.status
    name = parent.image.metadata.name
    newest = _newest_revision(view, parent)
    wanted = (newest.metadata.labels or {}).get(_HASH, "") if newest is not None else ""
    revision = (image.metadata.labels or {}).get(_HASH, "")
    strategy = getattr(getattr(parent.image.spec, "update_strategy", None), "type", "")
    if wanted and revision and revision != wanted and strategy != "OnDelete":
        why = f"The Pod is of revision {revision}; DaemonSet {name} is being updated to {wanted}."
        return Housekeeper("daemonset-controller", why, sources.DAEMONSET_SYNC, parent)
    behind = getattr(status, "observed_generation", 0) != parent.image.metadata.generation
    misplaced = getattr(status, "number_misscheduled", 0) > 0
    ended = phase(view.write.before or image) in ("Failed", "Succeeded")
    if not behind and not misplaced and not ended:
        return None
    why = f"A client, or the DaemonSet controller, which is replacing Pods of {name}."
    return Housekeeper("unknown", why, sources.DAEMONSET_SYNC)


def _job_pod(view: View, parent: Write) -> Housekeeper | None:
    """A Job that failed, is complete or is suspended has its active Pods deleted.

    Source: pkg/controller/job/job_controller.go, deleteActivePods.
    """
    name = parent.image.metadata.name
    if phase(view.write.before or view.write.image) in ("Succeeded", "Failed"):
        return None
    suspended = getattr(parent.image.spec, "suspend", False)
    ended = [name for name in _JOB_ENDS if is_true(parent.image, name)]
    if not suspended and not ended:
        return None
    why = f"Job {name} is suspended." if suspended else f"Job {name} has condition {ended[0]}."
    return Housekeeper("job-controller", why, sources.JOB_SYNC, parent)


_JOB_ENDS = ("FailureTarget", "Failed", "SuccessCriteriaMet", "Complete")


def _cronjob_job(view: View, parent: Write) -> Housekeeper | None:
    """A CronJob keeps a number of finished Jobs, and says in an Event which ones it deletes.

    Source: pkg/controller/cronjob/cronjob_controllerv2.go, cleanupFinishedJobs.
    """
    image = view.write.image
    replaces = getattr(parent.image.spec, "concurrency_policy", "") == "Replace"
    if not (is_true(image, "Complete") or is_true(image, "Failed") or replaces):
        return None
    name = parent.image.metadata.name
    why = f"A client, or the CronJob controller, which deletes old Jobs of CronJob {name}."
    return Housekeeper("unknown", why, sources.CRONJOB_SYNC)


def _revision(view: View, parent: Write) -> Housekeeper | None:
    """Old ControllerRevisions beyond the history limit are deleted by their controller."""
    why = f"A client, or the controller of {parent.image.kind} {parent.image.metadata.name}, which "
    return Housekeeper("unknown", why + "keeps a limited number of revisions.", sources.HISTORY)


_RULES: dict[tuple[str, str], Callable[[View, Write], Housekeeper | None]] = {
    ("ReplicaSet", "Deployment"): _old_replicaset,
    ("Pod", "StatefulSet"): _statefulset_pod,
    ("Pod", "DaemonSet"): _daemonset_pod,
    ("Pod", "Job"): _job_pod,
    ("Job", "CronJob"): _cronjob_job,
    ("ControllerRevision", "StatefulSet"): _revision,
    ("ControllerRevision", "DaemonSet"): _revision,
}
