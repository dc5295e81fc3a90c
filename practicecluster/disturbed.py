"""Writes the bytes of a watch as a test wants them disturbed; straight on unless it does."""

import asyncio

from aiohttp import web

from practicecluster.faults import Disturbance, Faults


class CutError(Exception):
    """A test wanted the connection to break off here."""


class SlowReaderError(Exception):
    """The client lets too much wait, so that its watch is to end."""


class DisturbedWriter:
    """The way of a watch's bytes to its client."""

    def __init__(self, request: web.Request, response: web.StreamResponse, faults: Faults) -> None:
        self._request = request
        self._response = response
        self._faults = faults
        self._disturbance: Disturbance = faults.take_disturbance(request.path)

    @property
    def ends_at_once(self) -> bool:
        """Whether the watch is to end before it brought anything."""
        return self._disturbance.ends_at_once

    async def write(self, lines: bytes) -> None:
        """Write whole lines; raises CutError or SlowReaderError where the watch is to end."""
        await self._faults.flowing()
        await self._faults.wait(self._request.path)
        if self._disturbance.garbage is not None:
            lines = self._disturbance.garbage + lines.partition(b"\n")[2]
            self._disturbance.garbage = None
        if self._disturbance.cut_after is not None:
            await self._cut(lines, self._disturbance.cut_after)
        elif self._disturbance.drop_size is not None:
            await self._trickle(lines, self._disturbance.drop_size)
        else:
            await self._put(lines)

    def close(self) -> None:
        """Break off after what was written, without the end that chunked encoding promises."""
        if self._request.transport is not None:
            self._request.transport.close()

    def abort(self) -> None:
        """Break the connection at once, whatever was still to be sent."""
        if self._request.transport is not None:
            self._request.transport.abort()

    async def _cut(self, lines: bytes, after: int) -> None:
        kept = lines[:after]
        await self._response.write(kept)
        self._disturbance.cut_after = after - len(kept)
        if self._disturbance.cut_after <= 0:
            raise CutError

    async def _trickle(self, lines: bytes, size: int) -> None:
        for start in range(0, len(lines), size):
            await self._response.write(lines[start : start + size])
            await asyncio.sleep(0)

    async def _put(self, lines: bytes) -> None:
        limit, transport = self._disturbance.slow_limit, self._request.transport
        if limit is None or transport is None:
            await self._response.write(lines)
            return
        # Without this, the write itself would wait until the client has read.
        transport.set_write_buffer_limits(high=2 * limit + len(lines))
        await self._response.write(lines)
        if transport.get_write_buffer_size() > limit:
            raise SlowReaderError
