"""Ages as kubectl shows them: at most two units, coarser the longer ago.

After https://github.com/kubernetes/apimachinery/blob/master/pkg/util/duration/duration.go
"""

from datetime import datetime

_MINUTE, _HOUR, _DAY, _YEAR = 60, 3_600, 86_400, 31_536_000


def age(timestamp: str | None, now: float) -> str:
    """Return how long before `now` (unix seconds) an RFC 3339 time was."""
    if not timestamp:
        return "<unknown>"
    return duration(now - datetime.fromisoformat(timestamp).timestamp())


def duration(seconds: float) -> str:
    """Return a length of time in kubectl's short form."""
    whole = int(seconds)
    if whole < -1:
        return "<invalid>"
    if whole < 0:
        return "0s"
    for upper, unit, part_unit, letters in (
        (2 * _MINUTE, 1, 1, "s"),
        (10 * _MINUTE, _MINUTE, 1, "ms"),
        (3 * _HOUR, _MINUTE, _MINUTE, "m"),
        (8 * _HOUR, _HOUR, _MINUTE, "hm"),
        (2 * _DAY, _HOUR, _HOUR, "h"),
        (8 * _DAY, _DAY, _HOUR, "dh"),
        (2 * _YEAR, _DAY, _DAY, "d"),
        (8 * _YEAR, _YEAR, _DAY, "yd"),
    ):
        if whole < upper:
            return _two_units(whole, unit, part_unit, letters)
    return f"{whole // _YEAR}y"


def _two_units(whole: int, unit: int, part_unit: int, letters: str) -> str:
    text = f"{whole // unit}{letters[0]}"
    part = whole % unit // part_unit
    return f"{text}{part}{letters[1]}" if len(letters) > 1 and part else text
