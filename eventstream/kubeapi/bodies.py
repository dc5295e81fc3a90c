"""Reads the body of an answer in small pieces, decompressed here, and no further than a bound.

The HTTP client would decompress whole chunks at once, so that some kilobytes become gigabytes
before anybody can ask how many there are.
"""

import zlib
from collections.abc import Mapping

import aiohttp

from eventstream.kubeapi.quoting import quoted
from eventstream.kubeapi.turns import Turns

BUFFER_BYTES = 2**16
"""Of a stream that is read too slowly, about twice this waits in memory, times some 300 streams.
Also the most that one piece has, before and after decompression."""
ENCODINGS: Mapping[str, str] = {"Accept-Encoding": "gzip"}
"""What is asked for where an answer is large: lists shrink to a tenth."""
_GZIP = 16 + zlib.MAX_WBITS
_BROKEN = (aiohttp.ClientError, OSError, TimeoutError)


class BodyCutError(Exception):
    """A body that broke off instead of ending; `__cause__` says how."""


class BodyUnreadableError(Exception):
    """A body that is compressed wrongly, or in a way that was not asked for."""


class BodyTooLargeError(Exception):
    """A body, or a part of it, that is larger than it may be; the message says which and how."""


class Body:
    """The body of one answer. To be closed; a connection whose body was read whole is kept."""

    def __init__(self, response: aiohttp.ClientResponse, turns: Turns) -> None:
        self._response = response
        self._turns = turns
        self._read = 0
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        self._unpack = None if encoding in {"", "identity"} else _Unpacking(encoding)

    async def piece(self) -> bytes:
        """Return what is there, at most BUFFER_BYTES, b"" at the end.

        Raises BodyCutError and BodyUnreadableError.
        """
        if self._unpack is None:
            piece = await self._raw()
        else:
            piece = await self._unpacked(self._unpack)
        self._read += len(piece)
        if self._read >= BUFFER_BYTES:  # What is here already never has to be waited for.
            self._read = 0
            await self._turns.next()
        return piece

    async def head(self, most: int) -> bytes:
        """Return the first `most` bytes, or all where there are fewer; raises as `piece`."""
        pieces: list[bytes] = []
        left = most
        while left > 0 and (piece := await self.piece()):
            pieces.append(piece[:left])
            left -= len(piece)
        return b"".join(pieces)

    async def whole(self, most: int) -> bytes:
        """Return all of it; raises as `piece`, and BodyTooLargeError beyond `most` bytes."""
        found = await self.head(most + 1)
        if len(found) > most:
            raise BodyTooLargeError(f"it has more than {most:,} bytes")
        return found

    def close(self) -> None:
        """Cut it off if it has not ended: a read that waits raises BodyCutError."""
        self._response.close()

    async def _raw(self) -> bytes:
        try:
            return await self._response.content.read(BUFFER_BYTES)
        except _BROKEN as error:
            raise BodyCutError(str(error)) from error

    async def _unpacked(self, unpack: "_Unpacking") -> bytes:
        while not (piece := unpack.more()):
            raw = await self._raw()
            if not raw:
                unpack.end()
                return b""
            unpack.feed(raw)
        return piece


class _Unpacking:
    """Undoes gzip, of which one body may hold several in a row, piece by piece."""

    def __init__(self, encoding: str) -> None:
        if encoding not in {"gzip", "x-gzip"}:
            raise BodyUnreadableError(f"it is encoded as {quoted(encoding, 40)!r}, not as asked")
        self._packed = b""
        self._member = zlib.decompressobj(_GZIP)
        self._begun = False

    def feed(self, packed: bytes) -> None:
        self._packed += packed

    def more(self) -> bytes:
        """Return the next bytes, b"" where more has to be fed first."""
        while self._packed:
            if self._member.eof:
                self._member = zlib.decompressobj(_GZIP)
            try:
                piece = self._member.decompress(self._packed, BUFFER_BYTES)
            except zlib.error as error:
                raise BodyUnreadableError(f"it is compressed wrongly ({error})") from error
            self._begun = True
            self._packed = self._member.unused_data or self._member.unconsumed_tail
            if piece:
                return piece
        return b""

    def end(self) -> None:
        if self._begun and not self._member.eof:
            raise BodyCutError("the compressed body ended early")
