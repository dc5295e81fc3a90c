"""However many types ask for their lists at once, a server is asked for few at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.crds import CRDS
from eventstream.kubeapi.delivery import Saved
from eventstream.kubeapi.lists import AGAIN_MOST, MOST, Lists
from practicecluster.cluster import PracticeCluster
from tests.kubeapi.observing import Observed, reflecting, watching

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


async def test_all_types_together_ask_for_few_lists_at_a_time_and_the_others_are_told_of(
    practice: PracticeCluster, practice_connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked()
    monkeypatch.setattr(practice.faults, "wait", asked.wait)
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


async def test_lists_that_fail_again_and_again_hold_up_only_their_like() -> None:
    lists, done = Lists(), []
    forever = asyncio.Event()

    async def read(*, again: bool, until: asyncio.Event | None = None) -> None:
        async with lists.place(again=again):
            if until is not None:
                await until.wait()
            done.append(again)

    hanging = [asyncio.create_task(read(again=True, until=forever)) for _ in range(2 * AGAIN_MOST)]
    await asyncio.gather(*(read(again=False) for _ in range(2 * MOST)))
    assert done == [False] * 2 * MOST
    forever.set()
    await asyncio.gather(*hanging)
    assert done.count(True) == 2 * AGAIN_MOST


async def test_a_list_is_told_to_be_coming_before_it_is_its_turn(
    practice_connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def never(_: Lists, *, again: bool) -> AsyncIterator[None]:
        await asyncio.Event().wait()
        yield

    monkeypatch.setattr(Lists, "place", never)
    async with reflecting(practice_connection) as observed:
        assert (await observed.until_state("listing")).problem is None
