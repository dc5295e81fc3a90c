"""Waiting grows with failures, is bounded, honours the server and starts anew after health."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstream.kubeapi.backoff import Backoff
from eventstream.kubeapi.clock import Clock
from eventstream.kubeapi.lines import LineSplitter, LineTooLongError


class Hands:
    """A clock's hands, and its die."""

    def __init__(self, chance: float = 0.0) -> None:
        self.time = 0.0
        self.chance = chance

    def clock(self) -> Clock:
        return Clock(monotonic=lambda: self.time, chance=lambda: self.chance)


def test_delays_double_from_800_ms_to_30_s() -> None:
    backoff = Backoff(Hands().clock())
    assert [backoff.delay() for _ in range(8)] == [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30]


def test_up_to_half_of_a_delay_is_left_to_chance() -> None:
    assert Backoff(Hands(chance=1.0).clock()).delay() == pytest.approx(0.4)


def test_two_healthy_minutes_after_the_last_wait_start_it_anew() -> None:
    hands = Hands()
    backoff = Backoff(hands.clock())
    assert [backoff.delay(), backoff.delay()] == [0.8, 1.6]
    hands.time = 1.6 + 119
    assert backoff.delay() == 3.2
    hands.time += 3.2 + 120
    assert backoff.delay() == 0.8


def test_a_wish_of_the_server_is_the_least_but_no_absurd_one() -> None:
    backoff = Backoff(Hands().clock())
    assert backoff.delay(20) == 20
    assert backoff.delay(1e9) == 300


def test_those_that_are_asked_to_wait_as_long_do_not_come_back_all_at_once() -> None:
    assert Backoff(Hands(chance=0.0).clock()).delay(20) == 20
    assert Backoff(Hands(chance=0.5).clock()).delay(20) == pytest.approx(22.5)


def test_a_permission_is_tried_again_within_30_to_60_seconds() -> None:
    assert Backoff(Hands(0.0).clock()).retry_forbidden() == 30
    assert Backoff(Hands(0.99).clock()).retry_forbidden() == pytest.approx(59.7)


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=8))
def test_lines_do_not_depend_on_how_the_bytes_were_cut(content: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    splitter = LineSplitter()
    found = [line for start, end in pairwise(edges) for line in splitter.feed(content[start:end])]
    assert found == [line for line in content.split(b"\n")[:-1] if line]


def test_a_line_that_never_ends_is_given_up() -> None:
    splitter = LineSplitter(1000)
    splitter.feed(b"x" * 1000)
    with pytest.raises(LineTooLongError, match="more than"):
        splitter.feed(b"x")
