"""Cuts a stream of bytes into the lines of a watch.

Only a line feed ends a line there: `bytes.splitlines` would also cut at a carriage return, and
text methods at U+0085 and U+2028, which may stand in a JSON string as they are.
"""

from eventstream.kubeapi.bounds import BOUNDS


class LineTooLongError(ValueError):
    """A line that never ends; keeping it would fill the memory."""


class LineSplitter:
    """Holds the unfinished last line between chunks; linear in the bytes, whatever the chunks.

    A line may have at most `most` bytes.
    """

    def __init__(self, most: int = BOUNDS.object_bytes) -> None:
        self._most = most
        self._unfinished = bytearray()

    def __len__(self) -> int:
        return len(self._unfinished)

    @property
    def unfinished(self) -> bytes:
        """What has come since the last line feed."""
        return bytes(self._unfinished)

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the lines that `chunk` completes, without their line feeds or empty ones."""
        if not self._unfinished and 0 < chunk.find(b"\n") == len(chunk) - 1:
            return [chunk[:-1]]  # As a quiet watch sends them: one copy is enough.
        pieces: list[bytes] = []
        start = 0
        # Not by `split`, which looks at each byte by itself: at ten times the cost of `find`.
        while (end := chunk.find(b"\n", start)) >= 0:
            pieces.append(chunk[start:end])
            start = end + 1
        if pieces and self._unfinished:
            pieces[0] = bytes(self._unfinished) + pieces[0]
            self._unfinished.clear()
        self._keep(chunk[start:])
        return [line for line in pieces if line]

    def _keep(self, rest: bytes) -> None:
        self._unfinished += rest
        if len(self._unfinished) > self._most:
            raise LineTooLongError(f"a line of more than {self._most:,} bytes")
