"""Keeps the database's files within a size: the file itself, its WAL and the index of that.

The WAL gets its part of the limit, the file the rest. What is freed within the file is used again;
what is at its end is given back to the disk.
"""

from eventstream.dialects import HeldError
from eventstream.sqlite import files

MEBIBYTE = 1 << 20
SLICES = 40
"""So many pieces of the file are given back at most before one commit."""
PAGES_AT_ONCE = 1024
WAL_MOST = 64 * MEBIBYTE
ROW_BYTES = 8 * 1024
"""What a row takes in the WAL, where each index that it touches is written as a whole page."""


class FileRoom:
    """What the default database's files may take: `size` bytes in all."""

    def __init__(self, size: int) -> None:
        self.wal = min(size // 5, WAL_MOST)
        self.file = size - self.wal

    @property
    def rows(self) -> int:
        """How many rows one commit may write for the WAL to hold them."""
        return max(200, self.wal // 2 // ROW_BYTES)

    def begin(self) -> None:
        """Make the WAL short enough for a commit; raises HeldError."""
        self._cut_wal(self.wal // 4)

    def is_short(self) -> bool:
        """Whether the oldest has to go: more is used than leaves room for the next commits."""
        most = self.file * 9 // 10
        # No more is used than the files take, which is looked at for less.
        return files.file_bytes() + files.wal_bytes() > most and files.used_bytes() > most

    def freed(self) -> None:
        """Keep the WAL short while much is deleted; raises HeldError."""
        self._cut_wal(self.wal // 2)

    def end(self) -> None:
        """Give back to the disk what the file has too much; raises HeldError."""
        for _ in range(SLICES):
            free = files.file_bytes() - self.file
            if free <= 0 or not files.give_back(PAGES_AT_ONCE):
                break
            self._cut_wal(0)

    def _cut_wal(self, most: int) -> None:
        if files.wal_bytes() <= most or files.cut_wal() or files.wal_bytes() <= self.wal // 2:
            return
        raise HeldError(
            f"The WAL has {files.wal_bytes() // MEBIBYTE} MiB and is held by a reader; with more "
            "of it, history would exceed BATON_RETENTION_MB."
        )
