"""A watch's connection: it waits for the store without polling, and writes what the watch gives."""

import asyncio
import random

import msgspec
from aiohttp import web

from practicecluster.changes import watch_line
from practicecluster.faults import Faults
from practicecluster.statuses import ApiError
from practicecluster.watching import Watch

# As kube-apiserver's --min-request-timeout: a watch lasts between this and twice as long.
_DEFAULT_SECONDS = 1_800.0
# In a burst, lines are gathered this long, so that hundreds of watches are not woken a write each.
_GATHERING_SECONDS = 0.005
HEADERS = {"Cache-Control": "no-cache, private", "Content-Type": "application/json"}


class _CutError(Exception):
    """A test wanted the connection to break off here."""


class WatchStream:
    """Serves one watch until it times out, ends, or its client goes."""

    def __init__(
        self,
        request: web.Request,
        faults: Faults,
        *,
        timeout: float | None,
        bookmark_seconds: float,
    ) -> None:
        self._request = request
        self._response = web.StreamResponse(headers=HEADERS)
        self._faults = faults
        self._cut_after = faults.take_cut(request.path)
        self._bookmark_seconds = bookmark_seconds
        loop = asyncio.get_running_loop()
        self._now = loop.time
        lasting = timeout or random.uniform(_DEFAULT_SECONDS, 2 * _DEFAULT_SECONDS)  # noqa: S311
        self._deadline = loop.time() + lasting
        self._next_bookmark = loop.time() + bookmark_seconds
        self._woken = asyncio.Event()
        self._progress = 0
        self._raw: list[bytes] = []

    async def serve(self, watch: Watch) -> web.StreamResponse:
        """Write the watch's lines as they come; return the finished response."""
        await self._response.prepare(self._request)
        self._progress = watch.cache.progress_requests
        watch.cache.waiting.add(self._woken.set)
        self._faults.opened(self._request.path, self.send_raw)
        try:
            await self._write(b"".join(watch.initial_lines()))
            while await self._step(watch):
                await self._wait()
        except ApiError as error:
            await self.refuse(error)
        except _CutError:
            self._abort()
        finally:
            watch.cache.waiting.discard(self._woken.set)
            self._faults.closed(self.send_raw)
        return self._response

    async def refuse(self, error: ApiError) -> web.StreamResponse:
        """Write an ERROR event and end; a watch's errors come with HTTP status 200."""
        if not self._response.prepared:
            await self._response.prepare(self._request)
        await self._write(watch_line("ERROR", msgspec.json.encode(error.status())))
        return self._response

    def send_raw(self, line: bytes) -> None:
        """Write bytes that no watch gave, for a test."""
        self._raw.append(line)
        self._woken.set()

    async def _step(self, watch: Watch) -> bool:
        """Write what there is to write; return whether the watch goes on."""
        self._woken.clear()
        lines = b"".join(watch.next_lines())
        if lines:
            await self._write(lines)
            await asyncio.sleep(_GATHERING_SECONDS)
        while self._raw:
            await self._write(self._raw.pop(0))
        if watch.ended or self._now() >= self._deadline:
            return False
        if self._now() >= self._next_bookmark or self._progress != watch.cache.progress_requests:
            self._progress = watch.cache.progress_requests
            self._next_bookmark = self._now() + self._bookmark_seconds
            await self._write(watch.bookmark_line() or b"")
        return True

    async def _wait(self) -> None:
        """Wait for a change, the time of a bookmark, or the end."""
        until = min(self._deadline, self._next_bookmark)
        try:
            async with asyncio.timeout_at(until):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _write(self, lines: bytes) -> None:
        if not lines:
            return
        await self._faults.flowing()
        if self._cut_after is not None:
            kept = lines[: self._cut_after]
            self._cut_after -= len(kept)
            await self._response.write(kept)
            if self._cut_after == 0:
                raise _CutError
            return
        await self._response.write(lines)

    def _abort(self) -> None:
        """Break the connection off without the end that chunked encoding promises."""
        if self._request.transport is not None:
            self._request.transport.close()
