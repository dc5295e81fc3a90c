"""How controllers wait: by the real clock, or by a virtual one that runs a cluster in one thread.

What a controller does is a generator: each value that it yields is how many seconds pass before it
goes on. So it is written once, and reads no clock but the one that it is given.
"""

import heapq
import itertools
import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from random import Random

Work = Generator[float, None, None]
"""What an actor does: each value is how many seconds pass before it goes on."""

START = 1_800_000_000.25
LAG, PROMPT = (0.001, 0.03), (0.0005, 0.003)
"""Caches of a busy cluster, and of an idle one, in seconds."""
_LOG = logging.getLogger(__name__)


class Clock(ABC):
    """Time in unix seconds (`now`), and the one source of chance of a run.

    `lag` is how far behind the caches of controllers are, in seconds: from least to most.
    """

    now: float

    def __init__(self, seed: int, lag: tuple[float, float] = LAG) -> None:
        self.random = Random(seed)  # noqa: S311 - What it decides is no secret.
        self.lag = lag

    @abstractmethod
    def after(self, seconds: float, call: Callable[[], None]) -> None:
        """Have something happen later; what is due at the same time keeps its order."""

    @abstractmethod
    def at(self, due: float, call: Callable[[], None]) -> None:
        """Have something happen at a time; what is due earlier, or was said first, comes first."""

    def between(self, least: float, most: float) -> float:
        """Return a random number of seconds."""
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


class VirtualClock(Clock):
    """Time that moves only when somebody runs it, so that nothing waits."""

    def __init__(self, seed: int, lag: tuple[float, float] = LAG) -> None:
        super().__init__(seed, lag)
        self.now = START
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        """Have something happen later; what is due at the same time keeps its order."""
        self.at(self.now + seconds, call)

    def at(self, due: float, call: Callable[[], None]) -> None:
        """Have something happen at a time; what is due earlier, or was said first, comes first."""
        self._count += 1
        heapq.heappush(self._due, (due, self._count, call))

    def run(self, until: float) -> None:
        """Let everything happen that is due by `until`."""
        while self._due and self._due[0][0] <= until:
            self.now, _, call = heapq.heappop(self._due)
            call()
        self.now = until


class RealClock(Clock):
    """The machine's time; what is due is done in the one thread that runs it."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed, PROMPT)
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._changed = threading.Condition()
        self._ended = False
        self._apart = time.time() - time.monotonic()

    @property
    def now(self) -> float:  # type: ignore[override] # It moves by itself.
        """The time in unix seconds."""
        return time.monotonic() + self._apart

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        """Have something happen later; any thread may say so."""
        self.at(self.now + seconds, call)

    def at(self, due: float, call: Callable[[], None]) -> None:
        """Have something happen at a time; what is due earlier, or was said first, comes first."""
        with self._changed:
            heapq.heappush(self._due, (due - self._apart, next(self._count), call))
            self._changed.notify()

    def run(self) -> None:
        """Do what is due until `end`; what fails is logged, and the rest goes on."""
        while (call := self._next()) is not None:
            try:
                call()
            except Exception:  # noqa: BLE001 - One controller's fault ends no other's work.
                _LOG.exception("A controller's work failed; what follows goes on.")

    def end(self) -> None:
        """Let `run` return."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    def _next(self) -> Callable[[], None] | None:
        """Return what is due next, once it is; None at the end."""
        with self._changed:
            while not self._ended:
                left = self._due[0][0] - time.monotonic() if self._due else None
                if left is not None and left <= 0:
                    return heapq.heappop(self._due)[2]
                self._changed.wait(left)
            return None
