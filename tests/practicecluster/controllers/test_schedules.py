"""A CronJob's schedule, in its time zone, as the library that Kubernetes uses reads it."""

from datetime import UTC, datetime

import pytest

from practicecluster.controllers.schedules import ScheduleError, next_after

AT = datetime(2026, 3, 1, 12, 34, 56, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("schedule", "zone", "due"),
    [
        ("* * * * *", "", "2026-03-01T12:35:00"),
        ("*/20 9-17 * * MON-FRI", "", "2026-03-02T09:00:00"),
        ("0 0 29 2 ?", "", "2028-02-29T00:00:00"),
        ("@hourly", "", "2026-03-01T13:00:00"),
        ("@every 1h30m", "", "2026-03-01T14:04:56"),
        ("30 8 * * *", "America/New_York", "2026-03-01T13:30:00"),
    ],
)
def test_it_is_due_when_it_says(schedule: str, zone: str, due: str) -> None:
    found = datetime.fromtimestamp(next_after(schedule, AT, zone), UTC)
    assert found.replace(tzinfo=None).isoformat() == due


@pytest.mark.parametrize(
    ("schedule", "zone"),
    [("61 * * * *", ""), ("@often", ""), ("@every soon", ""), ("* * * * *", "Mars/Base")],
)
def test_what_is_none_is_told(schedule: str, zone: str) -> None:
    with pytest.raises(ScheduleError, match=r"schedule|duration|zone"):
        next_after(schedule, AT, zone)
