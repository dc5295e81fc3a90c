"""Lets few lists be read at a time, whatever makes all types ask for theirs at once.

After a restart of the API server, or of its etcd, every watch has lost its place in the same
second. That many lists at once are the load that brings down a server which has just come back.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

MOST = 16
"""So many lists of one server are read at a time."""
HANGING_MOST = 4
"""So many more, of types whose list hung the last time: what hangs holds up only its like."""
HANGS_SECONDS = 5.0
"""A list that was read for so long, and failed, hangs; one refused at once holds up none."""
HELD_SECONDS = 60.0
"""Who reads one for longer goes on and gives its place to the next: it may trickle for hours."""


class Lists:
    """The places of one connection."""

    def __init__(self) -> None:
        self._first = asyncio.Semaphore(MOST)
        self._hanging = asyncio.Semaphore(HANGING_MOST)

    @asynccontextmanager
    async def place(self, *, hangs: bool) -> AsyncIterator[None]:
        """Wait for a place, in the order of asking; `hangs` where it did the last time."""
        places = self._hanging if hangs else self._first
        await places.acquire()
        held = [places.release]

        def give_back() -> None:
            if held:
                held.pop()()

        timer = asyncio.get_running_loop().call_later(HELD_SECONDS, give_back)
        try:
            yield
        finally:
            timer.cancel()
            give_back()
