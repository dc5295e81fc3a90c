"""A clock that a test moves, so that minutes of back-off or silence take no time."""

import asyncio

from eventstream.kubeapi.clock import Clock


class VirtualClock:
    """Time stands still until `advance`; sleeps of less than `eager` seconds elapse at once."""

    def __init__(self, eager: float = 0.0) -> None:
        self.time = 1_000_000.0
        self.slept: list[float] = []
        self._eager = eager
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def clock(self) -> Clock:
        return Clock(lambda: self.time, lambda: self.time, self._sleep, lambda: 0.5)

    def advance(self, seconds: float) -> None:
        self.time += seconds
        for due, sleeper in self._sleepers:
            if due <= self.time and not sleeper.done():
                sleeper.set_result(None)
        self._sleepers = [each for each in self._sleepers if not each[1].done()]

    @property
    def asleep(self) -> int:
        """How many tasks wait for this clock."""
        return sum(not sleeper.done() for _, sleeper in self._sleepers)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if seconds < self._eager:
            self.time += seconds
            await asyncio.sleep(0)
            return
        sleeper = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.time + seconds, sleeper))
        await sleeper
