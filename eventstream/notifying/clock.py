"""Quiet hours, durations and zones as a file of rules writes them."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from eventstream.expressions import expression
from eventstream.notifying.rules import DAYS, Quiet

_DURATION = expression(r"([0-9]{1,6})(s|m|h)")
_CLOCK = expression(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


@lru_cache(maxsize=256)
def seconds(text: str) -> float:
    """Return how many seconds `90s`, `5m` or `1h` are; raises ValueError."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:20]!r} is no duration; write 90s, 5m or 1h")
    return int(found[1]) * _SECONDS[found[2]]


def minutes(text: str) -> int:
    """Return the minute of the day that `HH:MM` is; raises ValueError."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:20]!r} is no time of day; write it as 22:00, in quotes")
    return int(found[1]) * 60 + int(found[2])


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """Return a time zone by its name in the IANA database; raises ValueError."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(
            f"{name[:40]!r} is no time zone that is known here; write one such as Europe/Berlin"
        ) from error


def is_quiet(quiet: Quiet, now: float) -> bool:
    """Whether `now` (unix seconds) is within quiet hours."""
    local = datetime.fromtimestamp(now, UTC).astimezone(zone(quiet.zone))
    begin, end = minutes(quiet.begin), minutes(quiet.end)
    minute = local.hour * 60 + local.minute
    today = DAYS[local.weekday()] in quiet.days
    if begin < end:
        return today and begin <= minute < end
    yesterday = DAYS[(local - timedelta(days=1)).weekday()] in quiet.days
    if begin == end == 0:
        return today
    return (today and minute >= begin) or (yesterday and minute < end)
