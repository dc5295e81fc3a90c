"""The table of what follows what in a reflector's life."""

import pytest

from eventstream.kubeapi.states import (
    Broken,
    Delays,
    Ended,
    Expired,
    Listed,
    Listing,
    Missed,
    Outcome,
    Refused,
    Stalled,
    State,
    Waited,
    Waiting,
    Watching,
    first_state,
    following,
)
from eventstream.objects.observations import CoverageState, Problem

BAD = Problem("server-error", "it failed", "", "")
DENIED = Problem("forbidden", "no", "", "")
UNKNOWN = Problem("not-served", "what?", "", "")
DELAYS = Delays(failure=lambda wish: wish or 1.0, permission=lambda: 45.0)
MISSED = Missed("7", 100.0, "it failed")


def watch(*, listed: bool = False, silent: int = 0) -> Watching:
    return Watching("7", 100.0, listed, silent)


def wait(then: Listing | Watching, delay: float = 1.0) -> Waiting:
    return Waiting("backing-off", BAD, delay, then)


def paused(coverage: CoverageState, problem: Problem) -> Waiting:
    return Waiting(coverage, problem, 45.0, watch())


RELIST = Listing(MISSED, BAD)

TABLE: list[tuple[State, Outcome, State]] = [
    (Listing(), Listed("7", 100.0), watch(listed=True)),
    (Listing(), Refused(BAD), wait(Listing())),
    (Listing(MISSED), Refused(BAD, 9.0), wait(Listing(MISSED), 9.0)),
    (watch(), Ended(), watch()),
    (watch(silent=1), Ended(), watch()),
    (watch(), Ended(BAD), wait(watch())),
    (watch(), Stalled(BAD, heard=True), wait(watch())),
    (watch(), Stalled(BAD, heard=False), wait(watch(silent=1))),
    (watch(silent=1), Stalled(BAD, heard=True), wait(watch())),
    (watch(silent=1), Stalled(BAD, heard=False), wait(RELIST)),
    (watch(), Expired(BAD), RELIST),
    (watch(listed=True), Expired(BAD), RELIST),
    (watch(listed=True), Expired(BAD, at_once=True), wait(RELIST)),
    (watch(), Broken(BAD), wait(RELIST)),
    (watch(), Refused(BAD), wait(watch())),
    (watch(), Refused(DENIED), paused("forbidden", DENIED)),
    (watch(), Refused(UNKNOWN), paused("gone", UNKNOWN)),
    (wait(watch()), Waited(), watch()),
    (wait(RELIST), Waited(), RELIST),
]


@pytest.mark.parametrize(("state", "outcome", "next_state"), TABLE)
def test_each_state_is_followed_by_the_one_in_the_table(
    state: State, outcome: Outcome, next_state: State
) -> None:
    assert following(state, outcome, DELAYS) == next_state


def test_a_list_cannot_stall() -> None:
    with pytest.raises(AssertionError, match="Listing cannot end in Stalled"):
        following(Listing(), Stalled(BAD, heard=False), DELAYS)


def test_a_saved_position_is_watched_from_and_its_loss_is_owned_up_to() -> None:
    assert first_state("7", 100.0) == watch()
    lost = first_state("", 100.0)
    assert isinstance(lost, Listing)
    assert lost.missed is not None
    assert lost.missed.since == 100.0
