"""A practice cluster in this process, whose recordings go on when a test says so, and a dashboard.

What a page is to show while something happens is then there to be seen, however busy the machine
is: nothing happens before the page is open, or while a step of the test waits for its turn.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.programs import Dashboard
from practicecluster.access import Viewer
from practicecluster.cluster import PracticeCluster
from practicecluster.kubeconfig import write_kubeconfig
from practicecluster.player import Player
from practicecluster.playlist import find_tape
from practicecluster.store import Store
from practicecluster.tape import read_tape

_T = TypeVar("_T")


class Hosted:
    """A practice cluster in a thread of this process, which forbids the types in `forbidden`."""

    def __init__(self, kubeconfig: Path, forbidden: Iterable[str] = ()) -> None:
        self.cluster = PracticeCluster()
        self.cluster.access.forbidden |= set(forbidden)
        self.kubeconfig = kubeconfig
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="cluster", daemon=True)
        self._thread.start()
        self.do(self.cluster.__aenter__())
        write_kubeconfig(self.cluster.kubeconfig(), kubeconfig)

    def do(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Do this in the cluster's thread, and return what it returns."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    @property
    def is_ended(self) -> bool:
        """Whether its thread has ended."""
        return self._loop.is_closed()

    def end(self) -> None:
        """End the cluster and its thread, if that was not done yet."""
        if self.is_ended:
            return
        self.do(self.cluster.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Recording:
    """A recording whose beginning is in `store`; its writes are made when that is said."""

    def __init__(self, store: Store, name: str, speed: float) -> None:
        tape = read_tape(find_tape(name))
        self._writes = len(tape.writes)
        self._allowed = 0
        self._begun = 0
        self._changed = asyncio.Condition()
        self._player = Player(store, tape, speed=speed, sleep=self._sleep)
        self._player.prepare()
        self._task: asyncio.Task[None] | None = None

    async def play(self, writes: int | None) -> None:
        """Go on until so many of its writes are made, all for None; returns when they are."""
        if self._task is None:
            self._task = asyncio.create_task(self._player.play())
        async with self._changed:
            self._allowed = self._writes if writes is None else writes
            self._changed.notify_all()
            await self._changed.wait_for(lambda: self._begun > self._allowed or self._is_last())
        if self._is_last():
            await self._task

    async def leave(self) -> None:
        """Make none of the writes that are left."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    def _is_last(self) -> bool:
        return self._allowed >= self._writes

    async def _sleep(self, seconds: float) -> None:
        """Wait for the time of the next write, and until it may be made."""
        async with self._changed:
            self._begun += 1
            self._changed.notify_all()
            await self._changed.wait_for(lambda: self._begun <= self._allowed)
        await asyncio.sleep(seconds)


class Baton(Dashboard):
    """A dashboard that has listed the beginning of a recording, and the cluster it watches."""

    def __init__(
        self, directory: Path, name: str, *, speed: float = 1.0, forbidden: Iterable[str] = ()
    ) -> None:
        self._speed = speed
        self._hosted = Hosted(directory / "kubeconfig", forbidden)
        try:
            self.insert(name)
            super().__init__(directory, self._hosted.kubeconfig)
            self.program.wait_until(self.has_listed)
        except BaseException:
            self._hosted.end()
            raise

    def insert(self, name: str) -> None:
        """Take out what is left of the recording before, and put in the beginning of this one."""
        self._hosted.do(self._insert(name))

    def play(self, writes: int | None = None) -> None:
        """Go on until so many of the recording's writes are made, by default all."""
        self._hosted.do(self._recording.play(writes))

    def invite(self, people: Mapping[str, Viewer]) -> None:
        """Let these people sign in, by their tokens."""
        self._hosted.cluster.access.viewers |= people

    def vouch(self, known: Callable[[str], Viewer | None]) -> None:
        """Let whoever this knows by a token sign in."""
        self._hosted.cluster.access.vouched = known

    async def _insert(self, name: str) -> None:
        self._recording = Recording(self._hosted.cluster.store, name, self._speed)

    def end(self) -> None:
        """End both, the dashboard first."""
        super().end()
        if not self._hosted.is_ended:
            self._hosted.do(self._recording.leave())
        self._hosted.end()
