"""What failed below a custom resource before that one said that all is well, and is over by that.

A schedule keeps the runs that failed, a canary its analyses, a service its earlier revisions: by
its own word it is as asked for, and its controller knew of them when it said so.

Sources: https://kubernetes.io/docs/concepts/extend-kubernetes/operator/ (it reports on what it
controls); https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/
api-conventions.md#typical-status-properties (lastTransitionTime, observedGeneration).
"""

from eventstream.explain.world.pods import condition, phase
from eventstream.explain.world.text import parse
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image


def is_history(write: Write, began: Write | None, child: Write) -> bool:
    """Whether a child failed before its owner was asked for what it has to be, or came to be so.

    `began` asks that of the owner, if it does. A run that had ended by then is no answer; else the
    owner has to say that all is well, and of what goes on with a condition newer than the failure.
    """
    own, health = write.image.health, child.image.health
    over, well = _is_over(child.image), own is not None and own.state == "complete"
    if over and began is not None and began.log is write.log and not began.base:
        return child.order < began.order
    if own is None or not well:
        return False
    if over:
        said = _reported(write)
        return _is_listed(child) if _is_listed(said) else child.order < said.order
    since, failed = parse(own.since), parse(health.since) if health is not None else None
    return health is not None and health.state == "failed" and _before(failed, since)


def _reported(write: Write) -> Write:
    """The version by which its controller last said how it stands: labels alone say nothing."""
    log = write.log
    for index in range(log.position(write.order), -1, -1):
        found = log.writes[index]
        paths = [change.path for change in found.changes]
        if not paths or any(path.startswith("status") for path in paths):
            return found
    return write


def _is_listed(write: Write) -> bool:
    """Whether it was there when watching began: who came first then is not looked at."""
    return write.base and write.decision.draft is None


def _before(failed: float | None, since: float | None) -> bool:
    return bool(failed and since and failed < since)


def _is_over(image: Image) -> bool:
    """Whether it is a run that has failed and will not change by that."""
    if image.health is not None:
        return image.health.over and image.health.state == "failed"
    if image.kind == "Job":
        failed = condition(image, "Failed")
        return failed is not None and failed.status == "True"
    return phase(image) == "Failed"
