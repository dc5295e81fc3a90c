"""Ends a watch that has gone silent, which no error of the network ever tells.

A frozen server or a firewall that forgot the connection leaves a client waiting for ever. A live
watch brings a bookmark about once a minute, so longer silence means that it is dead.
"""

import asyncio
from types import TracebackType

from eventstream.kubeapi.clock import Clock
from eventstream.kubeapi.connection import ByteStream

SILENCE_SECONDS = 90.0


class Watchdog:
    """Closes the stream once no line has come for 90 s while one was being waited for."""

    def __init__(self, stream: ByteStream, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock
        self._heard_at = clock.monotonic()
        self._reading = True
        self.fired = False
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Watchdog":
        self._task = asyncio.create_task(self._guard())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    def pause(self) -> None:
        """Say that bytes came and are being worked on: the silence is not the server's."""
        self._reading = False

    def resume(self, *, heard: bool) -> None:
        """Say that the next bytes are waited for; `heard` if whole lines had come."""
        self._reading = True
        if heard:
            self._heard_at = self._clock.monotonic()

    async def _guard(self) -> None:
        while not self.fired:
            silent = self._clock.monotonic() - self._heard_at
            if silent < SILENCE_SECONDS:
                await self._clock.sleep(SILENCE_SECONDS - silent)
            elif self._reading:
                self.fired = True
                self._stream.close()
            else:
                await self._clock.sleep(1.0)
