"""However many types ask for their lists at once, a server is asked for few at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from eventstream.kubeapi import lists as module
from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.crds import CRDS
from eventstream.kubeapi.delivery import Saved
from eventstream.kubeapi.lists import HANGING_MOST, HANGS_SECONDS, MOST, Lists
from practicecluster.cluster import PracticeCluster
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.objects import POD_PATH, bookmark, listed, pod
from tests.kubeapi.observing import PATIENCE_SECONDS, Observed, reflecting, watching
from tests.kubeapi.scripted import ScriptedServer, json_answer, status_answer, stream

DISCOVERY = {"/api", "/apis", "/version"}


class Asked:
    """How many requests the server has begun to answer; it goes on with them at `go`."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.go = asyncio.Event()

    async def wait(self, path: str) -> None:
        if path in DISCOVERY or path == CRDS.path:
            return
        self.now += 1
        self.most = max(self.most, self.now)
        await self.go.wait()
        await asyncio.sleep(0)
        self.now -= 1


@asynccontextmanager
async def never(_: Lists, *, hangs: bool) -> AsyncIterator[None]:
    await asyncio.Event().wait()
    yield


async def test_all_types_together_ask_for_few_lists_at_a_time_and_the_others_are_told_of(
    practice: PracticeCluster, practice_connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked()
    monkeypatch.setattr(practice.faults, "wait", asked.wait)
    monkeypatch.setattr(module, "HELD_SECONDS", 3600.0)
    saved = {CRDS.key: Saved(str(practice.store.newest_revision()), [])}

    def are_to_be_listed(seen: Observed) -> bool:
        listing = {each.resource for each in seen.coverage(None) if each.state == "listing"}
        return asked.now == MOST and len(listing) > MOST

    def are_watched(seen: Observed) -> bool:
        states = {each.resource: each.state for each in seen.coverage(None)}
        return len(states) > MOST + 1 and set(states.values()) == {"watching"}

    async with watching(practice_connection, saved=saved) as observed:
        await observed.until(are_to_be_listed)
        asked.go.set()
        await observed.until(are_watched)
    assert asked.most == MOST


async def test_lists_that_hang_hold_up_only_their_like() -> None:
    lists, done = Lists(), []
    forever = asyncio.Event()

    async def read(*, hangs: bool, until: asyncio.Event | None = None) -> None:
        async with lists.place(hangs=hangs):
            if until is not None:
                await until.wait()
            done.append(hangs)

    hanging = [
        asyncio.create_task(read(hangs=True, until=forever)) for _ in range(2 * HANGING_MOST)
    ]
    await asyncio.gather(*(read(hangs=False) for _ in range(2 * MOST)))
    assert done == [False] * 2 * MOST
    forever.set()
    await asyncio.gather(*hanging)
    assert done.count(True) == 2 * HANGING_MOST


async def test_lists_that_trickle_give_their_places_to_the_next_and_each_place_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lists, most, now = Lists(), [0], [0]
    monkeypatch.setattr(module, "HELD_SECONDS", 0.0)
    forever = asyncio.Event()

    async def read(until: asyncio.Event | None = None) -> None:
        async with lists.place(hangs=False):
            now[0] += 1
            most[0] = max(most[0], now[0])
            await (until.wait() if until else asyncio.sleep(0))
            now[0] -= 1

    trickling = [asyncio.create_task(read(forever)) for _ in range(MOST)]
    async with asyncio.timeout(PATIENCE_SECONDS):
        await read()
    forever.set()
    await asyncio.gather(*trickling)
    monkeypatch.setattr(module, "HELD_SECONDS", 3600.0)
    most[0] = 0
    await asyncio.gather(*(read() for _ in range(3 * MOST)))
    assert most == [MOST]


async def test_a_list_is_told_to_be_coming_before_it_is_its_turn(
    practice_connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lists, "place", never)
    async with reflecting(practice_connection) as observed:
        assert (await observed.until_state("listing")).problem is None


async def test_a_list_that_was_refused_at_once_does_not_hang_and_one_that_begins_still_may(
    server: ScriptedServer, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a common failure all would wait for those that do hang."""
    server.on(
        POD_PATH,
        status_answer(503),
        status_answer(503),
        json_answer(listed(10, pod("a", 5), next_page="more")),
        json_answer(listed(10, pod("b", 6))),
    )
    time, told = VirtualClock(eager=60), list[bool]()

    @asynccontextmanager
    async def place(_: Lists, *, hangs: bool) -> AsyncIterator[None]:
        told.append(hangs)
        try:
            yield
        finally:
            time.advance(HANGS_SECONDS if len(told) == 3 else 0)

    monkeypatch.setattr(Lists, "place", place)
    async with reflecting(connection, clock=time.clock()) as observed:
        await observed.until(lambda seen: seen.positions)
    assert told == [False, False, False, True, True]


async def test_a_watch_that_broke_off_is_told_of_before_its_check_has_its_turn(
    server: ScriptedServer, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.on(POD_PATH, json_answer(listed(10)))
    server.on_watch(POD_PATH, stream(bookmark(11), hold=True))
    time = VirtualClock()
    async with reflecting(connection, clock=time.clock()) as observed:
        await observed.until(lambda seen: len(seen.positions) == 2)
        monkeypatch.setattr(Lists, "place", never)
        time.advance(90)
        await observed.until_state("backing-off", "stalled")
