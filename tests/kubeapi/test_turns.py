"""However much a server sends at once, the event loop gets to everything else in between."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.session import WatchSession
from eventstream.kubeapi.turns import ITEMS, LARGE, LARGE_READS, LargeRead, Turns
from eventstream.objects.decoding import Decoder
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.objects import POD_PATH, bookmark, line, listed, pod
from tests.kubeapi.observing import Observed, reflecting
from tests.kubeapi.scripted import ScriptedServer, json_answer, stream

MANY = 5 * ITEMS
PODS_OF_ONE_ANSWER = [pod(f"pod-{number}", number) for number in range(1, MANY + 1)]


class Ticks(Counter[int]):
    """How often something was done between two looks of the loop at everything else."""

    now = 0

    def count(self) -> None:
        self[self.now] += 1


@asynccontextmanager
async def ticking() -> AsyncIterator[Ticks]:
    ticks = Ticks()

    async def tick() -> None:
        while True:
            ticks.now += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(tick())
    yield ticks
    task.cancel()


@pytest.fixture
async def decoded(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Ticks]:
    """How many objects were decoded between two looks."""
    async with ticking() as ticks:
        for name in ("image", "event"):
            original = getattr(Decoder, name)

            def counting(*args: Any, original: Any = original) -> Any:
                ticks.count()
                return original(*args)

            monkeypatch.setattr(Decoder, name, counting)
        yield ticks


class Counting(Observed):
    """A sink that never has to wait, and counts how often it is told something between looks."""

    def __init__(self, ticks: Ticks) -> None:
        super().__init__()
        self.ticks = ticks

    async def take(self, observation: Any) -> None:
        self.ticks.count()
        await super().take(observation)


async def test_one_page_of_many_objects_is_read_in_pieces(
    server: ScriptedServer, connection: Connection, decoded: Ticks
) -> None:
    server.on(POD_PATH, json_answer(listed(MANY, *PODS_OF_ONE_ANSWER)))
    server.on_watch(POD_PATH, stream(hold=True))
    async with reflecting(connection) as observed:
        await observed.until_state("watching")
    assert len(observed.told) == MANY == decoded.total()
    assert max(decoded.values()) <= ITEMS


async def test_what_exists_is_read_in_pieces_from_a_stream_and_handed_on_so(
    server: ScriptedServer, connection: Connection, decoded: Ticks
) -> None:
    lines = [line("ADDED", each) for each in PODS_OF_ONE_ANSWER]
    server.on_stream(POD_PATH, stream(b"".join([*lines, bookmark(MANY, "true")]), hold=True))
    async with ticking() as told, reflecting(connection, observed=Counting(told)) as observed:
        await observed.until_state("watching")
    assert len(observed.told) == MANY
    assert max(decoded.values()) <= ITEMS + 1  # The bookmark too is an object.
    assert max(told.values()) <= ITEMS + 2  # As are a position and the coverage.


async def test_a_burst_of_a_watch_is_read_and_handed_on_in_pieces(
    server: ScriptedServer, connection: Connection, decoded: Ticks
) -> None:
    server.on(POD_PATH, json_answer(listed(1)))
    burst = b"".join(line("ADDED", pod(f"p-{n}", n)) for n in range(2, MANY + 2))
    server.on_watch(POD_PATH, stream(burst, hold=True))
    async with ticking() as told, reflecting(connection, observed=Counting(told)) as observed:
        await observed.until(lambda seen: len(seen.told) == MANY)
    assert max(decoded.values()) <= ITEMS
    assert max(told.values()) <= ITEMS + 2


async def test_tasks_that_have_much_to_do_take_turns() -> None:
    turns, order = Turns(), []

    async def work(name: str) -> None:
        for _ in range(3):
            await turns.next()
            order.append((name, ticks.now))

    async with ticking() as ticks:
        await asyncio.gather(*map(work, "abc"))
    assert [name for name, _ in order] == list("abcabcabc")
    assert max(Counter(tick for _, tick in order).values()) == 1


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - what is waited for has no event
        await asyncio.sleep(0)


async def test_few_unfinished_objects_are_large_at_a_time(
    server: ScriptedServer, connection: Connection
) -> None:
    endless = b'{"type":"ADDED","object":{"a":"' + b"x" * (3 * LARGE)
    server.on_watch(POD_PATH, stream(endless, hold=True))
    clock = VirtualClock().clock()
    parameters = {"watch": "true"}
    sessions = [
        await WatchSession.open(connection, POD_PATH, parameters, clock)
        for _ in range(LARGE_READS + 3)
    ]
    reading = [asyncio.create_task(each.lines()) for each in sessions]

    def large() -> int:
        return sum(len(each.remainder) > 2 * LARGE for each in sessions)

    def begun() -> bool:
        return all(len(each.remainder) > LARGE for each in sessions)

    await until(lambda: begun() and large() >= LARGE_READS)
    assert large() == LARGE_READS
    await sessions[0].close()
    await until(lambda: large() == LARGE_READS + 1)
    for task, session in zip(reading, sessions, strict=True):
        task.cancel()
        await session.close()
    assert connection.turns.large._value == LARGE_READS


def test_a_place_is_given_up_once_nothing_large_is_held() -> None:
    read = LargeRead(Turns())
    assert not read.needs_place(LARGE)
    assert read.needs_place(LARGE + 1)
