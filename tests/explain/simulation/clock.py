"""Runs what happens at its time, so that a whole cluster fits into one thread without waiting."""

import heapq
from collections.abc import Callable, Generator
from random import Random

Work = Generator[float, None, None]
"""What an actor does: each value is how many seconds pass before it goes on."""

START = 1_800_000_000.25


class Clock:
    """Simulated time in unix seconds, and the one source of chance of a run."""

    def __init__(self, seed: int) -> None:
        self.now = START
        self.random = Random(seed)
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        """Have something happen later; what is due at the same time keeps its order."""
        self._count += 1
        heapq.heappush(self._due, (self.now + seconds, self._count, call))

    def between(self, least: float, most: float) -> float:
        """A random number of seconds."""
        return self.random.uniform(least, most)

    def start(self, work: Work, then: Callable[[], None] = lambda: None) -> None:
        """Do work that takes time, step by step, and then call `then`."""

        def go_on() -> None:
            try:
                pause = next(work)
            except StopIteration:
                then()
            else:
                self.after(pause, go_on)

        go_on()

    def run(self, until: float) -> None:
        """Let everything happen that is due by `until`."""
        while self._due and self._due[0][0] <= until:
            self.now, _, call = heapq.heappop(self._due)
            call()
        self.now = until
