"""Gives up what has gone silent, which no error of the network ever tells.

A frozen server or a firewall that forgot the connection leaves a client waiting for ever. A live
watch brings a bookmark about once a minute, so longer silence means that it is dead.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from eventstream.kubeapi.clock import Clock
from eventstream.kubeapi.connection import ByteStream

SILENCE_SECONDS = 90.0

_T = TypeVar("_T")


class SilentError(Exception):
    """Nothing came for so long that nothing is expected any more."""


async def within(
    clock: Clock,
    seconds: float,
    answer: Coroutine[Any, Any, _T],
    discard: Callable[[_T], object] = lambda _: None,
) -> _T:
    """Return what `answer` gives; raises SilentError after `seconds` without it.

    An answer that comes when nobody waits for it any more is given to `discard`.
    """
    waiting = asyncio.ensure_future(answer)
    timer = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({waiting, timer}, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return waiting.result()
        await _abandon(waiting, discard)
    except asyncio.CancelledError:
        await _abandon(waiting, discard)
        raise
    finally:
        timer.cancel()
    raise SilentError


async def _abandon(waiting: asyncio.Future[_T], discard: Callable[[_T], object]) -> None:
    """End what is waited for; it may have come to a result all the same."""
    waiting.cancel()
    await asyncio.wait({waiting})
    if not waiting.cancelled() and waiting.exception() is None:
        discard(waiting.result())


class Watchdog:
    """Closes the stream once no line has come for `seconds` while one was being waited for."""

    def __init__(self, stream: ByteStream, clock: Clock, seconds: float) -> None:
        self._stream = stream
        self._clock = clock
        self._seconds = seconds
        self._heard_at = clock.monotonic()
        self._reading = asyncio.Event()
        self._reading.set()
        self.fired = False
        self._task = asyncio.create_task(self._guard())

    async def stop(self) -> None:
        """End it; it closes nothing any more."""
        self._task.cancel()
        await asyncio.wait({self._task})

    def pause(self) -> None:
        """Say that lines came and are being worked on: the silence is not the server's."""
        self._reading.clear()

    def resume(self) -> None:
        """Say that those lines are taken and the next are waited for."""
        if not self._reading.is_set():
            self._heard_at = self._clock.monotonic()
            self._reading.set()

    async def _guard(self) -> None:
        while not self.fired:
            silent = self._clock.monotonic() - self._heard_at
            if silent < self._seconds:
                await self._clock.sleep(self._seconds - silent)
            elif self._reading.is_set():
                self.fired = True
                self._stream.close()
            else:
                await self._reading.wait()
