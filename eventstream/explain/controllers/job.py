"""Jobs: why their controller makes a Pod, and what it and the TTL-after-finished controller delete.

The Job controller deletes Pods before its status says why, so the reason is worked out as it does.
Source: pkg/controller/job/job_controller.go, syncJob and manageJob.
"""

from eventstream.explain.controllers.registry import Behaviour
from eventstream.explain.controllers.shared import workloads
from eventstream.explain.controllers.shared.makers import spec_at
from eventstream.explain.deletions.deciding import Housekeeper, either, would_say
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.world.pods import condition, containers, has_ended, is_true, phase
from eventstream.explain.world.text import count, parse, seen
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image, OwnerReference


def expired(view: View) -> Housekeeper | None:
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


def active_pod(view: View, parent: Write) -> Housekeeper | None:
    """A Job that is to end, is suspended, or runs more Pods than it may, loses active Pods.

    It deletes them before it reports that it has ended, and none after that.
    """
    name = parent.image.metadata.name
    if is_true(parent.image, "Complete") or is_true(parent.image, "Failed"):
        return None
    if has_ended(view.write.before or view.write.image):
        return None
    why = _why_it_ends(view, parent)
    if why:
        return Housekeeper("job-controller", why, sources.JOB_SYNC, parent)
    if would_say(view, parent.log.uid):
        return None  # It tells of each Pod that it deletes, and told nothing of this one.
    return either(
        f"the Job controller, which deletes active Pods when Job {name} is to end or run fewer.",
        sources.JOB_SYNC,
    )


def _why_it_ends(view: View, parent: Write) -> str:
    """Why the Job controller deletes an active Pod now, in one sentence; empty if it need not."""
    image = parent.image
    spec, name = image.spec, image.metadata.name
    if getattr(spec, "suspend", False):
        return f"Job {name} is suspended."
    ended = [condition for condition in _JOB_ENDS if is_true(image, condition)]
    if ended:
        return f"Job {name} has condition {ended[0]}."
    return _overdue(view, image) or _exhausted(view, parent) or _too_many(view, parent)


_JOB_ENDS = ("FailureTarget", "SuccessCriteriaMet")


def _overdue(view: View, job: Image) -> str:
    deadline = getattr(job.spec, "active_deadline_seconds", None)
    started = parse(getattr(job.status, "start_time", None))
    if deadline is None or started is None:
        return ""
    metadata = view.write.image.metadata
    marked = parse(metadata.deletion_timestamp)
    grace = metadata.deletion_grace_period_seconds or 0
    asked = marked - grace if marked is not None else view.write.change.at
    if asked < started + deadline:
        return ""
    return f"Job {job.metadata.name} has run for its activeDeadlineSeconds of {deadline} s."


def _exhausted(view: View, parent: Write) -> str:
    """Whether it has failed too often; restarts of containers count where they are to go on.

    Source: pkg/controller/job/job_controller.go, syncJob and pastBackoffLimitOnFailure.
    """
    spec = parent.image.spec
    limit = getattr(spec, "backoff_limit", None)
    if limit is None:
        return ""
    failed = _failed(view, parent)
    in_place = spec.template.spec.restart_policy == "OnFailure"
    restarts = in_place and sum(
        container.restart_count
        for pod in _pods(view, parent)
        for container in containers(pod)
        if phase(pod) in ("Pending", "Running")
    )
    name = parent.image.metadata.name
    if failed > limit:
        return f"{count(failed, 'Pod')} of Job {name} failed, and its backoffLimit is {limit}."
    if restarts and restarts >= limit:
        restarted = f"Containers of Job {name} restarted {count(restarts, 'time')}"
        return f"{restarted}, and its backoffLimit is {limit}."
    return ""


def _too_many(view: View, parent: Write) -> str:
    """More active Pods than parallelism, or than are left to complete."""
    spec = parent.image.spec
    allowed = getattr(spec, "parallelism", None)
    completions = getattr(spec, "completions", None)
    if allowed is None:
        return ""
    if completions is None and _ended(view, parent, "Succeeded"):
        return ""  # Whatever runs may finish.
    if completions is not None:
        allowed = min(allowed, max(completions - _ended(view, parent, "Succeeded"), 0))
    active = view.family(parent.log.uid).count_active(view.order)
    if active <= allowed:
        return ""
    name = parent.image.metadata.name
    return f"Job {name} may run {count(allowed, 'Pod')} now, and {active} were active."


def _ended(view: View, parent: Write, how: str) -> int:
    """How many Pods of the Job ended so: as it counted them, or as their own phases say."""
    counted = int(getattr(parent.image.status, how.lower(), 0) or 0)
    return max(counted, sum(phase(pod) == how for pod in _pods(view, parent)))


def _failed(view: View, parent: Write) -> int:
    """How many failed Pods count; where a policy passes over some, as many as it has counted."""
    policy = getattr(parent.image.spec, "pod_failure_policy", None)
    if policy is None or all(rule.action != "Ignore" for rule in policy.rules):
        return _ended(view, parent, "Failed")
    status = parent.image.status
    uncounted = getattr(status, "uncounted_terminated_pods", None)
    return int(getattr(status, "failed", 0) or 0) + len(uncounted.failed if uncounted else ())


def _pods(view: View, parent: Write) -> list[Image]:
    """The Job's Pods as they were just before this write, those that are gone included."""
    return [
        latest.image
        for child in view.children(parent.log.uid)
        if (latest := child.at(view.order)) and latest.image.kind == "Pod"
    ]


def pods_wanted(view: View, owner: OwnerReference) -> str:
    """How many Pods of a Job may be active at once, and how many are."""
    allowed = getattr(spec_at(view, owner.uid), "parallelism", None)
    if view.write.pod is None or allowed is None:
        return ""
    active = view.family(owner.uid).count_active(view.order)
    exist = "is" if active == 1 else "are"
    return f"up to {count(allowed, 'Pod')} at once desired, {active} {exist} active"


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
        spec = spec_at(view, owner.uid)
        was, now = (_index(each.image) for each in (cause, view.write))
        if was != now:
            return f"that Pod of index {was} failed, and the Job goes on with index {now}"
        limit, of_each = (
            getattr(spec, name, None) for name in ("backoff_limit", "backoff_limit_per_index")
        )
        most = f", until more than {limit} have (backoffLimit)" if limit is not None else ""
        if of_each is not None:
            most = f", until more than {of_each} of this index have (backoffLimitPerIndex)"
        return f"that Pod failed, and the Job tries again after a growing pause{most}"
    if cause.pod is not None and cause.pod.phase == "Succeeded":
        return "that Pod succeeded, and the Job wants more to"
    return "that Pod no longer counts, so it is replaced"


def _index(pod: Image) -> str:
    """The index of an Indexed Job's Pod; empty for other Pods."""
    return (pod.metadata.annotations or {}).get("batch.kubernetes.io/job-completion-index", "")


BEHAVIOURS = (
    Behaviour(
        kind=kinds.JOB,
        assess=workloads.assess,
        expires=expired,
        wanted=pods_wanted,
        why_made=next_attempt,
        keeps={kinds.POD: active_pod},
    ),
)
