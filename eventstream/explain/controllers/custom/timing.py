"""Since when a custom resource says what it says, and whose turn it is since when.

And what failed below it before it said that all is well, and is over by that: a schedule keeps the
runs that failed, a canary its analyses, a service its earlier revisions. By its own word it is as
asked for, and its controller knew of them when it said so.
Sources: https://kubernetes.io/docs/concepts/extend-kubernetes/operator/ (it reports on what it
controls); https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/
api-conventions.md#typical-status-properties (lastTransitionTime, observedGeneration).
"""

from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.registry import is_a
from eventstream.explain.world.pods import condition, is_ready, phase
from eventstream.explain.world.text import parse, when
from eventstream.explain.world.writes import Write
from eventstream.objects.health.records import Health
from eventstream.objects.images import Image
from eventstream.objects.managed_fields import desired_at, reported_at


def since_when(write: Write, health: Health, asked: float) -> float:
    """Since when it stands as it does, and no earlier than it was asked."""
    return max(parse(health.since) or _said_at(write), asked)


def _said_at(write: Write) -> float:
    """When its status was last written, of what was there before Baton watched."""
    if not write.base:
        return when(write)
    return _newest(reported_at(write.image.metadata)) or when(write)


def is_newer_than_reports(write: Write) -> bool:
    """Whether what was there before Baton watched was changed since anybody reported on it."""
    if not write.base:
        return False
    metadata = write.image.metadata
    asked, said = _newest(desired_at(metadata)), _newest(reported_at(metadata))
    return 0.0 < said < asked


def is_reported_since(write: Write) -> bool:
    """Whether by its managedFields somebody reported on it since what it has to be was changed."""
    metadata = write.image.metadata
    return 0.0 < _newest(desired_at(metadata)) < _newest(reported_at(metadata))


def _newest(times: list[str]) -> float:
    return max((at for text in times if (at := parse(text)) is not None), default=0.0)


def moved(write: Write, health: Health) -> float:
    """When work last got on: it said something else then; 0 where it was found saying this."""
    log = write.log
    newest = log.position(write.order)
    for index in range(newest, max(newest - _VERSIONS, 0), -1):
        before = log.writes[index - 1].image.health
        if before is None or _words(before) != _words(health):
            return when(log.writes[index])
    return 0.0


_VERSIONS = 50
"""Versions of an object in which is looked for what it said before."""


def _words(health: Health) -> tuple[str, ...]:
    return health.by, health.reason, health.message


_DEEP = 4
"""Levels below a custom resource on which it may wait."""


def reached(snapshot: Snapshot, write: Write, deep: int = _DEEP) -> float:
    """When the last of the objects below it came to be as it is now; 0 where none did.

    Until then it waited for them, and only since then is it its own controller's turn.
    """
    if not deep:
        return 0.0
    below = snapshot.children(write.log)
    times = (max(_so_since(child), reached(snapshot, child, deep - 1)) for child in below)
    return max(times, default=0.0)


def _so_since(child: Write) -> float:
    """Since when an object stands as it does; what only reports on and on does not turn by that."""
    log, since, stands = child.log, when(child), _standing(child.image)
    for index in range(log.position(child.order) - 1, -1, -1):
        if _standing(log.writes[index].image) != stands:
            break
        since = when(log.writes[index])
    return since


def _standing(image: Image) -> tuple[object, ...]:
    health = image.health
    ready = getattr(image.status, "available_replicas", None)
    return health.state if health is not None else None, is_ready(image), ready


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
    if is_a(image, kinds.JOB):
        failed = condition(image, "Failed")
        return failed is not None and failed.status == "True"
    return phase(image) == "Failed"
