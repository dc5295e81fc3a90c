"""Deletions that controllers make on their own account: old revisions, replaced and failed Pods.

Where a client could as well have done it, the verdict names both and the actor stays unknown: a
wrong name is a defect.
"""

from collections.abc import Callable

import msgspec

from eventstream.explain import sources
from eventstream.explain.pods import condition, phase
from eventstream.explain.world import View
from eventstream.explain.writes import Write


class Housekeeper(msgspec.Struct, frozen=True):
    """Who deletes and why; `actor` is "unknown" with the candidates in `why` where it is open."""

    actor: str
    why: str
    source_url: str
    cause: Write | None = None


def housekeeper(view: View) -> Housekeeper | None:
    """Who, besides a client, has a reason to delete this object now; None if nobody has."""
    owner = view.write.image.metadata.controller
    if owner is None:
        return None
    rule = _RULES.get((view.write.image.kind, owner.kind))
    parent = view.latest(owner.uid)
    return rule(view, parent) if rule and parent is not None and not parent.gone else None


def _old_replicaset(view: View, parent: Write) -> Housekeeper | None:
    """A Deployment keeps revisionHistoryLimit old ReplicaSets, and deletes empty ones beyond.

    Source: pkg/controller/deployment/sync.go, cleanupDeployment.
    """
    image = view.write.image
    if getattr(image.spec, "replicas", 1) != 0 or getattr(image.status, "replicas", 1) != 0:
        return None
    limit = getattr(parent.image.spec, "revision_history_limit", None)
    empty = 0
    for sibling in view.children(parent.log.uid):
        latest = sibling.at(view.order)
        if latest and not latest.gone and getattr(latest.image.spec, "replicas", 1) == 0:
            empty += 1
    if limit is None or empty <= limit:
        return None
    name = parent.image.metadata.name
    why = f"It keeps {limit} old ReplicaSets of Deployment {name}, and there were {empty}."
    return Housekeeper("deployment-controller", why, sources.DEPLOYMENT_SYNC, parent)


def _statefulset_pod(view: View, parent: Write) -> Housekeeper | None:
    """A StatefulSet replaces Pods of an older revision, and failed ones, under the same name.

    Source: pkg/controller/statefulset/stateful_set_control.go, updateStatefulSet.
    """
    image = view.write.image
    labels = image.metadata.labels or {}
    name = parent.image.metadata.name
    update = getattr(parent.image.status, "update_revision", "")
    revision = labels.get("controller-revision-hash", "")
    if update and revision and revision != update:
        why = f"The Pod is of revision {revision}; StatefulSet {name} is being updated to {update}."
        return Housekeeper("statefulset-controller", why, sources.STATEFULSET_CONTROL, parent)
    if phase(image) in ("Failed", "Succeeded"):
        why = f"A client, or the StatefulSet controller, which replaces ended Pods of {name}."
        return Housekeeper("unknown", why, sources.STATEFULSET_CONTROL)
    return None


def _daemonset_pod(view: View, parent: Write) -> Housekeeper | None:
    """A DaemonSet replaces Pods of an older revision, failed ones, and those on unfit nodes.

    Source: pkg/controller/daemon/update.go, rollingUpdate; daemon_controller.go, manage.
    """
    status = parent.image.status
    behind = getattr(status, "observed_generation", 0) != parent.image.metadata.generation
    updating = getattr(status, "updated_number_scheduled", 0) < getattr(
        status, "desired_number_scheduled", 0
    )
    if not behind and not updating and phase(view.write.image) not in ("Failed", "Succeeded"):
        return None
    why = "A client, or the DaemonSet controller, which is replacing Pods of this DaemonSet."
    return Housekeeper("unknown", why, sources.DAEMONSET_SYNC)


def _job_pod(view: View, parent: Write) -> Housekeeper | None:
    """A Job that failed or is suspended has its active Pods deleted.

    Source: pkg/controller/job/job_controller.go, deleteActivePods.
    """
    name = parent.image.metadata.name
    suspended = getattr(parent.image.spec, "suspend", False)
    ended = [
        c for c in ("FailureTarget", "Failed", "SuccessCriteriaMet") if condition(parent.image, c)
    ]
    if not suspended and not ended:
        return None
    why = f"Job {name} is suspended." if suspended else f"Job {name} has condition {ended[0]}."
    return Housekeeper("job-controller", why, sources.JOB_SYNC, parent)


def _cronjob_job(view: View, parent: Write) -> Housekeeper | None:
    """A CronJob keeps a number of finished Jobs; a Job with a TTL is deleted after it.

    Source: pkg/controller/cronjob/cronjob_controllerv2.go, cleanupFinishedJobs.
    """
    image = view.write.image
    if not (condition(image, "Complete") or condition(image, "Failed")):
        return None
    why = "A client, or the CronJob controller, which keeps a limited number of finished Jobs."
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
