"""One notification a stall, one a recovery, none of a judgement that flaps; by rule and clock."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from eventstream.notifying import standing
from eventstream.notifying.clock import is_quiet
from eventstream.notifying.rules import On, Quiet, Rules, Silence
from eventstream.notifying.standing import Standing
from tests.notifying.traces import BEGAN, NIGHT, rule, rules, trace

Told = list[tuple[str, On, str]]


def told(watched: Standing, by: Rules, at: float) -> Told:
    """What is due, so many seconds after the beginning."""
    found = watched.due(by, BEGAN + at)
    return [(due.rule.name, due.on, due.trace.id) for due in found if due is not None]


def made(**states: float) -> Standing:
    watched = Standing(BEGAN)
    for state, at in states.items():
        watched.take(trace(state), BEGAN + at)
    return watched


def test_a_stall_is_told_once_after_its_time() -> None:
    watched, by = made(stalled=10.0), rules()
    assert told(watched, by, 69.9) == []
    assert told(watched, by, 70.0) == [("all", "stalled", "bad")]
    for at in (71.0, 500.0, 90_000.0):
        watched.take(trace(summary=f"at {at}"), BEGAN + at)
        assert told(watched, by, at) == []


def test_a_recovery_is_told_once_when_it_has_lasted() -> None:
    watched, by = made(stalled=0.0), rules()
    assert told(watched, by, 60.0) == [("all", "stalled", "bad")]
    watched.take(trace("running"), BEGAN + 100)
    assert told(watched, by, 159.0) == []
    assert told(watched, by, 160.0) == [("all", "recovered", "bad")]
    assert told(watched, by, 500.0) == []


@pytest.mark.parametrize("final", ["complete", "superseded", "unknown"])
def test_an_end_that_is_final_is_told_at_once(final: str) -> None:
    watched, by = made(stalled=0.0), rules()
    told(watched, by, 60.0)
    watched.take(trace(final), BEGAN + 100)
    assert told(watched, by, 100.0) == [("all", "recovered", "bad")]


def test_a_judgement_that_flaps_is_told_nobody() -> None:
    watched, by = Standing(BEGAN), rules()
    for turn in range(20):
        watched.take(trace("stalled"), BEGAN + turn * 60)
        assert told(watched, by, turn * 60 + 50.0) == []
        watched.take(trace("running"), BEGAN + turn * 60 + 55)
        assert told(watched, by, turn * 60 + 59.0) == []


def test_a_stall_that_was_told_and_flaps_is_told_no_second_time() -> None:
    watched, by = made(stalled=0.0), rules()
    assert len(told(watched, by, 60.0)) == 1
    for turn in range(2, 20):
        watched.take(trace("running"), BEGAN + turn * 60)
        watched.take(trace("stalled"), BEGAN + turn * 60 + 40)
        assert told(watched, by, turn * 60 + 59.0) == []
    watched.take(trace("complete"), BEGAN + 2000)
    assert told(watched, by, 2000.0) == [("all", "recovered", "bad")]


def test_who_wants_only_recoveries_is_told_those_of_stalls_that_lasted() -> None:
    by = rules(rule(events=("recovered",)))
    watched = made(stalled=0.0)
    assert told(watched, by, 60.0) == []
    watched.take(trace("complete"), BEGAN + 61)
    assert told(watched, by, 61.0) == [("all", "recovered", "bad")]
    short = made(stalled=0.0, complete=30.0)
    assert told(short, by, 100.0) == []


@pytest.mark.parametrize(
    ("selected", "meant"),
    [
        ({"namespaces": ("dev",)}, True),
        ({"namespaces": ("de*",)}, True),
        ({"namespaces": ("prod", "shop-*")}, False),
        ({"kinds": ("Deployment",)}, True),
        ({"kinds": ("Deployment.apps",)}, True),
        ({"kinds": ("Deployment.other",)}, False),
        ({"names": ("bad",)}, True),
        ({"diagnoses": ("image-not-found",)}, True),
        ({"diagnoses": ("crash-loop",)}, False),
        ({"namespaces": ("dev",), "diagnoses": ("crash-loop",)}, False),
    ],
)
def test_a_rule_is_of_the_traces_that_it_selects(selected: dict[str, Any], meant: bool) -> None:
    watched = made(stalled=0.0)
    assert bool(told(watched, rules(rule(**selected)), 60.0)) is meant


def test_each_rule_has_its_own_time_and_is_told_by_itself() -> None:
    watched = made(stalled=0.0)
    by = rules(rule("soon", after="10s"), rule("late", after="2m"))
    assert told(watched, by, 10.0) == [("soon", "stalled", "bad")]
    assert told(watched, by, 120.0) == [("late", "stalled", "bad")]


def test_what_is_in_the_background_is_told_nobody() -> None:
    watched = Standing(BEGAN)
    watched.take(trace(background=True), BEGAN)
    assert told(watched, rules(), 600.0) == []


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("quiet", "moment", "within"),
    [
        (NIGHT, "2026-11-29T20:59", False),  # 21:59 in Berlin, in winter.
        (NIGHT, "2026-11-29T21:00", True),
        (NIGHT, "2026-11-30T05:59", True),
        (NIGHT, "2026-11-30T06:00", False),
        (NIGHT, "2026-07-01T20:00", True),  # 22:00 there, in summer.
        (NIGHT, "2026-07-01T05:00", False),
        (Quiet("UTC", days=("sat", "sun")), "2026-11-28T12:00", True),
        (Quiet("UTC", days=("sat", "sun")), "2026-11-30T00:00", False),
        (Quiet("UTC", "22:00", "06:00", ("fri",)), "2026-11-28T05:00", True),
        (Quiet("UTC", "22:00", "06:00", ("fri",)), "2026-11-28T23:00", False),
        (Quiet("UTC", "12:00", "13:00"), "2026-11-28T12:30", True),
        (Quiet("Asia/Kolkata", "00:00", "01:00"), "2026-11-28T18:45", True),
    ],
)
def test_quiet_hours_are_by_the_clock_of_their_zone(
    quiet: Quiet, moment: str, within: bool
) -> None:
    assert is_quiet(quiet, at(moment)) is within


def test_what_still_stands_when_quiet_hours_end_is_told_then() -> None:
    evening = at("2026-11-29T22:00") - BEGAN
    watched, by = made(stalled=evening), rules(rule(quiet=(NIGHT,)))
    assert told(watched, by, evening + 3600) == []
    assert told(watched, by, at("2026-11-30T06:00:01") - BEGAN) == [("all", "stalled", "bad")]
    gone = made(stalled=evening, complete=evening + 100)
    assert told(gone, by, at("2026-11-30T06:00:01") - BEGAN) == []


def test_a_silence_holds_what_it_selects_until_its_end() -> None:
    until = datetime.fromtimestamp(BEGAN + 600, UTC)
    by = rules(silences=(Silence(namespaces=("dev",), until=until),))
    other = rules(silences=(Silence(namespaces=("shop",), until=until),))
    assert told(made(stalled=0.0), other, 60.0) == [("all", "stalled", "bad")]
    watched = made(stalled=0.0)
    assert told(watched, by, 599.0) == []
    assert told(watched, by, 600.0) == [("all", "stalled", "bad")]


def test_watched_kinds_are_told_once_when_they_begin_and_once_when_they_are_done() -> None:
    by = rules(rule(events=("begun", "complete"), kinds=("Deployment",)))
    watched = Standing(BEGAN)
    watched.take(trace("running", title="deploy"), BEGAN + 1)
    assert told(watched, by, 1.5) == []
    watched.take(trace("running", title="deployment/bad"), BEGAN + 2)
    (due,) = watched.due(by, BEGAN + 3.5)
    assert due is not None
    assert (due.on, due.trace.title) == ("begun", "deployment/bad")
    watched.take(trace("complete"), BEGAN + 10)
    assert told(watched, by, 11.0) == []
    watched.take(trace("complete", settled=True), BEGAN + 40)
    assert told(watched, by, 41.0) == [("all", "complete", "bad")]
    assert told(watched, by, 99.0) == []


def test_what_began_before_or_was_there_already_is_no_beginning() -> None:
    by = rules(rule(events=("begun", "complete")))
    watched = Standing(BEGAN + 100)
    watched.take(trace("complete", settled=True), BEGAN + 100)
    watched.take(trace("complete", "old", existing=True, settled=True), BEGAN + 100)
    assert told(watched, by, 200.0) == []


def test_an_heir_tells_no_stall_again_and_tells_its_end() -> None:
    first, by = made(stalled=0.0), rules()
    told(first, by, 60.0)
    kept = msgspec.json.decode(
        msgspec.json.encode(first.told()), type=dict[str, tuple[float, list[str]]]
    )
    heir = Standing(BEGAN + 100, kept)
    heir.take(trace(), BEGAN + 100)
    assert told(heir, by, 500.0) == []
    assert heir.told() == kept
    heir.take(trace("complete"), BEGAN + 600)
    assert told(heir, by, 600.0) == [("all", "recovered", "bad")]
    assert heir.told() == {}


def test_a_trace_that_is_no_more_is_forgotten() -> None:
    watched = made(stalled=0.0)
    watched.remove("bad")
    assert told(watched, rules(), 600.0) == []


def test_no_more_are_followed_than_may_be_and_that_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(standing, "STANDING_MOST", 3)
    watched = Standing(BEGAN)
    for number in range(5):
        watched.take(trace(id_=f"t{number}"), BEGAN)
    assert len(told(watched, rules(), 60.0)) == 3
    assert watched.left_out == 2


def test_many_are_looked_through_a_part_at_a_time_and_once_asked_not_again() -> None:
    by = rules(*(rule(f"rule {n}", names=("other",)) for n in range(100)))
    watched = Standing(BEGAN)
    for number in range(50):
        watched.take(trace(id_=f"t{number}"), BEGAN)
    first = list(watched.due(by, BEGAN + 60))
    assert len(first) >= 50 * 100 // standing.PAUSED_AFTER
    assert set(first) == {None}
    assert list(watched.due(by, BEGAN + 61)) == []


def test_rules_that_changed_are_asked_anew_and_so_is_a_trace_that_changed() -> None:
    watched = made(stalled=0.0)
    assert told(watched, rules(rule(names=("other",))), 60.0) == []
    assert told(watched, rules(rule(names=("bad",))), 60.0) == [("all", "stalled", "bad")]
    by = rules(rule(diagnoses=("crash-loop",)))
    other = made(stalled=0.0)
    assert told(other, by, 60.0) == []
    other.take(trace(diagnosis="crash-loop"), BEGAN + 61)
    assert told(other, by, 61.0) == [("all", "stalled", "bad")]


def test_a_rule_that_waits_longer_counts_from_the_last_break() -> None:
    watched = made(stalled=0.0)
    by = rules(rule("soon", after="10s"), rule("late", after="5m"))
    assert told(watched, by, 10.0) == [("soon", "stalled", "bad")]
    watched.take(trace("running"), BEGAN + 200)
    watched.take(trace("stalled"), BEGAN + 205)
    assert told(watched, by, 310.0) == []
    assert told(watched, by, 505.0) == [("late", "stalled", "bad")]


def test_a_rule_that_told_the_end_waits_again_before_it_tells_the_next() -> None:
    watched = made(stalled=0.0)
    by = rules(rule("soon", after="10s"), rule("late", after="5m"))
    assert len(told(watched, by, 300.0)) == 2
    watched.take(trace("running"), BEGAN + 400)
    assert told(watched, by, 410.0) == [("soon", "recovered", "bad")]
    watched.take(trace("stalled"), BEGAN + 420)
    assert told(watched, by, 429.0) == []
    assert told(watched, by, 430.0) == [("soon", "stalled", "bad")]
