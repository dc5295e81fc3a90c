"""Plays a recording into a practice cluster at a pace that a test sets, and stops where it says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from practicecluster.cluster import PracticeCluster
from practicecluster.player import Player
from practicecluster.playlist import find_tape
from practicecluster.tape import Tape, read_tape


class Paced:
    """A player's `sleep`: every write takes its part of `seconds`; holds before write `hold_at`."""

    def __init__(self, tape: Tape, seconds: float) -> None:
        self._pause = seconds / len(tape.writes)
        self._made = 0
        self._gates: dict[int, tuple[asyncio.Event, asyncio.Event]] = {}

    def hold_at(self, write: int) -> tuple[asyncio.Event, asyncio.Event]:
        """Hold before this write: the first event tells that it holds, the second lets it go on."""
        self._gates[write] = asyncio.Event(), asyncio.Event()
        return self._gates[write]

    async def sleep(self, _: float) -> None:
        if self._made in self._gates:
            held, go = self._gates[self._made]
            held.set()
            await go.wait()
        self._made += 1
        await asyncio.sleep(self._pause)


def prepared(cluster: PracticeCluster, name: str, seconds: float) -> tuple[Player, Paced, Tape]:
    """A player that has put in what existed when the recording began."""
    tape = read_tape(find_tape(name))
    paced = Paced(tape, seconds)
    player = Player(cluster.store, tape, sleep=paced.sleep)
    player.prepare()
    return player, paced, tape


@asynccontextmanager
async def playing(cluster: PracticeCluster, name: str, seconds: float) -> AsyncIterator[None]:
    """Play a recording within the block, and to its end."""
    player, _, _ = prepared(cluster, name, seconds)
    task = asyncio.create_task(player.play())
    try:
        yield
        await task
    finally:
        task.cancel()
