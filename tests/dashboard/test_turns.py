"""A few pages are made at a time; the others wait, and more than can wait are told."""

import asyncio
from typing import Any

import pytest

from dashboard import turns
from dashboard.plaintext import respond
from dashboard.signin.viewers import ANYONE, Viewer
from dashboard.turns import Turns
from eventstream.reviewing import Token


class Pages:
    """An application that answers when the test says so."""

    def __init__(self) -> None:
        self.now, self.most = 0, 0
        self.may = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await self.may.wait()
            await respond(send, 200, scope["path"])
        finally:
            self.now -= 1


async def ask(application: Any, path: str, **more: Any) -> int:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": path, "viewer": ANYONE} | more
    await application(scope, asyncio.Event().wait, send)
    return int(sent[0]["status"])


async def test_no_more_are_made_at_once_and_all_are_answered() -> None:
    pages = Pages()
    application = Turns(pages)
    asked = [asyncio.create_task(ask(application, f"/{number}")) for number in range(20)]
    await asyncio.sleep(0)
    assert pages.now == turns.AT_ONCE_MOST
    pages.may.set()
    assert await asyncio.gather(*asked) == [200] * 20
    assert pages.most == turns.AT_ONCE_MOST


async def test_who_goes_away_while_waiting_gives_the_turn_away() -> None:
    pages = Pages()
    application = Turns(pages)
    asked = [asyncio.create_task(ask(application, f"/{number}")) for number in range(20)]
    await asyncio.sleep(0)
    for task in asked[:19]:
        task.cancel()
    pages.may.set()
    assert await asked[19] == 200
    assert application._there == 0


async def test_more_than_can_wait_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "WAITING_MOST", 3)
    pages = Pages()
    application = Turns(pages)
    asked = [asyncio.create_task(ask(application, f"/{number}")) for number in range(7)]
    await asyncio.sleep(0)
    assert await ask(application, "/late") == 503
    pages.may.set()
    assert await asyncio.gather(*asked) == [200] * 7


async def test_an_upload_waits_for_nobody() -> None:
    pages = Pages()
    application = Turns(pages)
    asked = [asyncio.create_task(ask(application, f"/{number}")) for number in range(20)]
    upload = asyncio.create_task(ask(application, "/tape", extensions={turns.BODY: object()}))
    await asyncio.sleep(0)
    assert pages.now == turns.AT_ONCE_MOST + 1
    pages.may.set()
    assert await asyncio.gather(upload, *asked) == [200] * 21


def viewer(name: str, session: int = 1) -> Viewer:
    return Viewer(f"{name}-{session}", name, Token(f"{name}-{session}"))


ADA, AGAIN, SAM = viewer("ada"), viewer("ada", 2), viewer("sam")
UNKNOWN = {"viewer": None, "client": ["10.1.1.1", 1]}


@pytest.mark.parametrize(
    ("greedy", "other"),
    [
        ([{"viewer": ADA}, {"viewer": AGAIN}], {"viewer": SAM}),
        ([UNKNOWN, UNKNOWN], {"viewer": SAM}),
        ([UNKNOWN, UNKNOWN], UNKNOWN | {"client": ["10.1.1.2", 1]}),
    ],
    ids=["a viewer with two sessions", "an unknown person", "an address"],
)
async def test_who_asks_for_everything_keeps_nobody_else_waiting(
    greedy: list[dict[str, Any]], other: dict[str, Any]
) -> None:
    pages = Pages()
    application = Turns(pages)
    asked = [
        asyncio.create_task(ask(application, "/", **greedy[number % 2]))
        for number in range(turns.AT_ONCE_OF_ONE + turns.WAITING_OF_ONE)
    ]
    await asyncio.sleep(0)
    assert pages.now == turns.AT_ONCE_OF_ONE
    assert await ask(application, "/one-more", **greedy[0]) == 503
    others = [asyncio.create_task(ask(application, "/", **other)) for _ in range(2)]
    await asyncio.sleep(0)
    assert pages.now == turns.AT_ONCE_OF_ONE + 2
    pages.may.set()
    assert set(await asyncio.gather(*asked, *others)) == {200}
    assert application._there == 0
    assert not application._of
    assert not application._own


async def test_one_viewer_sends_one_recording_at_a_time() -> None:
    pages = Pages()
    application = Turns(pages)
    body = {"extensions": {turns.BODY: object()}}
    first = asyncio.create_task(ask(application, "/tape", viewer=ADA, **body))
    await asyncio.sleep(0)
    assert await ask(application, "/tape", viewer=AGAIN, **body) == 503
    second = asyncio.create_task(ask(application, "/tape", viewer=SAM, **body))
    await asyncio.sleep(0)
    assert pages.now == 2
    pages.may.set()
    assert set(await asyncio.gather(first, second)) == {200}
    assert await ask(application, "/tape", viewer=AGAIN, **body) == 200
