"""What several pages are told is asked once, and never by the rights of another."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from channels.db import database_sync_to_async

from dashboard import consumers, sharing
from dashboard.feeds import NowFeed, TraceFeed
from dashboard.sharing import Sharing
from eventstream import history
from eventstream.history import EVERYTHING, NOTHING, Rights
from tests.dashboard import scenes
from tests.dashboard.sockets import PATIENCE, Page

SHOP = Rights(within={"shop": frozenset({"Pod"})})


class Asked:
    """A question whose answers wait to be let go, and say by whose rights they were asked."""

    def __init__(self) -> None:
        self.times = 0
        self.came, self.free, self.ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.fails = False

    async def __call__(self) -> Rights:
        self.times += 1
        self.came.set()
        try:
            await self.free.wait()
        finally:
            self.ended.set()
        if self.fails:
            raise OSError("no disk")
        return history.seen()


def answers(size: Callable[[Any], int | None] = lambda _: 1) -> Sharing[Rights]:
    return Sharing(size)


async def happened(event: asyncio.Event) -> None:
    async with asyncio.timeout(PATIENCE):
        await event.wait()


async def test_who_comes_while_it_is_asked_or_later_gets_the_same_answer() -> None:
    shared, asked = answers(), Asked()
    waiting = [asyncio.create_task(shared.get("here", asked)) for _ in range(3)]
    await happened(asked.came)
    asked.free.set()
    first, *others = await asyncio.gather(*waiting)
    assert all(other is first for other in [*others, await shared.get("here", asked)])
    assert asked.times == 1


async def test_another_position_is_asked_for_by_itself() -> None:
    shared, asked = answers(), Asked()
    asked.free.set()
    await shared.get("here", asked)
    await shared.get("there", asked)
    assert asked.times == 2


async def test_other_rights_are_asked_for_by_themselves() -> None:
    shared, asked = answers(), Asked()
    asked.free.set()
    found = []
    for rights in (EVERYTHING, SHOP, NOTHING, SHOP):
        with history.seeing(rights):
            found.append(await shared.get("here", asked))
    assert found == [EVERYTHING, SHOP, NOTHING, SHOP]
    assert asked.times == 3


async def test_rights_that_grow_meanwhile_do_not_count_for_what_others_are_told() -> None:
    shared, asked = answers(), Asked()
    with history.seeing(SHOP) as viewer:
        waiting = asyncio.create_task(shared.get("here", asked))
        await happened(asked.came)
        viewer.rights = EVERYTHING
        asked.free.set()
        assert await waiting == SHOP
    with history.seeing(SHOP):
        assert await shared.get("here", asked) == SHOP


async def test_who_asked_first_may_go_before_the_others_have_their_answer() -> None:
    shared, asked = answers(), Asked()
    first, second = (asyncio.create_task(shared.get("here", asked)) for _ in range(2))
    await happened(asked.came)
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    asked.free.set()
    assert await second == history.seen()
    assert asked.times == 1


async def test_what_nobody_waits_for_any_more_is_not_asked_on() -> None:
    shared, asked = answers(), Asked()
    only = asyncio.create_task(shared.get("here", asked))
    await happened(asked.came)
    only.cancel()
    await asyncio.wait([only])
    await happened(asked.ended)
    asked.free.set()
    assert await shared.get("here", asked) == history.seen()
    assert asked.times == 2


async def test_what_fails_fails_for_all_who_wait_and_is_asked_anew() -> None:
    shared, asked = answers(), Asked()
    asked.fails = True
    waiting = [asyncio.create_task(shared.get("here", asked)) for _ in range(2)]
    await happened(asked.came)
    asked.free.set()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(each) for each in results] == [OSError, OSError]
    asked.fails = False
    assert await shared.get("here", asked) == history.seen()


async def test_an_answer_without_a_size_is_not_kept() -> None:
    shared, asked = answers(lambda _: None), Asked()
    asked.free.set()
    await shared.get("here", asked)
    await shared.get("here", asked)
    assert asked.times == 2


async def test_what_is_kept_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "KEPT_BYTES", 25)
    shared, asked = answers(lambda _: 10), Asked()
    asked.free.set()
    for position in ("one", "two", "three"):
        await shared.get(position, asked)
    for position in ("three", "two"):
        await shared.get(position, asked)
    assert asked.times == 3
    await shared.get("one", asked)
    assert asked.times == 4


async def test_an_old_answer_goes_when_the_next_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    shared, asked = answers(), Asked()
    asked.free.set()
    await shared.get("old", asked)
    monkeypatch.setattr(sharing, "KEPT_SECONDS", 0.0)
    await shared.get("new", asked)
    monkeypatch.undo()
    await shared.get("old", asked)
    assert asked.times == 3


@pytest.mark.django_db(transaction=True)
async def test_pages_that_follow_the_same_are_read_for_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trace, steps = scenes.stuck(100.0)
    await database_sync_to_async(scenes.store)((trace, steps[:1]))
    monkeypatch.setattr(sharing, "KEPT_SECONDS", 10 * PATIENCE)
    read: list[str] = []
    tell = consumers._tell

    def counted(feed: Any, since: int) -> Any:
        told = tell(feed, since)
        if told.messages:
            read.append(type(feed).__name__)
        return told

    monkeypatch.setattr(consumers, "_tell", counted)
    pages = [Page() for _ in range(6)]
    for number, page in enumerate(pages):
        await page.hello(view="now" if number % 2 else "traces/bad")
    for more in (2, 3):
        changed = msgspec.structs.replace(trace, summary=f"{more} steps")
        await database_sync_to_async(scenes.store)((changed, steps[:more]))
        ops = [await page.ops() for page in pages]
        assert all(each == ops[number % 2] for number, each in enumerate(ops))
    assert (read.count(NowFeed.__name__), read.count(TraceFeed.__name__)) == (2, 2)
    for page in pages:
        await page.socket.disconnect()
