"""The few threads in which sockets read history, apart from those that make pages.

A page is made in a thread of its own. Were sockets to read there too, as many as came at once, a
burst of them would take the processor from the pages, and a slow query of one would hold up all.
"""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from django.db import close_old_connections

from dashboard import prefix

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Readers:
    """At most `threads` queries at a time; who comes when all are busy waits in order.

    A thread can't be stopped, so it stays busy until its query is done, also when nobody waits for
    the answer any more. Who is cancelled while waiting for a thread costs nothing further.
    """

    def __init__(self, threads: int) -> None:
        self._most = threads
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="socket-reader")
        self._free: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]
        self._free = WeakKeyDictionary()

    async def read(self, query: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Return what `query` returns, called in one of the threads; raises what it raises."""
        loop = asyncio.get_running_loop()
        free = self._free.setdefault(loop, asyncio.Semaphore(self._most))
        await free.acquire()

        def release(_: object) -> None:
            with contextlib.suppress(RuntimeError):  # A loop that is closed has nobody who waits.
                loop.call_soon_threadsafe(free.release)

        # In the context of who asks, which says that it only reads.
        asked = partial(query, *args, **kwargs)
        answer = self._threads.submit(copy_context().run, _with_connection, asked)
        # This future is done when the thread is, whoever was cancelled meanwhile.
        answer.add_done_callback(release)
        return await asyncio.wrap_future(answer)


def _with_connection(query: Callable[[], _T]) -> _T:
    """Call `query`; connections of this thread that are too old or broken are closed around it."""
    close_old_connections()
    try:
        with prefix.within(prefix.root()):  # Django keeps its own of it for each thread.
            return query()
    finally:
        close_old_connections()
