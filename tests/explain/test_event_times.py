"""When an Event first happened: the finest time that its reporter tells, and no finer."""

import pytest

from eventstream.explain.world.notes import first_told
from eventstream.objects.cluster_kinds import EventFacts

SECOND, IN_IT, NEXT = "2026-11-23T00:07:37Z", 1795392457.742782, "2026-11-23T00:07:38Z"
NAME = f"web-1.{round(IN_IT * 1e9):x}"


@pytest.mark.parametrize(
    ("name", "times", "told"),
    [
        (NAME, {"first_timestamp": SECOND}, (pytest.approx(IN_IT), 1)),
        (NAME, {"first_timestamp": NEXT}, (1795392458.0, 1000)),
        ("web-1.once", {"first_timestamp": SECOND}, (1795392457.0, 1000)),
        ("18ea83ed8c2c8eb2", {}, None),
        (
            NAME,
            {"event_time": "2026-11-23T00:07:37.313878Z"},
            (pytest.approx(1795392457.313878), 1),
        ),
        (NAME, {"first_timestamp": "soon"}, None),
    ],
    ids=["named in it", "named elsewhere", "named otherwise", "untold", "exact", "no time"],
)
def test_the_name_makes_a_timestamp_finer_only_where_both_agree(
    name: str, times: dict[str, str], told: object
) -> None:
    assert first_told(name, EventFacts(**times)) == told  # type: ignore[arg-type]
