"""What is turned away at a bound is counted under its name, where it is turned away."""

import asyncio

import pytest

from dashboard import turns
from dashboard.metrics.tallies import uploads
from dashboard.opened import OpenedTapes
from dashboard.places import FullError, Lobby, Places
from eventstream.metrics import refused
from eventstream.web.channel import WAITING_MOST, Channel, Crowd
from eventstream.web.ruling import Admit
from tests.dashboard.test_turns import Pages, ask
from tests.metrics.counted import Counted


@pytest.fixture
def turned_away() -> Counted:
    return Counted(refused)


async def test_a_page_for_which_nobody_has_time(
    turned_away: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "WAITING_MOST", 0)
    pages = Pages()
    application = turns.Turns(pages)
    asked = [asyncio.create_task(ask(application, "/")) for _ in range(turns.AT_ONCE_MOST)]
    await asyncio.sleep(0)
    assert await ask(application, "/") == 503
    pages.may.set()
    await asyncio.gather(*asked)
    assert turned_away() == {"page": 1}


async def test_a_socket_for_which_there_is_no_place(turned_away: Counted) -> None:
    places = Places(1)
    with places.taken(), pytest.raises(FullError):
        places.check()
    assert turned_away() == {"socket": 1}


async def test_a_socket_that_said_nothing_for_longest(turned_away: Counted) -> None:
    lobby = Lobby(1)

    async def wait() -> None:
        async with asyncio.timeout(60) as limit:
            with lobby.waiting(limit):
                await asyncio.Event().wait()

    first, second = asyncio.create_task(wait()), asyncio.create_task(wait())
    with pytest.raises(TimeoutError):
        await first
    second.cancel()
    assert turned_away() == {"silent-socket": 1}


def test_a_connection_that_waits_for_longest(turned_away: Counted) -> None:
    class Given(Channel):
        def __init__(self) -> None:
            self.up = False

        def give_up(self) -> None:
            self.up = True

    def admit(*_: object) -> object:
        raise AssertionError("nothing is asked")

    typed: Admit = admit  # type: ignore[assignment]
    crowd = Crowd(typed)
    waiting = [Given() for _ in range(WAITING_MOST + 1)]
    for each in waiting:
        crowd.wait(each)
    assert [each.up for each in waiting] == [True] + [False] * WAITING_MOST
    assert turned_away() == {"waiting": 1}


def test_a_recording_that_was_opened() -> None:
    before = Counted(uploads)
    tapes = OpenedTapes()
    try:
        tapes.add("tape", [b"no recording"], None)
        assert len(tapes) == 1
    finally:
        tapes.close_all()
    assert before() == {"taken": 1}
    assert len(tapes) == 0
