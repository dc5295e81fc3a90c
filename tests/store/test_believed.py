"""Retention takes no single look at the clock for the time; the rule is that of `believed`."""

import pytest

from eventstream.believed import LASTS, BelievedTime
from eventstream.models import MomentRow, StepRow, TraceRow
from eventstream.retention import DAY, MEBIBYTE, Limits, Retention
from tests.store.samples import put_step, put_trace, store

TEN_YEARS = 3650 * DAY
START = 1000 * DAY


class Machine:
    """A clock on the wall that may be wrong by `wrong`, and an uptime that can't."""

    def __init__(self) -> None:
        self.at, self.wrong, self.booted = START, 0.0, START

    def wall(self) -> float:
        return self.at + self.wrong

    def uptime(self) -> float:
        return self.at - self.booted

    def retention(self) -> Retention:
        return Retention(Limits(7 * DAY, 512 * MEBIBYTE), self.wall, self.uptime)

    def run(self, keeper: Retention, seconds: float) -> None:
        """Let time go on, and sweep now and then."""
        end, apart = self.at + seconds, min(seconds / 20, 3600.0)
        while self.at < end:
            self.at += apart
            while keeper.due() and keeper.sweep():
                pass


@pytest.fixture
def machine() -> Machine:
    return Machine()


def write(name: str) -> None:
    store(put_trace(name, settled=True), put_step(name, name))


def kept() -> set[str]:
    assert StepRow.objects.count() == TraceRow.objects.count()
    return set(TraceRow.objects.values_list("id", flat=True))


def test_a_clock_that_jumped_ahead_for_a_while_deletes_nothing(machine: Machine) -> None:
    keeper = machine.retention()
    machine.run(keeper, 60)
    write("before")
    machine.wrong = TEN_YEARS
    machine.run(keeper, 300)
    write("meanwhile")
    machine.wrong = 0.0
    machine.run(keeper, DAY)
    assert kept() == {"before", "meanwhile"}
    machine.run(keeper, 6.5 * DAY)
    assert kept() == set(), "both are a week old, by whatever clock they were written"


def test_a_clock_that_stays_ahead_is_believed_after_an_hour_and_said_before(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    keeper = machine.retention()
    write("before")
    machine.run(keeper, 120)
    machine.wrong = 8 * DAY
    machine.run(keeper, LASTS - 240)
    assert kept() == {"before"}
    assert caplog.text.count("The clock is 8.0 days ahead") == 1
    machine.run(keeper, LASTS + 240)
    assert kept() == set()


def test_a_clock_that_is_ahead_again_and_again_is_not_believed(machine: Machine) -> None:
    keeper = machine.retention()
    write("before")
    for _ in range(10):
        machine.wrong = TEN_YEARS
        machine.run(keeper, LASTS / 2)
        machine.wrong = 0.0
        machine.run(keeper, LASTS / 4)
    assert kept() == {"before"}


def test_a_clock_that_jumped_back_makes_nothing_old_and_stops_nothing(machine: Machine) -> None:
    keeper = machine.retention()
    write("before")
    machine.run(keeper, 60)
    machine.wrong = -TEN_YEARS
    machine.run(keeper, DAY)
    write("meanwhile")
    machine.run(keeper, 60)
    machine.wrong = 0.0
    machine.run(keeper, 5 * DAY)
    assert kept() == {"before", "meanwhile"}
    machine.wrong = -TEN_YEARS
    machine.run(keeper, 1.5 * DAY)
    assert kept() == {"meanwhile"}, "a week goes by whatever the clock says"


@pytest.mark.parametrize("wrong", [TEN_YEARS, -TEN_YEARS])
def test_a_restart_with_a_wrong_clock_deletes_nothing(machine: Machine, wrong: float) -> None:
    write("before")
    machine.run(machine.retention(), 60)
    machine.booted, machine.wrong = machine.at, wrong
    machine.run(machine.retention(), LASTS / 2)
    assert kept() == {"before"}
    machine.wrong = 0.0
    keeper = machine.retention()
    machine.run(keeper, 6 * DAY)
    assert kept() == {"before"}
    machine.run(keeper, 1.5 * DAY)
    assert kept() == set()


def test_the_time_between_two_runs_counts_once_the_clock_stood_by_it(machine: Machine) -> None:
    write("before")
    machine.run(machine.retention(), 60)
    machine.at += 8 * DAY
    machine.booted = machine.at
    keeper = machine.retention()
    machine.run(keeper, LASTS / 2)
    assert kept() == {"before"}
    machine.run(keeper, LASTS)
    assert kept() == set()


def test_a_suspend_counts_at_once_where_the_uptime_has_it_and_else_after_an_hour() -> None:
    counted = BelievedTime(None, START, 0.0)
    assert counted.now(START + 9 * DAY, 9 * DAY) == START + 9 * DAY
    jumped = BelievedTime(None, START, 0.0)
    assert jumped.now(START + 9 * DAY + 60, 60.0) == START + 60
    assert jumped.now(START + 9 * DAY + LASTS, LASTS) == START + LASTS
    assert jumped.now(START + 9 * DAY + 2 * LASTS, 2 * LASTS) == START + 9 * DAY + 2 * LASTS


def test_moments_are_few(machine: Machine) -> None:
    keeper = machine.retention()
    for turn in range(4 * 9):
        write(f"t{turn}")
        machine.run(keeper, DAY / 4)
    assert 7 * 4 <= MomentRow.objects.count() <= 7 * 4 + 2
