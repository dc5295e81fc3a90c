"""One open watch: from its bytes to whole lines, for as long as it is worth reading."""

from collections.abc import Mapping

from eventstream.kubeapi.clock import Clock
from eventstream.kubeapi.connection import ByteStream, Connection, StreamCutError
from eventstream.kubeapi.lines import LineSplitter
from eventstream.kubeapi.turns import LargeRead
from eventstream.kubeapi.watchdog import SILENCE_SECONDS, SilentError, Watchdog, within

AT_ONCE_SECONDS = 1.0
"""A watch that lasted less and brought nothing has failed."""


class WatchSession:
    """A stream of lines with a watchdog; `heard` says whether any line ever came.

    `opened_at` is when it was asked for, on the monotonic clock: some proxies pass on nothing,
    not even the head, before the first event.
    """

    def __init__(self, stream: ByteStream, clock: Clock, opened_at: float) -> None:
        self._stream = stream
        self._clock = clock
        self._opened_at = opened_at
        self._splitter = LineSplitter(stream.bounds.object_bytes)
        self._large = LargeRead(stream.turns)
        self._unread: list[bytes] = []
        self._watchdog = Watchdog(stream, clock, SILENCE_SECONDS)
        self.heard = False

    @classmethod
    async def open(
        cls, connection: Connection, path: str, parameters: Mapping[str, str], clock: Clock
    ) -> "WatchSession":
        """Ask for the watch; raises ApiProblem where it is refused, SilentError on no answer."""
        asked_at = clock.monotonic()
        opening = connection.open_stream(path, parameters)
        stream = await within(clock, SILENCE_SECONDS, opening, ByteStream.close)
        return cls(stream, clock, asked_at)

    @property
    def was_short(self) -> bool:
        """Whether it has lasted less than a watch that works ever does."""
        return self._clock.monotonic() - self._opened_at < AT_ONCE_SECONDS

    async def lines(self) -> list[bytes]:
        """Return the lines that came, [] once the stream has ended, cut or not.

        An unfinished last line is nobody's: the next watch brings it whole. Raises SilentError
        when nothing comes any more, LineTooLongError for a line without end.
        """
        lines, self._unread = self._unread, []
        self._watchdog.resume()
        while not lines:
            try:
                chunk = await self._stream.read()
            except StreamCutError:
                chunk = b""
            if self._watchdog.fired:
                raise SilentError
            if not chunk:
                return []
            lines = self._splitter.feed(chunk)
            if not lines and self._large.needs_place(len(self._splitter)):
                await self._wait_for_place()
        self._watchdog.pause()
        self.heard = True
        return lines

    @property
    def remainder(self) -> bytes:
        """What came after the last line feed, which is no line."""
        return self._splitter.unfinished

    def unread(self, lines: list[bytes]) -> None:
        """Put lines back, to be given again next."""
        self._unread = lines

    async def _wait_for_place(self) -> None:
        self._watchdog.pause()
        await self._large.place()
        self._watchdog.resume()

    async def close(self) -> None:
        """End the watch and what guards it."""
        self._large.close()
        self._stream.close()
        await self._watchdog.stop()
