"""Reads, draws and encodes once what several pages are to be told.

When much happens, most pages that are open follow the same: what one of them is told, all others
in the same position are told too. So who comes first asks history, and the others wait for its
answer, or find it kept.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, NamedTuple, TypeVar

from dashboard import prefix
from eventstream import history

KEPT_BYTES = 16 * 1024 * 1024
KEPT_SECONDS = 5.0
"""So long an answer is kept: a page that comes to its position later asks history by itself."""

T = TypeVar("T")


class _Kept(NamedTuple, Generic[T]):
    answer: T
    size: int
    at: float


class _Asking(Generic[T]):
    def __init__(self, task: asyncio.Future[T]) -> None:
        self.task = task
        self.waiting = 0


class Sharing(Generic[T]):
    """Answers of history by the position of a page, which says all that they depend on.

    Which history is asked, by which rights, and below which path what is drawn leads on, are part
    of each position. `size` says how many bytes of an answer are kept, None for one that is not.
    """

    def __init__(self, size: Callable[[T], int | None]) -> None:
        self._size = size
        self._bytes = 0
        self._kept: OrderedDict[Hashable, _Kept[T]] = OrderedDict()
        self._asking: dict[Hashable, _Asking[T]] = {}

    async def get(self, position: Hashable, ask: Callable[[], Awaitable[T]]) -> T:
        """Return what `ask` returns, or returned to another page; raises what it raises.

        Nothing goes on being asked that no page waits for any more.
        """
        loop, rights = asyncio.get_running_loop(), history.seen()
        key = loop, history.current(), rights.digest, prefix.root(), position
        kept = self._kept.get(key)
        if kept is not None:
            return kept.answer
        asking = self._asking.get(key)
        if asking is None:
            # By the rights in the key, which may grow for the page that asks while it waits.
            with history.seeing(rights):
                asking = self._asking[key] = _Asking(asyncio.ensure_future(ask()))
        asking.waiting += 1
        try:
            answer = await asyncio.shield(asking.task)
        finally:
            self._left(key, asking)
        if key not in self._kept:
            self._keep(key, answer, loop.time())
        return answer

    def _left(self, key: Hashable, asking: _Asking[T]) -> None:
        asking.waiting -= 1
        if asking.waiting and not asking.task.done():
            return
        asking.task.cancel()
        if self._asking.get(key) is asking:
            del self._asking[key]

    def _keep(self, key: Hashable, answer: T, now: float) -> None:
        size = self._size(answer)
        if size is None:
            return
        self._kept[key] = _Kept(answer, size, now)
        self._bytes += size
        while self._kept:
            oldest = next(iter(self._kept.values()))
            if self._bytes <= KEPT_BYTES and now - oldest.at < KEPT_SECONDS:
                break
            self._bytes -= self._kept.popitem(last=False)[1].size
