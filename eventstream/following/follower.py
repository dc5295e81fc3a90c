"""Follows one audit log for as long as the observing lasts, whatever happens to the file."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from eventstream.expressions import expression
from eventstream.following.lines import Line, Lines
from eventstream.following.logfile import Chunk, LogFile
from eventstream.following.progress import Progress
from eventstream.objects.audit import AuditDecoder
from eventstream.objects.envelopes import DecodeError
from eventstream.objects.observations import AuditLog, AuditRecord, LogPlace

POLL = 0.2
"""Seconds until a file that was read to its end is looked at again."""

EVERY = 1.0
"""Seconds between two reports where nothing but numbers changed."""

_READ = expression(rb'"verb":"(get|list|watch)"')
"""In the beginning of a line: such a request, with all its answer, is passed over anyway."""


class Follower:
    """Hands the write requests of the log at `path` to `take`, and how that goes.

    `kept` is for how many seconds a request that was
    granted can still be joined with what it wrote: an older one is passed over, and so is any
    where reading begins for the first time. With `resume` it goes on there.
    """

    def __init__(
        self,
        path: Path,
        decoder: AuditDecoder,
        take: Callable[[AuditRecord | AuditLog], Awaitable[None]],
        *,
        kept: float,
        resume: LogPlace | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._file = LogFile(path, resume)
        self._decoder = decoder
        self._take = take
        self._kept = kept
        self._clock = clock
        self._since = 0.0 if resume is not None else clock() - kept
        self._lines = Lines()
        self._progress = Progress(str(path), resume)
        self._said: AuditLog | None = None
        self._gone = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="audit-log")

    async def run(self) -> None:
        """Follow until cancelled."""
        try:
            while True:
                more = await self.poll()
                await self.tell()
                if not more:
                    await asyncio.sleep(POLL)
        finally:
            # Behind a read that may still be under way.
            self._thread.submit(self._file.close)
            self._thread.shutdown(wait=False)

    def report(self) -> AuditLog:
        """How it stands now."""
        return self._progress.report(self._clock(), self._file.place)

    async def tell(self) -> None:
        """Send how it stands, if that is another state or a moment ago."""
        said, now = self._said, self._clock()
        known = said is not None and said.state == self._progress.state(now)
        if said is not None and known and 0 <= now - said.at < EVERY:
            return
        self._said = self.report()
        await self._take(self._said)

    async def poll(self) -> bool:
        """Read a little, and hand it on; whether there may be more to read at once."""
        began = self._clock()
        loop = asyncio.get_running_loop()
        try:
            chunk = await loop.run_in_executor(self._thread, self._file.read)
        except OSError as error:
            self._progress.failed(error)
            return False
        if chunk.gone:
            if self._gone:  # And not just between the renaming and the new file.
                self._progress.failed(FileNotFoundError())
            self._gone = True
            return False
        self._gone = False
        self._progress.well()
        await self._hand_on(chunk, began)
        if chunk.at_end:
            self._progress.reached = began
        return not chunk.at_end

    async def _hand_on(self, chunk: Chunk, now: float) -> None:
        if chunk.missed:
            self._progress.missed(chunk.missed, now)
        if chunk.fresh:
            self._lines.begin(chunk.offset, whole=chunk.whole)
        last = b""
        for line in self._lines.feed(chunk.content):
            record = self._record(line, now)
            if record is not None and self._wanted(record, now):
                self._progress.records += 1
                await self._take(record)
            last = last if line.cut else line.content
        if last:
            self._note_time(last)

    def _record(self, line: Line, now: float) -> AuditRecord | None:
        if line.cut:
            if _READ.search(line.content) is None:
                self._progress.corrupt(line.offset, "it is longer than any write", now)
            return None
        try:
            return self._decoder.record(line.content)
        except DecodeError as error:
            self._progress.corrupt(line.offset, str(error), now)
            return None

    def _wanted(self, record: AuditRecord, now: float) -> bool:
        since = self._since if record.refused else max(self._since, now - self._kept)
        return record.at >= since

    def _note_time(self, line: bytes) -> None:
        logged = self._decoder.logged(line)
        if logged is not None:
            self._progress.last_line = logged
            self._progress.reached = max(self._progress.reached, logged)
