"""A loop that is held is noticed, counted and told of once, with its place; a stuck one fails."""

import asyncio
import logging
import threading
from collections.abc import Callable

import pytest

from eventstream import pulse
from eventstream.pulse import Holds, Pulse, place_of

STUCK = round(pulse.STUCK_SECONDS / pulse.LOOK_SECONDS)


class Watched:
    """A pulse whose seconds pass by being told to, and the thread that looks at it."""

    def __init__(self, place: Callable[[], str] = lambda: "somewhere") -> None:
        self.now = self.starved = 0.0
        self.pulse = Pulse(place, lambda: self.now, lambda: self.starved)

    def held(self, seconds: float, *, looks: bool = True) -> None:
        """Pass so many seconds without a beat, watched or not, and then one beat and look."""
        for _ in range(round(seconds / pulse.LOOK_SECONDS)):
            self.now += pulse.LOOK_SECONDS
            if looks:
                self.pulse.look()
        self.beaten()

    def beaten(self) -> None:
        self.pulse.beat()
        self.pulse.look()


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_a_hold_is_told_once_at_its_end_with_its_length_and_place(
    caplog: pytest.LogCaptureFixture,
) -> None:
    places = iter(["where it is held", "elsewhere"])
    watched = Watched(lambda: next(places))
    watched.held(2.0)
    watched.beaten()
    assert watched.pulse.holds == Holds(1, 2.0)
    (line,) = told(caplog)
    assert "held for 2.0 s" in line
    assert line.endswith("where it is held")


def test_a_hold_of_all_threads_is_told_too(caplog: pytest.LogCaptureFixture) -> None:
    watched = Watched()
    watched.held(3.0, looks=False)
    assert watched.pulse.holds == Holds(1, 3.0)
    assert "one call held the interpreter" in told(caplog)[0]


def test_what_is_shorter_is_no_hold(caplog: pytest.LogCaptureFixture) -> None:
    watched = Watched()
    for _ in range(5):
        watched.held(pulse.HELD_SECONDS - pulse.LOOK_SECONDS)
    assert (watched.pulse.holds, told(caplog)) == (Holds(), [])


def test_waiting_for_a_processor_is_no_hold(caplog: pytest.LogCaptureFixture) -> None:
    watched = Watched()
    watched.starved = 2.5
    watched.held(3.0)
    assert (watched.pulse.holds, told(caplog)) == (Holds(), [])


def test_the_longest_is_kept() -> None:
    watched = Watched()
    for seconds in (1.0, 5.0, 2.0):
        watched.held(seconds)
    assert watched.pulse.holds == Holds(3, 5.0)


def test_one_that_is_stuck_is_told_while_it_is_and_is_well_again_after(
    caplog: pytest.LogCaptureFixture,
) -> None:
    watched = Watched(lambda: "for ever")
    for _ in range(STUCK - 1):
        watched.pulse.look()
    assert watched.pulse.stuck == ""
    for _ in range(9):
        watched.pulse.look()
    assert "held for 62 s" in watched.pulse.stuck
    (record,) = caplog.records
    assert record.levelno == logging.CRITICAL
    assert "for ever" in record.getMessage()
    watched.beaten()
    assert watched.pulse.stuck == ""


def test_a_machine_that_stood_still_does_not_make_the_loop_look_stuck() -> None:
    watched = Watched()
    watched.now += 10 * pulse.STUCK_SECONDS
    watched.pulse.look()
    assert watched.pulse.stuck == ""


def test_the_place_is_that_of_the_thread_and_no_longer_than_the_bound() -> None:
    def deeper(levels: int) -> str:
        return deeper(levels - 1) if levels else place_of(threading.get_ident())

    told = deeper(100)
    assert told.count("File ") <= pulse.FRAMES_MOST + 1
    assert "in place_of" in told
    assert place_of(-1) == ""


def test_the_holds_of_the_process_are_those_of_the_loop_that_is_watched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watched = Watched()
    monkeypatch.setattr(pulse, "_watched", [])
    assert pulse.holds() == Holds()
    pulse._watched.append(watched.pulse)
    watched.held(2.0)
    assert pulse.holds() == Holds(1, 2.0)


async def test_a_loop_that_turns_beats_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    beats = asyncio.Queue[None]()
    monkeypatch.setattr(pulse, "_watched", [])
    monkeypatch.setattr(Pulse, "beat", lambda _: beats.put_nowait(None))
    pulse.watched(asyncio.get_running_loop())
    await beats.get()
    await beats.get()
