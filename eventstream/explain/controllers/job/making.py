"""Why the Job and CronJob controllers make a Pod or a Job, and what is wanted of one."""

from eventstream.explain.controllers.shared.makers import spec_at
from eventstream.explain.world.text import count, seen
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write
from eventstream.objects.images import OwnerReference


def pods_wanted(view: View, owner: OwnerReference) -> str:
    """How many Pods of a Job may be active at once, and how many are."""
    allowed = getattr(spec_at(view, owner.uid), "parallelism", None)
    if view.write.pod is None or allowed is None:
        return ""
    active = view.family(owner.uid).count_active(view.order)
    exist = "is" if active == 1 else "are"
    return f"up to {count(allowed, 'Pod')} at once desired, {active} {exist} active"


def schedule_due(view: View, cause: Write, owner: OwnerReference) -> str:
    """A CronJob makes a Job when its schedule is due, which no write tells."""
    if cause.log.uid != owner.uid:
        return ""
    schedule = getattr(cause.image.spec, "schedule", "")
    return f"The schedule of CronJob {owner.name} ({schedule}) was due."


def next_attempt(view: View, cause: Write, owner: OwnerReference) -> str:
    """A Job's further Pods come after an earlier one ended; empty for its first ones."""
    if cause.log.uid == owner.uid:
        return ""
    return f"It received {seen(cause)}: {_tried_again(view, cause, owner)}."


def _tried_again(view: View, cause: Write, owner: OwnerReference) -> str:
    """What a Job does after one of its Pods ended.

    Sources: pkg/controller/job/job_controller.go, manageJob;
    pkg/controller/job/backoff_utils.go, getRemainingTime.
    """
    if cause.pod is not None and cause.pod.phase == "Failed":
        limit = getattr(spec_at(view, owner.uid), "backoff_limit", None)
        most = f", until more than {limit} have (backoffLimit)" if limit is not None else ""
        return f"that Pod failed, and the Job tries again after a growing pause{most}"
    if cause.pod is not None and cause.pod.phase == "Succeeded":
        return "that Pod succeeded, and the Job wants more to"
    return "that Pod no longer counts, so it is replaced"
