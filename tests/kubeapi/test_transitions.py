"""The table of what follows what in a reflector's life, row by row, and that it has no other row.

Where client-go's tests drive a whole reflector to see which request follows which answer, the row
is here, and the same case over HTTP in the module of that fault: see test_client_go_cases.py.
"""

from typing import get_args

import pytest

from eventstream.kubeapi.states import (
    Absent,
    Asking,
    BackingOff,
    Broken,
    Checking,
    Current,
    Ended,
    Expired,
    Failed,
    Forbidden,
    Listed,
    Listing,
    Missed,
    NotStreamed,
    Outcome,
    PageRead,
    Polling,
    Refused,
    Stalled,
    State,
    Streaming,
    Unversioned,
    Waited,
    Watching,
)
from eventstream.kubeapi.transitions import TABLE, Given, first_state, following
from eventstream.objects.decoding import ListPage
from eventstream.objects.observations import Problem
from tests.kubeapi.objects import image

BAD = Problem("server-error", "it failed", "", "")
DENIED = Problem("forbidden", "no", "", "")
UNKNOWN = Problem("not-served", "what?", "", "")
UNWATCHED = Problem("not-watchable", "only lists", "", "")
UNREACHABLE = Problem("unreachable", "nobody there", "", "")
BUSY = Problem("throttled", "not now", "", "")
GIVEN = Given(failure=lambda wish: wish or 1.0, permission=lambda: 45.0)
MISSED = Missed("7", 100.0, "it failed")
BEGINNING = Missed("", 100.0, "The position of the last run was not kept.")
PLANNED = Missed("7", 100.0, "The server lists this type and does not watch it.", planned=True)
POLLED = Missed("", 130.0, "only lists", planned=True)
PAGES = ((image("a", 1),), (image("b", 2),))


def watch(*, listed: bool = False, fruitless: int = 0, absent: int = 0) -> Watching:
    return Watching("7", 100.0, listed, fruitless, absent)


def wait(then: Asking, problem: Problem = BAD, delay: float = 1.0) -> BackingOff:
    return BackingOff(problem, delay, then)


NEWEST = Streaming("", MISSED, BAD)
SINCE = Streaming("7", MISSED, BAD)
SECOND = Listing("5", MISSED, token="two", version="9", pages=PAGES[:1])
THIRD = Listing("5", MISSED, token="three", version="9", pages=PAGES)

ROWS: list[tuple[State, Outcome, State]] = [
    (Listing("5", MISSED, BAD), PageRead(ListPage("9", "two", PAGES[0])), SECOND),
    (SECOND, PageRead(ListPage("10", "three", PAGES[1])), THIRD),
    (Listing(), Listed("7", 100.0), watch(listed=True)),
    (Listing(), Unversioned(UNWATCHED, 130.0), Polling(UNWATCHED, 45.0, Listing(missed=POLLED))),
    (SECOND, Expired(BAD, 130.0), Listing("5", MISSED, BAD, whole=True)),
    (Listing("5", MISSED, whole=True), Expired(BAD, 130.0), Listing("", MISSED, BAD)),
    (Listing("5", MISSED), Expired(BAD, 130.0), Listing("", MISSED, BAD)),
    (Listing("", MISSED), Expired(BAD, 130.0), wait(Listing("", MISSED))),
    (SECOND, Broken(BAD), wait(Listing("5", MISSED))),
    (SECOND, Refused(BAD, 9.0), wait(SECOND, delay=9.0)),
    (SECOND, Refused(DENIED), Forbidden(DENIED, 45.0, SECOND)),
    (Listing(), Refused(UNKNOWN), Absent(UNKNOWN, 45.0, Listing())),
    (Streaming(), Listed("7", 100.0), watch(listed=True)),
    (Streaming(), Unversioned(UNWATCHED, 130.0), Polling(UNWATCHED, 45.0, Listing(missed=POLLED))),
    (Streaming("5", MISSED, BAD), NotStreamed(DENIED), Listing("5", MISSED, BAD)),
    (Streaming("5", MISSED), Ended(BAD), wait(Streaming("5", MISSED, BAD, cut=1))),
    (Streaming("5", MISSED, cut=1), Ended(BAD), wait(Listing("5", MISSED, BAD))),
    (Streaming(), Failed(BUSY, 9.0), wait(Streaming("", None, BUSY, cut=1), BUSY, 9.0)),
    (Streaming(), Broken(BAD), wait(Streaming("", None, BAD, cut=1))),
    (Streaming("5", MISSED), Stalled(BAD), wait(Listing("5", MISSED, BAD))),
    (Streaming("5", MISSED), Stalled(None), Listing("5", MISSED)),
    (Streaming("5", MISSED), Expired(BAD, 130.0), Streaming("", MISSED, BAD)),
    (Streaming("", MISSED), Expired(BAD, 130.0), wait(Streaming("", MISSED, BAD))),
    (Streaming(), Refused(BUSY, 9.0), wait(Streaming(), BUSY, 9.0)),
    (Streaming(), Refused(UNREACHABLE), wait(Streaming(), UNREACHABLE)),
    (Streaming("5", MISSED), Refused(BAD), wait(Listing("5", MISSED))),
    (watch(listed=True), Ended(), watch(listed=True, fruitless=1)),
    (watch(fruitless=1), Ended(), watch(fruitless=2)),
    (watch(fruitless=2), Ended(), Checking("7", 100.0)),
    (watch(fruitless=1), Ended(BAD), wait(watch(fruitless=2))),
    (watch(fruitless=2), Ended(BAD), wait(Checking("7", 100.0, BAD))),
    (watch(), Failed(BAD, 9.0), wait(watch(fruitless=1), delay=9.0)),
    (watch(fruitless=2), Failed(BAD), wait(SINCE)),
    (watch(), Stalled(BAD), Checking("7", 100.0, BAD)),
    (watch(), Stalled(None), Checking("7", 100.0)),
    (watch(), Expired(BAD, 101.0), NEWEST),
    (watch(listed=True), Expired(BAD, 190.0), NEWEST),
    (watch(listed=True), Expired(BAD, 101.0), wait(NEWEST)),
    (watch(), Broken(BAD), wait(SINCE)),
    (watch(), Refused(BAD, 9.0), wait(watch(), delay=9.0)),
    (watch(), Refused(UNREACHABLE), wait(Checking("7", 100.0, UNREACHABLE), UNREACHABLE)),
    (watch(), Refused(DENIED), Forbidden(DENIED, 1.0, watch())),
    (watch(), Refused(UNKNOWN), wait(watch(absent=1), UNKNOWN)),
    (watch(absent=5), Refused(UNKNOWN), Absent(UNKNOWN, 1.0, watch(absent=6))),
    (watch(absent=5), Ended(), watch(fruitless=1)),
    (watch(), Refused(UNWATCHED), Polling(UNWATCHED, 45.0, Listing(missed=PLANNED))),
    (Checking("7", 100.0), Current("7"), watch()),
    (Checking("7", 100.0), Current("10"), watch()),
    (Checking("7", 100.0), Current("abc"), watch()),
    (Checking("7", 100.0), Broken(BAD), wait(watch())),
    (Checking("7", 100.0), Expired(BAD, 130.0), wait(watch())),
    (Checking("7", 100.0), Refused(BAD), wait(Checking("7", 100.0))),
    (Checking("7", 100.0), Refused(DENIED), Forbidden(DENIED, 1.0, watch())),
    (Checking("7", 100.0), Refused(UNWATCHED), wait(watch(absent=1), UNWATCHED)),
    (wait(watch()), Waited(), watch()),
    (Forbidden(DENIED, 45.0, NEWEST), Waited(), NEWEST),
    (Absent(UNKNOWN, 45.0, Listing()), Waited(), Listing()),
    (Polling(UNWATCHED, 45.0, Listing(missed=PLANNED)), Waited(), Listing(missed=PLANNED)),
]


@pytest.mark.parametrize(("state", "outcome", "next_state"), ROWS)
def test_each_state_is_followed_by_the_one_in_the_table(
    state: State, outcome: Outcome, next_state: State
) -> None:
    assert following(state, outcome, GIVEN) == next_state


def test_every_row_of_the_table_has_its_case_here() -> None:
    assert {(type(state), type(outcome)) for state, outcome, _ in ROWS} == set(TABLE)


def test_every_state_is_left_and_what_is_not_in_the_table_cannot_happen() -> None:
    assert {state for state, _ in TABLE} == set(get_args(State))
    assert {outcome for _, outcome in TABLE} == set(get_args(Outcome))
    with pytest.raises(AssertionError, match="Listing cannot end in Stalled"):
        following(Listing(), Stalled(BAD), GIVEN)


def test_a_server_that_is_behind_what_was_seen_of_it_is_listed_and_the_reason_told() -> None:
    relist = following(Checking("900", 100.0), Current("10"), GIVEN)
    assert isinstance(relist, Streaming)
    assert (relist.after, relist.missed) == ("", Missed("900", 100.0, relist.missed.reason))  # type: ignore[union-attr]
    assert relist.problem is not None
    assert "newest version is 10, and 900 had been seen" in relist.problem.message


def test_a_server_that_refuses_streams_is_asked_for_lists_from_then_on() -> None:
    lists = Given(GIVEN.failure, GIVEN.permission, streams=False)
    assert following(watch(), Expired(BAD, 190.0), lists) == Listing("", MISSED, BAD)


def test_a_saved_position_is_watched_from_and_its_loss_is_owned_up_to() -> None:
    assert first_state("7", 100.0) == watch()
    for unusable in ("", "0"):
        assert first_state(unusable, 100.0) == Streaming(missed=BEGINNING)
