"""Keeps the event loop free for pages and probes, however much there is to read.

A task that never has to wait holds all others up, and a thousand that each work a little hold
them up a thousand times as long. So work is cut into small pieces, of which only one is done
between two looks of the loop at everything else, and few may gather something large at a time.
"""

import asyncio

from eventstream.kubeapi.lists import Lists

ITEMS = 64
"""So many objects are read or handed on in one piece of work."""
LARGE = 128 * 1024
"""Bytes of one unfinished object, beyond which it counts as large."""
LARGE_READS = 4


class Turns:
    """What the tasks of one connection share: `next` before each piece of work.

    `lists` is how they share the server.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self.large = asyncio.Semaphore(LARGE_READS)
        self.lists = Lists()

    async def next(self) -> None:
        """Wait for one's turn, in the order of asking; one turn is given each time around."""
        async with self._lock:
            await asyncio.sleep(0)


class LargeRead:
    """One reader's place among the few that may gather something large."""

    def __init__(self, turns: Turns) -> None:
        self._places = turns.large
        self._has_place = False

    def needs_place(self, unfinished: int) -> bool:
        """Return whether so many bytes are large and no place is held; give one up if not large."""
        if unfinished <= LARGE:
            self.close()
            return False
        return not self._has_place

    async def place(self) -> None:
        """Wait for a place."""
        await self._places.acquire()
        self._has_place = True

    def close(self) -> None:
        """Give the place up, if one is held."""
        if self._has_place:
            self._has_place = False
            self._places.release()
