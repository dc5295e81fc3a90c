"""What a real cluster does to its clients: killed servers, compaction, slow readers, restores.

The practice cluster plays it, with hundreds of writes in the meantime; `guarantees` judges.
"""

import asyncio
from collections.abc import Mapping

import pytest

from eventstream.kubeapi.connection import ByteStream, Connection
from eventstream.objects.observations import Change, Observation, Position
from practicecluster.cluster import PracticeCluster
from practicecluster.faults import Reply
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.guarantees import Account, Kind, Write, state_at
from tests.kubeapi.objects import POD_PATH, PODS, pod
from tests.kubeapi.observing import Observed, reflecting

PODS_ALIVE = 20


class Writer:
    """Writes Pods, one after the other, and remembers what it wrote."""

    def __init__(self, cluster: PracticeCluster, filler: int = 0) -> None:
        self._filler = "x" * filler
        self._store = cluster.store
        served = cluster.store.types.find(PODS.key)
        assert served is not None
        self._served = served
        self._round = 0
        self.writes: list[Write] = []

    def write(self, number: int) -> None:
        """Create Pod `number`, change it, or every fifth time delete it."""
        self._round += 1
        uid = f"uid-{number}"
        content = pod(f"pod{number}", 0, uid)
        content["metadata"]["annotations"] = {"filler": self._filler}
        exists = uid in state_at(self.writes, self._round * 1000)
        if exists and self._round % 5 == 0:
            version, kind = self._store.delete(self._served, content), "DELETED"
        else:
            version = self._store.put(self._served, content)
            kind = "MODIFIED" if exists else "ADDED"
        self.writes.append(Write(version, _kind(kind), uid))

    async def write_many(self, count: int) -> None:
        """Write `count` times at about a thousand a second."""
        for number in range(count):
            self.write(number % PODS_ALIVE)
            await asyncio.sleep(0.001)

    def is_known_to(self, observed: Observed) -> bool:
        """Whether all that exists now has been told."""
        known = {each.after.uid: each.after.version for each in observed.changes}
        for change in observed.changes:
            if change.type in {"DELETED", "VANISHED"}:
                known.pop(change.after.uid, None)
            else:
                known[change.after.uid] = change.after.version
        return known == state_at(self.writes, self.writes[-1].version)


def _kind(text: str) -> Kind:
    return {"ADDED": "ADDED", "MODIFIED": "MODIFIED", "DELETED": "DELETED"}[text]  # type: ignore[return-value]


def watches_of(connection: Connection) -> list[Mapping[str, str]]:
    """Return the parameters of each watch that is opened from now on, as they are opened."""
    opened: list[Mapping[str, str]] = []
    open_stream = connection.open_stream

    async def counted(path: str, params: Mapping[str, str] | None = None) -> ByteStream:
        opened.append(params or {})
        return await open_stream(path, params)

    connection.open_stream = counted  # type: ignore[method-assign]
    return opened


def judge(writer: Writer, observed: Observed) -> None:
    told: list[Observation] = observed.all
    Account(writer.writes).check(told)


async def test_a_server_killed_again_and_again_under_load_loses_nothing(
    practice: PracticeCluster, practice_connection: Connection
) -> None:
    writer = Writer(practice)
    clock = VirtualClock(eager=60).clock()
    async with reflecting(practice_connection, clock=clock) as observed:
        writing = asyncio.create_task(writer.write_many(500))
        while not writing.done():
            await asyncio.sleep(0.05)
            await practice.down()
            await asyncio.sleep(0.02)
            await practice.up()
        await observed.until(writer.is_known_to)
    judge(writer, observed)
    assert observed.gaps == []


async def test_compaction_under_load_leaves_gaps_with_bounds_and_the_right_state(
    practice: PracticeCluster, practice_connection: Connection
) -> None:
    writer = Writer(practice)
    clock = VirtualClock(eager=60).clock()
    async with reflecting(practice_connection, clock=clock) as observed:
        writing = asyncio.create_task(writer.write_many(500))
        while not writing.done():
            await asyncio.sleep(0.05)
            await practice.down()
            await asyncio.sleep(0.02)
            practice.store.compact()
            await practice.up()
        await observed.until(writer.is_known_to)
    judge(writer, observed)
    assert observed.gaps
    told = [each for each in observed.coverage() if each.state == "watching"][-1]
    assert told.gap_count == len(observed.gaps)
    assert told.gaps == tuple(observed.gaps[-3:])


async def test_a_slow_sink_costs_its_watch_and_no_event(
    practice: PracticeCluster, practice_connection: Connection
) -> None:
    class Slow(Observed):
        async def take(self, observation: Observation) -> None:
            await super().take(observation)
            if isinstance(observation, Change):
                await asyncio.sleep(0.005)

    practice.faults.end_slow(POD_PATH, 1)
    opened = watches_of(practice_connection)
    writer = Writer(practice, filler=200_000)
    slow = Slow()
    clock = VirtualClock(eager=60).clock()
    async with reflecting(practice_connection, observed=slow, clock=clock) as observed:
        await observed.until_state("watching")
        await writer.write_many(100)
        await observed.until(writer.is_known_to)
    assert len(opened) > 1, "the server has given the slow reader up"
    judge(writer, observed)
    assert observed.gaps == []


async def test_a_restored_backup_is_told_as_a_gap_and_what_it_lost_as_vanished(
    practice: PracticeCluster, practice_connection: Connection
) -> None:
    writer = Writer(practice)
    time = VirtualClock(eager=60)
    async with reflecting(practice_connection, clock=time.clock()) as observed:
        writer.write(1)
        backup = practice.store.backup()
        for number in range(2, 12):
            writer.write(number)
        await observed.until(writer.is_known_to)
        newest = practice.store.newest_revision()
        await practice.down()
        practice.store.restore(backup)
        await observed.until_state("backing-off", "unreachable")
        await practice.up()
        await observed.until(lambda seen: seen.gaps)
        await observed.until_state("watching")
    (gap,) = observed.gaps
    assert int(gap.from_version) == newest
    assert int(gap.to_version) == backup.shared_revision
    assert "went back in time" in gap.reason
    after = observed.all[observed.all.index(gap) :]
    vanished = [e.after.uid for e in after if isinstance(e, Change) and e.type == "VANISHED"]
    assert sorted(vanished) == sorted(f"uid-{number}" for number in range(2, 12))
    position = next(each for each in after if isinstance(each, Position))
    assert position.resource_version == gap.to_version


async def test_answers_that_are_late_and_dribble_change_nothing(
    practice: PracticeCluster, practice_connection: Connection
) -> None:
    practice.faults.delay(POD_PATH, 0.01)
    practice.faults.trickle(POD_PATH, 7)
    writer = Writer(practice)
    async with reflecting(practice_connection) as observed:
        await writer.write_many(50)
        await observed.until(writer.is_known_to)
    judge(writer, observed)
    assert observed.gaps == []


@pytest.mark.parametrize(
    ("code", "reason"),
    [(503, "ServiceUnavailable"), (403, "Forbidden"), (404, "NotFound"), (401, "Unauthorized")],
)
async def test_what_a_server_says_while_it_starts_costs_a_watch_seconds_and_no_list(
    practice: PracticeCluster, practice_connection: Connection, code: int, reason: str
) -> None:
    """Until it has read its RBAC rules and CRDs, a server refuses what it will soon allow."""
    writer = Writer(practice)
    time = VirtualClock(eager=60)
    async with reflecting(practice_connection, clock=time.clock()) as observed:
        await observed.until_state("watching")
        practice.faults.reply(POD_PATH, Reply(code, times=3, reason=reason))
        practice.faults.drop(POD_PATH)
        writer.write(1)
        begun = time.time
        await observed.until(writer.is_known_to)
        assert time.time - begun < 15
    judge(writer, observed)
    assert observed.gaps == []
    assert len([each for each in observed.positions if each.listed]) == 1
    assert "gone" not in {each.state for each in observed.coverage()}
