"""Reads one growing file from its start, through rotations and truncations, and loses no line.

The descriptor stays with the file that it was opened for, so what was written just before a
rotation is read to its end before the next file is begun.
"""

import os
from pathlib import Path

import msgspec

from eventstream.following.backups import (
    HEAD,
    begins_as,
    begun_after,
    digest_of,
    open_file,
    reopen,
)
from eventstream.objects.observations import LogPlace

CHUNK = 256 * 1024
TAIL = 4 * 1024 * 1024
"""Bytes before its end at which a file is begun that was never read before."""

MOST = 64 * 1024 * 1024
"""Bytes that may be left to read after a restart; what comes before them is passed over."""


class Chunk(msgspec.Struct, frozen=True):
    """What was read at `offset`, nothing where all is read.

    `fresh` says that it does not go on where the last one ended, `whole` that it then begins a
    line, `missed` what had to be passed over in between, for people. `gone` says that no such file
    is there any more.
    """

    content: bytes
    offset: int
    fresh: bool = False
    whole: bool = True
    missed: str = ""
    at_end: bool = False
    gone: bool = False


class LogFile:
    """The file at `path`, read on from `resume` where that is still to be found.

    Blocks for as long as the disk does; use it from one thread at a time.
    """

    def __init__(
        self, path: Path, resume: LogPlace | None = None, *, tail: int = TAIL, most: int = MOST
    ) -> None:
        self._path = path
        self._resume = resume
        self._tail = tail
        self._most = most
        self._descriptor: int | None = None
        self._place: LogPlace | None = None
        self._offset = 0
        self._turning = False

    def read(self, limit: int = CHUNK) -> Chunk:
        """Return the next bytes, at most `limit`. Raises OSError while there is nothing to read.

        FileNotFoundError is the one that says that there is no such file yet.
        """
        descriptor = self._descriptor
        if descriptor is None:
            return self._begin()
        try:
            content = self._next(descriptor, limit)
        except OSError:
            self._resume = self._place
            self.close()
            raise
        return self._ended(descriptor) if content is None else content

    @property
    def place(self) -> LogPlace | None:
        """Where the line begins that is not read to its end yet; None before a file was read."""
        return self._place or self._resume

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _begin(self) -> Chunk:
        """Open the file where reading ended, else near its end."""
        place = self._resume
        if place is None:
            descriptor = open_file(self._path)
            return self._opened(descriptor, max(os.fstat(descriptor).st_size - self._tail, 0))
        found = reopen(self._path, place)
        left = 0 if found is None else self._left(found, place)
        if found is not None and left <= self._most:
            return self._opened(found, place.offset)
        why = f"{left} bytes had gathered, too much to read again."
        if found is None:
            why = "The file that was read last is gone, or begins otherwise now."
        else:
            os.close(found)
        descriptor = open_file(self._path)
        offset = max(os.fstat(descriptor).st_size - self._most, 0)
        return self._opened(descriptor, offset, why)

    def _left(self, descriptor: int, place: LogPlace) -> int:
        following = begun_after(self._path, place.device, place.inode)
        sizes = [each.stat() for each in following]
        after = sum(each.st_size for each in sizes if each.st_ino != place.inode)
        return os.fstat(descriptor).st_size - place.offset + after

    def _opened(self, descriptor: int, offset: int, missed: str = "") -> Chunk:
        self.close()
        self._descriptor = descriptor
        self._turning = False
        return self._from(descriptor, offset, missed)

    def _from(self, descriptor: int, offset: int, missed: str = "") -> Chunk:
        self._offset = offset
        self._at_line(descriptor, offset, digest_of(descriptor))
        whole = offset == 0 or os.pread(descriptor, 1, offset - 1) == b"\n"
        return Chunk(b"", offset, fresh=True, whole=whole, missed=missed)

    def _next(self, descriptor: int, limit: int) -> Chunk | None:
        place = self._place
        shorter = os.fstat(descriptor).st_size < self._offset
        if shorter or place is None or not begins_as(descriptor, place.head):
            return self._from(descriptor, 0)  # It was truncated; copytruncate does so.
        content = os.pread(descriptor, limit, self._offset)
        if not content:
            return None
        chunk = Chunk(content, self._offset)
        self._offset += len(content)
        head, ended = place.head, content.rfind(b"\n") + 1
        if not head.startswith(f"{HEAD}:"):
            head = digest_of(descriptor)  # The beginning itself was only being written.
        self._at_line(descriptor, chunk.offset + ended if ended else place.offset, head)
        return chunk

    def _at_line(self, descriptor: int, offset: int, head: str) -> None:
        found = os.fstat(descriptor)
        self._place = LogPlace(found.st_dev, found.st_ino, head, offset)

    def _ended(self, descriptor: int) -> Chunk:
        """All is read: is another file the log by now? Then what came meanwhile is read first."""
        try:
            now = self._path.stat()
        except FileNotFoundError:
            return Chunk(b"", self._offset, at_end=True, gone=True)
        mine = os.fstat(descriptor)
        if (now.st_dev, now.st_ino) == (mine.st_dev, mine.st_ino):
            self._turning = False
            return Chunk(b"", self._offset, at_end=True)
        if not self._turning:
            self._turning = True
            return Chunk(b"", self._offset)
        return self._opened(open_file(begun_after(self._path, mine.st_dev, mine.st_ino)[0]), 0)
