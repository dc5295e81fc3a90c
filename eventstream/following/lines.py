"""Cuts a followed file into lines with their offsets, of which none may fill the memory."""

from collections.abc import Iterator
from typing import NamedTuple

LONGEST = 16 * 1024 * 1024
"""Bytes. An audited write holds at most two objects, each below etcd's few MiB."""

_BEGINNING = 4096


class Line(NamedTuple):
    """A line that begins at `offset`; of one that is `cut`, being too long, just its beginning."""

    offset: int
    content: bytes
    cut: bool = False


class Lines:
    """Holds the unfinished last line, but of one that grows beyond `longest` just the beginning."""

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

    def feed(self, chunk: bytes) -> Iterator[Line]:
        """Yield each line that `chunk` completes, but no empty ones.

        A file that was truncated under its writer begins with zeros; they are no part of a line.
        """
        head, found, rest = chunk.rpartition(b"\n")
        if found:
            for piece in head.split(b"\n"):
                self._keep(piece)
                line = Line(self.start, bytes(self._unfinished), cut=self._dropped > 0)
                self.start += len(line.content) + self._dropped + 1
                passing = self._passing
                self._clear()
                if not passing and line.content.strip():
                    yield line
        self._keep(rest)

    def _keep(self, piece: bytes) -> None:
        if self._passing or self._dropped:
            self._dropped += len(piece)
            return
        if not self._unfinished and piece[:1] == b"\0":
            kept = piece.lstrip(b"\0")
            self.start += len(piece) - len(kept)
            piece = kept
        self._unfinished += piece
        if len(self._unfinished) > self._longest:
            self._dropped = len(self._unfinished) - min(_BEGINNING, self._longest)
            del self._unfinished[min(_BEGINNING, self._longest) :]

    def _clear(self) -> None:
        self._unfinished.clear()
        self._dropped = 0
        self._passing = False
