"""A few pages are made at a time; the others wait, and more than can wait are told."""

import asyncio
from typing import Any

import pytest

from dashboard import turns
from dashboard.plaintext import respond
from dashboard.turns import Turns


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

    await application({"type": "http", "path": path} | more, asyncio.Event().wait, send)
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
