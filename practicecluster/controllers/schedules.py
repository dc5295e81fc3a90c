"""When a CronJob is due: the schedules of the library that Kubernetes uses, in any time zone.

Source: https://pkg.go.dev/github.com/robfig/cron/v3#hdr-CRON_Expression_Format
"""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

_NAMED = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0}
_PART = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)([hms])")
_EVERY = "@every "


class ScheduleError(ValueError):
    """A text that is no schedule, or a time zone that nobody knows; the message says which."""


def next_after(schedule: str, at: float, zone: str = "") -> float:
    """Return when a schedule is next due after a time, both in unix seconds.

    Raises ScheduleError for a schedule or a zone that there is not.
    """
    text = _NAMED.get(schedule.strip(), schedule.strip())
    if text.startswith(_EVERY):
        return at + _every(text.removeprefix(_EVERY))
    try:
        place = ZoneInfo(zone) if zone else UTC
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ScheduleError(f"unknown time zone {zone}") from error
    try:
        found = next(CronSim(text.replace("?", "*"), datetime.fromtimestamp(at, place)))
    except (CronSimError, StopIteration) as error:
        raise ScheduleError(f"{schedule!r} is no schedule") from error
    return found.timestamp()


def _every(text: str) -> float:
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ScheduleError(f"failed to parse duration {text!r}")
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    return max(seconds, timedelta(seconds=1).total_seconds())
