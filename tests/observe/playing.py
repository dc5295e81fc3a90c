"""Plays a recording into a practice cluster at a pace that a test sets, and stops where it says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from practicecluster.cluster import PracticeCluster
from practicecluster.player import Player
from practicecluster.playlist import find_tape
from practicecluster.tape import read_tape
from tests.observe.running import History, until


class Playing:
    """A recording whose beginning is there already; `play` makes its writes, in `seconds`."""

    def __init__(self, cluster: PracticeCluster, name: str, seconds: float) -> None:
        tape = read_tape(find_tape(name))
        self.writes = len(tape.writes)
        self._pause = seconds / self.writes
        self._made = 0
        self._allowed = self.writes
        self._go_on = asyncio.Event()
        self._player = Player(cluster.store, tape, sleep=self._sleep)
        self._player.prepare()
        self._task: asyncio.Task[None] | None = None

    async def play(self, *, until_write: int | None = None) -> None:
        """Go on to this write, counted from the beginning, or to the end."""
        self._allowed = self.writes if until_write is None else until_write
        self._go_on.set()
        if self._task is None:
            self._task = asyncio.create_task(self._player.play())
        if until_write is None:
            await self._task
        else:
            await self.reached(until_write)

    async def reached(self, write: int) -> None:
        """Return once this many writes are made."""
        await until(lambda: self._made >= write, f"{write} writes are made")

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _sleep(self, _: float) -> None:
        while self._made >= self._allowed:
            self._go_on.clear()
            await self._go_on.wait()
        await asyncio.sleep(self._pause)
        self._made += 1


async def caught_up(cluster: PracticeCluster, data: Path | str) -> None:
    """Return once all that the cluster has is stored, see `History`."""

    def reached() -> bool:
        cluster.store.progress()
        newest = cluster.store.newest_revision()
        positions = History(data).positions().values()
        return bool(positions) and all(int(p.resource_version or 0) >= newest for p in positions)

    await until(reached, "what the cluster has is stored")


@asynccontextmanager
async def playing(
    cluster: PracticeCluster, name: str, data: Path, seconds: float = 0.5
) -> AsyncIterator[Playing]:
    """A recording whose beginning the observer of `data` has stored; stops with the block."""
    await caught_up(cluster, data)
    recording = Playing(cluster, name, seconds)
    try:
        await caught_up(cluster, data)
        yield recording
    finally:
        recording.stop()
