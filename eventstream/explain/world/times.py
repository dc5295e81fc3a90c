"""Reads Kubernetes timestamps: for what was there before, its own times are the only ones."""

from datetime import datetime

from eventstream.explain.world.writes import Write
from eventstream.objects.numbers import is_time


def parse(text: str | None) -> float | None:
    """RFC 3339 as unix seconds; None for what is no time, or none that a cluster can mean."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    at = moment.timestamp()
    return at if is_time(at) else None


def when(write: Write) -> float:
    """When a version came about: its arrival, or for a base the newest time that it tells."""
    if not write.base or write.decision.draft is not None:
        return write.change.at
    if write.told_at is None:
        write.told_at = _told(write)
    return write.told_at


def _told(write: Write) -> float:
    metadata = write.image.metadata
    told = [metadata.creation_timestamp]
    conditions = getattr(write.image.status, "conditions", ())
    told.extend(condition.last_transition_time for condition in conditions)
    times = [at for text in told if (at := parse(text)) is not None]
    asked = parse(metadata.deletion_timestamp)
    if asked is not None:  # The timestamp is when the grace period ends, not when it was asked.
        since = asked - (metadata.deletion_grace_period_seconds or 0)
        times.append(since if is_time(since) else asked)
    return max(times, default=write.change.at)
