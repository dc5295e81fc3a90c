"""What sockets hold is given back whatever ends them, and they stand in nobody's way."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from channels.layers import get_channel_layer
from channels.testing import HttpCommunicator

from dashboard import consumers
from dashboard.asgi import application
from dashboard.protocol import MESSAGES_A_SECOND, Allowance, ProtocolError
from eventstream import history
from tests.dashboard import scenes
from tests.dashboard.sockets import HEADERS, PATIENCE, Held, Page, reading
from tests.observe.running import until

pytestmark = pytest.mark.django_db(transaction=True)

READERS = 2


@pytest.fixture
async def held(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Held]:
    """The first query of each socket, held; let go at the end, before the database goes."""
    query = Held(history.head)
    monkeypatch.setattr(history, "head", query)
    yield query
    query.let_go()
    await until(lambda: query.waiting == 0, "the threads are free")


async def connected() -> Page:
    page = Page()
    assert await page.socket.connect() == (True, None)
    return page


async def in_accept(held: Held) -> Page:
    page = Page()
    await page.socket.send_input({"type": "websocket.connect"})
    return page


async def before_hello(held: Held) -> Page:
    return await connected()


async def in_a_query(held: Held) -> Page:
    page = await connected()
    await page.say()
    await until(lambda: held.waiting == 1, "its query is under way")
    return page


async def waiting_for_a_thread(held: Held) -> Page:
    others = [await in_a_query_of_many(held) for _ in range(READERS)]
    page = await connected()
    await page.say()
    await until(lambda: len(consumers.pages) == READERS + 1, "it has its place")
    for other in others:
        await other.cut_off()
    return page


async def in_a_query_of_many(held: Held) -> Page:
    page, before = await connected(), held.waiting
    await page.say()
    await until(lambda: held.waiting == before + 1, "its query is under way")
    return page


async def welcomed(held: Held) -> Page:
    held.let_go()
    page = await connected()
    await page.say()
    await page.next("welcome")
    return page


MOMENTS = [in_accept, before_hello, in_a_query, waiting_for_a_thread, welcomed]
Moment = Callable[[Held], Awaitable[Page]]


async def gone(page: Page) -> None:
    await page.socket.send_input({"type": "websocket.disconnect", "code": 1006})
    await page.socket.wait(PATIENCE)


@pytest.mark.parametrize("end", [Page.cut_off, gone])
@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_socket_gives_back_all_that_it_held_at_once_whatever_its_query_does(
    moment: Moment, end: Callable[[Page], Awaitable[None]], held: Held
) -> None:
    tasks = asyncio.all_tasks()
    page = await moment(held)
    await end(page)
    assert len(consumers.pages) == 0
    assert len(consumers.lobby) == 0
    await until(lambda: asyncio.all_tasks() <= tasks, "no task is left")


async def test_a_socket_whose_history_fails_gives_its_place_back(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "head", lambda: 1 // 0)
    await page.socket.connect()
    await page.say()
    assert (await page.next("refused"))["code"] == consumers.CLOSE_FAILED
    await page.socket.wait(PATIENCE)
    assert len(consumers.pages) == 0


async def test_of_what_a_page_asks_for_during_a_query_only_the_newest_counts(held: Held) -> None:
    page = await in_a_query(held)
    for number in range(30):
        await page.say("sub", filter={"namespace": f"n{number}"})
    await page.say("sub", view="coverage")
    await until(page.socket.input_queue.empty, "it has heard all")
    assert held.came == 1
    held.let_go()
    await page.next("welcome")
    assert await page.next("welcome")
    assert {op[2] for op in (await page.next("batch"))["ops"]} <= {"keep", "kind", "part"}
    await page.socket.disconnect()


async def test_a_flood_is_over_with_the_first_message_that_is_too_much(page: Page) -> None:
    await page.socket.connect()
    flood = json.dumps({"type": "ack", "seq": 1})
    for _ in range(10_000):
        page.socket.input_queue.put_nowait({"type": "websocket.receive", "text": flood})
    refused = await page.next("refused")
    assert "messages a second" in refused["reason"]
    await page.socket.wait(PATIENCE)
    assert page.socket.input_queue.qsize() >= 10_000 - 3 * MESSAGES_A_SECOND


def test_a_page_may_acknowledge_each_batch_that_it_was_sent() -> None:
    allowance = Allowance()
    for _ in range(100):
        allowance.owe()
    for _ in range(100 + 2 * MESSAGES_A_SECOND):
        allowance.spend(5.0)
    with pytest.raises(ProtocolError, match="messages a second"):
        allowance.spend(5.0)
    allowance.spend(6.0)


async def test_a_burst_of_sockets_takes_few_threads_and_none_from_pages(held: Held) -> None:
    opened = [await connected() for _ in range(20)]
    for page in opened:
        await page.say()
    await until(lambda: len(consumers.pages) == 20 and held.waiting == READERS, "all ask")
    asked = HttpCommunicator(application, "GET", "/reference", headers=HEADERS)
    assert (await asked.get_response(timeout=PATIENCE))["status"] == 200
    assert held.came == READERS
    held.let_go()
    for page in opened:
        await page.next("welcome")
    assert held.most == READERS
    for page in opened:
        await page.socket.disconnect()


async def test_a_query_that_nobody_waits_for_any_more_is_not_made(held: Held) -> None:
    holding = [await in_a_query_of_many(held) for _ in range(READERS)]
    gone = [await connected() for _ in range(10)]
    for page in gone:
        await page.say()
    await until(lambda: len(consumers.pages) == READERS + 10, "all ask")
    for page in gone:
        await page.cut_off()
    held.let_go()
    for page in holding:
        await page.next("welcome")
        await page.socket.disconnect()
    assert held.came == READERS


async def test_sockets_that_say_nothing_keep_no_page_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers.lobby, "most", 2)
    silent = [await connected() for _ in range(3)]
    assert (await silent[0].next("refused"))["code"] == consumers.CLOSE_SILENT
    assert len(consumers.lobby) == 2
    page = await connected()
    await page.say()
    await page.next("welcome")
    assert (await silent[1].next("refused"))["code"] == consumers.CLOSE_SILENT
    for each in (page, *silent):
        await each.socket.disconnect()


async def test_a_socket_that_finds_no_place_costs_no_query(
    page: Page, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers.pages, "most", 0)
    await page.socket.connect()
    await page.say()
    assert (await page.next("refused"))["code"] == consumers.CLOSE_BUSY
    await page.socket.wait(PATIENCE)
    assert held.came == 0


async def test_all_sockets_hear_of_changes_by_one_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "POLL_SECONDS", PATIENCE)
    layer: Any = get_channel_layer()
    opened = [Page() for _ in range(3)]
    for page in opened:
        await page.hello()
        await page.next("status")
    assert len(layer.groups["history"]) == 1
    await reading(lambda: scenes.store(scenes.stuck(100.0)))
    await layer.group_send("history", {"type": "history.changed", "seq": 1})
    for page in opened:
        assert "bad" in await page.ops()
        await page.socket.disconnect()
    await until(lambda: "history" not in layer.groups, "nobody listens any more")
