"""Since when a custom resource says what it says, and when the work that it tells of last got on.

Source: https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/
api-conventions.md#typical-status-properties (lastTransitionTime).
"""

from eventstream.explain.world.text import parse, when
from eventstream.explain.world.writes import Write
from eventstream.objects.health.records import Health
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
