"""Lets pages be answered between two pieces of work, however many pieces there are.

A watch brings lines by the thousand, and one tick may judge as many traces: each is short, and
together they hold the loop, which serves the pages too. So whoever works there asks after each
piece whether this turn of the loop has had its share.
"""

import asyncio
import time
from collections.abc import Callable

TURN_SECONDS = 0.005
"""What all watching together may work in one turn of the loop, but for the piece that begins last.

A page needs about ten turns, and a turn by itself costs some 50 us."""


class Turns:
    """How long was worked in the loop's present turn; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._began: float | None = None

    async def share(self) -> None:
        """Return at once while there is time left in this turn, else in the next one.

        Await it after each piece of work: the turn counts from the first.
        """
        if self._began is None:
            self._began = self._clock()
            asyncio.get_running_loop().call_soon(self._end)
        elif self._clock() - self._began > TURN_SECONDS:
            await asyncio.sleep(0)

    def _end(self) -> None:
        self._began = None
