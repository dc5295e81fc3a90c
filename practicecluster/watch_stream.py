"""A watch's connection: it waits for the store without polling, and writes what the watch gives."""

import asyncio
import random

import msgspec
from aiohttp import web

from practicecluster.changes import watch_line
from practicecluster.disturbed import CutError, DisturbedWriter, SlowReaderError
from practicecluster.faults import Faults, OpenWatch
from practicecluster.statuses import ApiError
from practicecluster.watching import Watch

# As kube-apiserver's --min-request-timeout: a watch lasts between this and twice as long.
_DEFAULT_SECONDS = 1_800.0
# In a burst, lines are gathered this long, so that hundreds of watches are not woken a write each.
_GATHERING_SECONDS = 0.005
HEADERS = {"Cache-Control": "no-cache, private", "Content-Type": "application/json"}


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
        self._writer = DisturbedWriter(request, self._response, faults)
        self._bookmark_seconds = bookmark_seconds
        loop = asyncio.get_running_loop()
        self._now = loop.time
        lasting = timeout or random.uniform(_DEFAULT_SECONDS, 2 * _DEFAULT_SECONDS)  # noqa: S311
        self._deadline = loop.time() + lasting
        self._next_bookmark = loop.time() + bookmark_seconds
        self._woken = asyncio.Event()
        self._progress = 0
        self._raw: list[bytes] = []
        self._ended = False
        self._open = OpenWatch(request.path, self.send_raw, self._end, self._writer.abort)

    async def serve(self, watch: Watch) -> web.StreamResponse:
        """Write the watch's lines as they come; return the finished response."""
        await self._response.prepare(self._request)
        self._progress = watch.cache.progress_requests
        watch.cache.waiting.add(self._woken.set)
        self._faults.opened(self._open)
        try:
            if self._writer.ends_at_once:
                return self._response
            await self._write(b"".join(watch.initial_lines()))
            while await self._step(watch):
                await self._wait()
        except ApiError as error:
            await self.refuse(error)
        except CutError:
            self._writer.close()
        except (SlowReaderError, ConnectionError):
            pass  # A real server ends the watch of a slow reader, or of none, without a word.
        finally:
            watch.cache.waiting.discard(self._woken.set)
            self._faults.closed(self._open)
        return self._response

    async def refuse(self, error: ApiError) -> web.StreamResponse:
        """Write an ERROR event and end; a watch's errors come with HTTP status 200."""
        if not self._response.prepared:
            await self._response.prepare(self._request)
        try:
            await self._write(watch_line("ERROR", msgspec.json.encode(error.status())))
        except (CutError, SlowReaderError, ConnectionError):
            self._writer.close()
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
        if watch.ended or self._ended or self._now() >= self._deadline:
            return False
        due = self._now() >= self._next_bookmark
        asked_for = self._progress != watch.cache.progress_requests
        if (due or asked_for) and not watch.behind:
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
        if lines:
            await self._writer.write(lines)

    def _end(self) -> None:
        """End the watch cleanly, for a test."""
        self._ended = True
        self._woken.set()
