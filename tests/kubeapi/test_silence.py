"""A server that has frozen is noticed, left and come back to; a busy sink is not its fault."""

import asyncio
from functools import partial

from eventstream.kubeapi.connection import Connection
from eventstream.objects.observations import Observation
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.objects import POD_PATH, bookmark, line, listed, pod
from tests.kubeapi.observing import Observed, reflecting
from tests.kubeapi.scripted import ScriptedServer, json_answer, stream


async def test_a_frozen_watch_is_left_after_90_seconds_and_nothing_is_lost(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, json_answer(listed(10)))
    server.on_watch(
        POD_PATH,
        stream(line("ADDED", pod("a", 11)), hold=True),
        stream(line("ADDED", pod("b", 12)), hold=True),
    )
    time = VirtualClock(eager=60)
    async with reflecting(connection, clock=time.clock()) as observed:
        await observed.until(lambda seen: len(seen.changes) == 1)
        await asyncio.sleep(0.05)
        time.advance(89)
        await asyncio.sleep(0.05)
        assert len(server.watches(POD_PATH)) == 1
        time.advance(1)
        await observed.until(lambda seen: len(seen.changes) == 2)
    assert observed.told == [("ADDED", "a", "11"), ("ADDED", "b", "12")]
    assert [each.version for each in server.watches(POD_PATH)] == [10, 11]
    assert any(e.problem and e.problem.code == "stalled" for e in observed.coverage())


async def test_a_bookmark_proves_a_watch_alive(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, json_answer(listed(10)))
    server.on_watch(POD_PATH, stream(bookmark(20), hold=True))
    time = VirtualClock()
    async with reflecting(connection, clock=time.clock()) as observed:
        time.advance(60)
        await observed.until(lambda seen: len(seen.positions) == 2)
        await asyncio.sleep(0.05)
        time.advance(60)
        await asyncio.sleep(0.05)
        assert len(server.watches(POD_PATH)) == 1


def is_silent(server: ScriptedServer, watches: int, time: VirtualClock, _: Observed) -> bool:
    return len(server.watches(POD_PATH)) == watches and time.asleep == 1


async def test_two_watches_without_a_word_lead_to_a_list(
    server: ScriptedServer, connection: Connection
) -> None:
    """A version beyond the newest, after a restored backup, is answered with silence."""
    server.on(POD_PATH, json_answer(listed(900)), json_answer(listed(10, pod("a", 5))))
    server.on_watch(POD_PATH, stream(hold=True))
    time = VirtualClock(eager=60)
    async with reflecting(connection, clock=time.clock()) as observed:
        for watches in (1, 2):
            await observed.until(partial(is_silent, server, watches, time))
            time.advance(90)
        await observed.until(lambda seen: len(seen.positions) == 2)
    (gap,) = observed.gaps
    assert (gap.from_version, gap.to_version) == ("900", "10")


async def test_a_slow_sink_is_not_taken_for_a_silent_server(
    server: ScriptedServer, connection: Connection
) -> None:
    class SlowSink(Observed):
        held = asyncio.Event()

        async def take(self, observation: Observation) -> None:
            await super().take(observation)
            if self.changes and not self.held.is_set():
                await self.held.wait()

    server.on(POD_PATH, json_answer(listed(10)))
    server.on_watch(POD_PATH, stream(line("ADDED", pod("a", 11)), hold=True))
    time = VirtualClock()
    slow = SlowSink()
    async with reflecting(connection, observed=slow, clock=time.clock()) as observed:
        await observed.until(lambda seen: seen.changes)
        time.advance(200)
        await asyncio.sleep(0.05)
        slow.held.set()
        await asyncio.sleep(0.05)
        time.advance(80)
        await asyncio.sleep(0.05)
        assert len(server.watches(POD_PATH)) == 1
