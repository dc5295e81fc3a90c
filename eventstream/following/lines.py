"""Cuts a followed file into lines with their offsets, of which none may fill the memory."""

from collections.abc import Iterator

LONGEST = 16 * 1024 * 1024
"""Bytes. An audited write holds at most two objects, each below etcd's few MiB."""


class Lines:
    """Holds the unfinished last line; one that grows beyond `longest` is dropped and reported."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._unfinished = bytearray()
        self._dropped = 0
        self._passing = False
        self.start = 0
        """The offset at which the unfinished line begins."""

    def begin(self, offset: int, *, whole: bool) -> None:
        """Go on elsewhere; without `whole` that is within a line, whose rest is passed over."""
        self._clear()
        self._passing = not whole
        self.start = offset

    def feed(self, chunk: bytes) -> Iterator[tuple[int, bytes | None]]:
        """Yield each line that `chunk` completes with its offset, and None for one too long.

        A file that was truncated under its writer begins with zeros; they are no part of a line.
        """
        head, found, rest = chunk.rpartition(b"\n")
        if found:
            for piece in head.split(b"\n"):
                yield from self._complete(piece)
        self._keep(rest)

    def _complete(self, piece: bytes) -> Iterator[tuple[int, bytes | None]]:
        self._keep(piece)
        at, line = self.start, bytes(self._unfinished)
        passing, dropped = self._passing, self._dropped
        self._clear()
        self.start = at + len(line) + dropped + 1
        if passing and dropped > self._longest:
            yield at, None
        elif not passing and line.strip():
            yield at, line

    def _keep(self, piece: bytes) -> None:
        if not self._unfinished and not self._passing and piece[:1] == b"\0":
            kept = piece.lstrip(b"\0")
            self.start += len(piece) - len(kept)
            piece = kept
        if self._passing:
            self._dropped += len(piece)
            return
        self._unfinished += piece
        if len(self._unfinished) > self._longest:
            self._dropped = len(self._unfinished)
            self._passing = True
            self._unfinished.clear()

    def _clear(self) -> None:
        self._unfinished.clear()
        self._dropped = 0
        self._passing = False
