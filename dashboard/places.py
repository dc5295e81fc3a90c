"""Bounds how many sockets are open, whatever becomes of each of them.

A place is held for exactly as long as a block of one coroutine runs, so it is given back once, in
the same way whether the page goes, the server cancels the coroutine or something in it fails.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from eventstream.metrics import refused


class FullError(Exception):
    """Every place is taken; the message says so to the reader of a page."""


class Places:
    """The pages that are followed, at most `most` at a time; `what` says what they are."""

    def __init__(self, most: int, what: str = "pages are open") -> None:
        self.most = most
        self._what = what
        self._taken: set[object] = set()

    def __len__(self) -> int:
        return len(self._taken)

    def check(self) -> None:
        """Raise FullError when no place is left."""
        if len(self._taken) >= self.most:
            refused.count("socket")
            raise FullError(f"{self.most} {self._what}; close one of them")

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a place within this block; raises FullError when none is left."""
        self.check()
        place = object()
        self._taken.add(place)
        try:
            yield
        finally:
            self._taken.discard(place)


class Lobby:
    """The sockets that have not yet said what they follow, at most `most` at a time.

    When one more comes, the one that has been silent for longest runs out of time at once: pages
    say what they follow as soon as they can, so sockets that say nothing keep none of them out.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._limits: dict[asyncio.Timeout, None] = {}

    def __len__(self) -> int:
        return len(self._limits)

    @contextmanager
    def waiting(self, limit: asyncio.Timeout) -> Iterator[None]:
        """Wait within this block, which `limit` ends; it lies within the block of `limit`."""
        while len(self._limits) >= self.most:
            refused.count("silent-socket")
            self._let_go(next(iter(self._limits)))
        self._limits[limit] = None
        try:
            yield
        finally:
            self._limits.pop(limit, None)

    def _let_go(self, limit: asyncio.Timeout) -> None:
        del self._limits[limit]
        if not limit.expired():
            limit.reschedule(0.0)
