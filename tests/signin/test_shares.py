"""One viewer, however many sessions and pages, leaves the sockets' places to the others."""

import asyncio
import json
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator

from dashboard import consumers, shares
from tests.signin.conftest import EVERYBODY, SHOP
from tests.signin.people import PATIENCE, Browser, Cluster, closed_with
from tests.signin.places import filled

pytestmark = pytest.mark.django_db(transaction=True)

HELLO = {"type": "hello", "epoch": "e", "since": 0, "view": "now"}


@pytest.fixture
async def ada(cluster: Cluster) -> list[Browser]:
    """Two sessions of one person."""
    await filled()
    made = [Browser(), Browser()]
    for each in made:
        await each.sign_in(EVERYBODY)
    return made


@pytest.fixture
async def sam(cluster: Cluster) -> Browser:
    made = Browser()
    await made.sign_in(SHOP)
    return made


async def followed(browser: Browser) -> WebsocketCommunicator:
    """A page's socket that was welcomed."""
    socket = browser.socket()
    assert (await socket.connect())[0]
    await socket.send_json_to(HELLO)
    told: dict[str, Any] = await socket.receive_json_from(timeout=PATIENCE)
    assert told["type"] == "welcome", told
    return socket


async def leave(*sockets: WebsocketCommunicator) -> None:
    for each in sockets:
        await each.disconnect()


async def test_pages_of_one_viewer_are_bounded_and_others_have_theirs(
    ada: list[Browser], sam: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shares, "PAGES_MOST", 3)
    held = [await followed(ada[number % 2]) for number in range(3)]
    for browser in ada:
        one_more = browser.socket()
        assert (await one_more.connect())[0]
        code, why = await closed_with(one_more)
        assert (code, why) == (
            consumers.CLOSE_BUSY,
            "3 pages of yours are open; close one of them",
        )
    held.append(await followed(sam))
    await leave(held.pop(0))
    held.append(await followed(ada[1]))
    await leave(*held)
    assert len(consumers.pages) == 0


async def test_sockets_that_say_nothing_end_ones_own_alone(
    ada: list[Browser], sam: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shares, "LOBBY_MOST", 2)
    others = sam.socket()
    assert (await others.connect())[0]
    silent = [ada[number % 2].socket() for number in range(4)]
    for each in silent:
        assert (await each.connect())[0]
    for each in silent[:2]:
        assert (await closed_with(each))[0] == consumers.CLOSE_SILENT
    assert len(consumers.lobby) == 3
    await others.send_json_to(HELLO)
    assert (await others.receive_json_from(timeout=PATIENCE))["type"] == "welcome"
    await leave(others, *silent[2:])


async def test_whoever_does_not_stop_is_refused_before_anything_is_opened(
    ada: list[Browser], sam: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shares, "SOCKETS_MOST", 2)
    held = [ada[0].socket(), ada[1].socket()]
    for each in held:
        assert (await each.connect())[0]
    assert (await ada[0].socket().connect())[0] is False
    await leave(*held, await followed(sam))


async def test_messages_of_all_pages_of_one_viewer_count_together(
    ada: list[Browser], sam: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shares, "MESSAGES_A_SECOND", 10)
    sockets = [await followed(ada[0]), await followed(ada[1]), await followed(sam)]
    for _ in range(12):
        for each in sockets:
            await each.send_json_to({"type": "ack", "seq": 0})
    closed = [asyncio.create_task(closed_with(each)) for each in sockets[:2]]
    done, _ = await asyncio.wait(closed, return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE)
    code, why = done.pop().result()
    assert code == consumers.CLOSE_PROTOCOL
    assert why == "more than 10 messages a second"
    await sockets[2].send_json_to(HELLO | {"type": "sub"})
    told: Any = {}
    while told.get("type") != "welcome":
        told = json.loads(await sockets[2].receive_from(timeout=PATIENCE))
    for task in closed:
        task.cancel()
    await asyncio.gather(*closed, return_exceptions=True)


async def test_one_query_at_a_time_is_read_for_one_viewer(
    ada: list[Browser], sam: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading: dict[str, int] = {"now": 0, "most": 0}
    read = consumers.readers.read

    async def counted(*asked: Any, **more: Any) -> Any:
        reading["now"] += 1
        reading["most"] = max(reading["most"], reading["now"])
        try:
            return await read(*asked, **more)
        finally:
            reading["now"] -= 1

    monkeypatch.setattr(consumers.readers, "read", counted)
    sockets = [await followed(ada[number % 2]) for number in range(6)]
    for _ in range(3):
        for each in sockets:
            await each.send_json_to(HELLO | {"type": "sub"})
        for each in sockets:
            while (await each.receive_json_from(timeout=PATIENCE))["type"] != "welcome":
                pass
    assert reading["most"] == 1
    await leave(*sockets)
