"""Says when the request behind a version must have been under way, by what the version tells.

The server's own timestamps (whole seconds) were taken within the request. Arrival only bounds it.
So nothing on one side of a pause belongs to anything on the other, and what waits may be cut there.
"""

import math
from functools import lru_cache
from typing import NamedTuple

from eventstream.explain.world.claims import Writer
from eventstream.explain.world.times import parse
from eventstream.explain.world.writes import Write

EARLY = 1.0
"""Seconds by which our clock may be behind the API server's."""

LATE = 5.0
"""Seconds after the answer within which a version is taken to arrive."""

PROMPT = 0.25
"""Seconds after the answer within which a version arrives where nothing is slow."""


class Window(NamedTuple):
    """A request fits that was answered at `low` or later, and received at `high` or before."""

    low: float
    high: float


def window(write: Write, signer: Writer | None, *, deletes: bool) -> Window:
    """The window of a version that `signer` wrote, where managedFields must tell that."""
    arrival = Window(write.change.at - LATE, write.change.at + EARLY)
    if deletes:
        return arrival if _was_marked(write) else _within(arrival, _asked(write))
    if write.change.type == "ADDED":
        arrival = _within(arrival, _second(write.image.metadata.creation_timestamp))
    if signer is None or _had_time(write, signer):
        return arrival
    return _within(arrival, _second(signer.time))


_second = lru_cache(maxsize=1024)(parse)
"""Many versions tell the same second."""


def _within(found: Window, second: float | None) -> Window:
    """The same for a request within which the server's clock showed this whole second."""
    if second is None:
        return found
    low, high = found
    last = math.nextafter(math.floor(second) + 1.0, -math.inf)
    return Window(max(low, second), min(high, last))


def _was_marked(write: Write) -> bool:
    before = write.before
    return write.gone or (before is not None and bool(before.metadata.deletion_timestamp))


def _asked(write: Write) -> float | None:
    """When the deletion was asked for: the timestamp is when the grace period ends."""
    ends = parse(write.image.metadata.deletion_timestamp)
    grace = write.image.metadata.deletion_grace_period_seconds or 0
    return ends - grace if ends is not None else None


def _had_time(write: Write, who: Writer) -> bool:
    """Whether the entry only kept its time: a write may move an entry's fields and leave that."""
    before = write.before.metadata.managed_fields if write.before else ()
    return any(entry.manager == who.manager and entry.time == who.time for entry in before)


def quiet(times: list[float], before: float, most: int) -> float | None:
    """A time up to which all may be let go: in a pause, unless there is too much for that.

    All is in unix seconds; without a pause, half of more than `most` goes in any case.
    """
    times.sort()
    since = None
    for index, at in enumerate(times):
        if at >= before:
            break
        following = times[index + 1] if index + 1 < len(times) else before
        if following - at > EARLY + LATE:
            since = min(following, before)
    if since is None and len(times) > most:
        return times[len(times) // 2]
    return since
