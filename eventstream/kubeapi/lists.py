"""Lets few lists be read at a time, whatever makes all types ask for theirs at once.

After a restart of the API server, or of its etcd, every watch has lost its place in the same
second. That many lists at once are the load that brings down a server which has just come back.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

MOST = 16
"""So many lists of one server are read at a time."""
AGAIN_MOST = 4
"""So many more, of types whose list failed the last time: what hangs holds up only its like."""


class Lists:
    """The places of one connection."""

    def __init__(self) -> None:
        self._first = asyncio.Semaphore(MOST)
        self._again = asyncio.Semaphore(AGAIN_MOST)

    @asynccontextmanager
    async def place(self, *, again: bool) -> AsyncIterator[None]:
        """Wait for a place, in the order of asking; `again` where it failed the last time."""
        async with self._again if again else self._first:
            yield
