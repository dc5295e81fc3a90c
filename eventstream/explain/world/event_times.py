"""Says when what an Event tells of happened first, as exactly as its reporter says it.

An Event's timestamps are whole seconds, which is too coarse to see where the time of a Pod's start
went. But the recorder names each Event by the nanosecond at which it made it, from the same
reading of its clock; that finer time is used where it agrees with the timestamp, and only there.

Source: staging/src/k8s.io/client-go/tools/record/event.go, makeEvent, and its util's
GenerateEventName.
"""

from functools import lru_cache

from eventstream.explain.world.times import parse
from eventstream.objects.cluster_kinds import EventFacts

SECOND_MS = 1000
_LONGEST = 16
"""Hexadecimal digits of 64 bits."""


def first_told(name: str, facts: EventFacts) -> tuple[float, int] | None:
    """Unix seconds on the reporter's own clock and their precision in ms; None where untold."""
    return _first(name, facts.event_time, facts.first_timestamp)


def last_told(facts: EventFacts) -> float | None:
    """Unix seconds at which it last happened, by the reporter's clock; None where untold."""
    series = facts.series.last_observed_time if facts.series is not None else None
    for text in (series, facts.last_timestamp, facts.event_time, facts.first_timestamp):
        at = parse(text)
        if at is not None:
            return at
    return None


@lru_cache(maxsize=4096)  # A decision is made again whenever another Event of its Pod arrives.
def _first(name: str, event_time: str | None, first: str | None) -> tuple[float, int] | None:
    exact = parse(event_time)
    if exact is not None:
        return exact, 1
    second = parse(first)
    if second is None:
        return None
    named = _nanoseconds(name)
    return (named, 1) if named is not None and second <= named < second + 1 else (second, SECOND_MS)


def _nanoseconds(name: str) -> float | None:
    """The time that an Event's name ends with, in unix seconds; None where it ends otherwise."""
    suffix = name.rpartition(".")[2]
    if len(suffix) > _LONGEST:
        return None
    try:
        return int(suffix, 16) / 1e9
    except ValueError:
        return None
