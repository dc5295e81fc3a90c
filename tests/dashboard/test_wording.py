"""Times, names and values read the same everywhere, and hide nothing but what is hidden."""

import pytest

from dashboard import wording
from dashboard.actors import named
from eventstream.explain.vocabulary.records import Usual


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0 ms"), (0.0144, "14 ms"), (0.9996, "1.0 s"), (4.24, "4.2 s"), (59.97, "1 min"),
        (125, "2 min 5 s"), (3599, "59 min 59 s"), (3600, "1 h"), (7500, "2 h 5 min"),
        (86_400, "1 d"), (100_000, "1 d 3 h"),
    ],
)  # fmt: skip
def test_durations_have_two_units_at_most(seconds: float, words: str) -> None:
    assert wording.duration(seconds) == words


@pytest.mark.parametrize(
    ("seen", "median", "p95", "words"),
    [
        (0, None, None, "Not seen here before; counts as unusual after 30 s, Baton's default"),
        (
            7, 0.4, 1.2,
            "Usually 400 ms, the median of 7 seen here; unusual after 30 s, Baton's default",
        ),
        (37, 0.4, 1.2, "Usually 400 ms, 95 % within 1.2 s, of 37 seen here; unusual after 30 s"),
    ],
)  # fmt: skip
def test_what_is_usual_says_what_it_rests_on(
    seen: int, median: float | None, p95: float | None, words: str
) -> None:
    wait = Usual("scheduler/bind", "scheduler", "", seen, median, p95, 30.0, stated=seen < 20)
    assert wording.usual(wait) == words


def test_a_time_of_an_object_reads_as_all_times_do() -> None:
    assert wording.stamp("2026-11-23T00:07:01Z") == "2026-11-23 00:07:01 UTC"
    assert wording.stamp("2026-11-23T00:07:01.823456Z") == "2026-11-23 00:07:01 UTC"
    assert wording.stamp("soon\u202e") == "soon\\u202e"


def test_an_offset_is_no_more_exact_than_its_clock() -> None:
    assert wording.offset(0.014) == "+14 ms"
    assert wording.offset(-0.014) == "\N{MINUS SIGN}14 ms"
    assert wording.offset(2.4, precision_ms=1000) == "+2 s"


def test_characters_that_reorder_or_hide_text_are_written_out() -> None:
    assert wording.visible("a\u202eb\u200bc\x07\n") == "a\\u202eb\\u200bc\\u0007\n"


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "absent"), ('"a"', "a"), ('""', '""'), ("3", "3"), ("{broken", "{broken")],
)
def test_values_read_as_what_they_are(value: str | None, words: str) -> None:
    assert wording.field_value(value, hidden=False) == words


def test_a_name_is_told_only_where_it_adds_something() -> None:
    assert named("client", "kubectl-create") == "client (kubectl-create)"
    assert named("kubelet", "node-3") == "kubelet node-3"
    assert named("scheduler", "default-scheduler") == "scheduler"


@pytest.mark.parametrize(
    "at", [1e15, -1e15, 1e300, float("inf"), float("-inf"), float("nan"), -1.0]
)
def test_a_time_that_no_calendar_has_is_told_and_not_failed_on(at: float) -> None:
    told = [wording.moment(at), wording.machine_time(at), wording.for_input(at)]
    told += [wording.duration(at), wording.ago(at), wording.until(at), wording.offset(at)]
    assert all(isinstance(each, str) for each in told)
