"""A server that has frozen is noticed, left and come back to; a busy sink is not its fault."""

import asyncio
from functools import partial

from eventstream.kubeapi.connection import Connection
from eventstream.objects.observations import Observation
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.objects import POD_PATH, bookmark, line, listed, pod
from tests.kubeapi.observing import Observed, reflecting
from tests.kubeapi.scripted import Answer, ScriptedServer, json_answer, stream


async def test_a_frozen_watch_is_left_after_90_seconds_and_nothing_is_lost(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, json_answer(listed(10)), json_answer(listed(12)))
    server.on_watch(
        POD_PATH,
        stream(bookmark(10), line("ADDED", pod("a", 11)), hold=True),
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


async def test_a_watch_whose_answer_never_begins_is_left_after_90_seconds(
    server: ScriptedServer, connection: Connection
) -> None:
    """A half-open connection, or a proxy that passes on nothing before the first event."""
    server.on(POD_PATH, json_answer(listed(10)))
    server.on_watch(
        POD_PATH, Answer(b"", hold=True), stream(line("ADDED", pod("a", 11)), hold=True)
    )
    time = VirtualClock()
    async with reflecting(connection, clock=time.clock()) as observed:
        await observed.until(lambda _: server.watches(POD_PATH))
        time.advance(89)
        await asyncio.sleep(0.02)
        assert not observed.coverage()[-1].problem
        time.advance(1)
        await observed.until(lambda seen: seen.changes)
    assert observed.told == [("ADDED", "a", "11")]
    told = next(each for each in observed.coverage() if each.problem)
    assert told.problem is not None
    assert (told.state, told.problem.code) == ("backing-off", "stalled")


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


async def test_a_server_that_was_restored_and_is_behind_is_found_out_by_its_silence(
    server: ScriptedServer, connection: Connection
) -> None:
    """A watch of a version beyond the newest is answered with silence, then by what comes later."""
    server.on(
        POD_PATH,
        json_answer(listed(900, pod("a", 5), pod("b", 800))),
        json_answer(listed(10, pod("a", 5), pod("c", 9))),
    )
    server.on_watch(POD_PATH, stream(hold=True))
    time = VirtualClock()
    async with reflecting(connection, clock=time.clock()) as observed:
        await observed.until_state("watching")
        time.advance(90)
        await observed.until(lambda seen: len(seen.positions) == 2)
    (gap,) = observed.gaps
    assert (gap.from_version, gap.to_version) == ("900", "10")
    assert "went back in time" in gap.reason
    assert observed.told[2:] == [("VANISHED", "b", "800"), ("ADDED", "c", "9")]


async def test_after_a_restore_equal_versions_do_not_mean_equal_objects(
    server: ScriptedServer, connection: Connection
) -> None:
    other = pod("a", 5)
    other["metadata"]["labels"] = {"written": "after the restore"}
    server.on(POD_PATH, json_answer(listed(900, pod("a", 5))), json_answer(listed(10, other)))
    server.on_watch(POD_PATH, stream(hold=True))
    time = VirtualClock()
    async with reflecting(connection, clock=time.clock()) as observed:
        await observed.until_state("watching")
        time.advance(90)
        await observed.until(lambda seen: len(seen.positions) == 2)
    assert observed.told == [("EXISTING", "a", "5"), ("MODIFIED", "a", "5")]


async def test_a_server_without_bookmarks_is_asked_for_its_version_and_in_no_trouble(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, json_answer(listed(10)), json_answer(listed(77)))
    server.on_watch(POD_PATH, stream(hold=True))
    time = VirtualClock()
    async with reflecting(connection, clock=time.clock()) as observed:
        for watches in (1, 2, 3):
            await observed.until(partial(is_guarded, time, watches))
            time.advance(90)
        await observed.until(partial(is_guarded, time, 4))
    assert observed.gaps == []
    assert {each.state for each in observed.coverage()} == {"listing", "watching"}
    assert observed.coverage()[-1].errors == 0
    assert len(server.lists(POD_PATH)) == 1
    assert sum(each.checks for each in server.requests) == 3


async def test_bookmarks_of_an_idle_type_say_that_its_server_is_no_further(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, json_answer(listed(10)))
    server.on_watch(POD_PATH, *[stream(bookmark(10), hold=False)] * 8, stream(hold=True))
    time = VirtualClock(eager=60)
    async with reflecting(connection, clock=time.clock()) as observed:
        await observed.until(lambda _: len(server.watches(POD_PATH)) == 9)
    assert not any(each.checks for each in server.requests)
    assert len(observed.positions) == 1


def is_guarded(time: VirtualClock, watches: int, _: Observed) -> bool:
    """Whether so many watches were opened and guarded, each of which waits, after one stream."""
    return time.slept.count(90) == 1 + 2 * watches


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
