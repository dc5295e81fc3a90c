"""Reads the lines of recordings and audit logs, however large the file or any line of it is.

What was read is counted as it goes, so that a reader can say how far it is, and stop.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

_SKIPPED_AT_ONCE = 1 << 20
_REASON_MOST = 300


class TapeError(ValueError):
    """A tape that cannot be read at all; the message says which file and why."""


class BadLine(msgspec.Struct, frozen=True):
    """A line of a tape that was passed over: its number, from 1, and what is wrong with it."""

    number: int
    reason: str

    @classmethod
    def told(cls, number: int, reason: str) -> "BadLine":
        """The line, with a reason that is cut where it is too long."""
        return cls(number, reason if len(reason) <= _REASON_MOST else f"{reason[:_REASON_MOST]}…")


class Reading:
    """What reading a recording may take, and how far it is: bytes and lines of all its files.

    A line that is longer than `line_bytes` is passed over, and so is, once there are `kinds`
    resources, each line of a further one; None is no bound. `other_kinds` counts the latter.
    """

    def __init__(self, line_bytes: int = 1 << 29, kinds: int | None = None) -> None:
        self.line_bytes = line_bytes
        self.kinds = kinds
        self.bytes = 0
        self.lines = 0
        self.other_kinds = 0

    def read(self, path: Path) -> Iterator[tuple[int, bytes | BadLine]]:
        """Yield each line that is not empty with its number, or why it is too long.

        Raises TapeError where there is no such file.
        """
        try:
            with path.open("rb") as file:
                for number, line in enumerate(self._lines(file), 1):
                    if line is None:
                        yield (
                            number,
                            BadLine.told(number, f"longer than {self.line_bytes >> 20} MB"),
                        )
                    elif not line.isspace():
                        yield number, line
        except OSError as error:
            raise TapeError(f"{path}: cannot be read ({error.strerror or error})") from error

    def _lines(self, file: BinaryIO) -> Iterator[bytes | None]:
        """Each line, and None for one that is too long."""
        while line := file.readline(self.line_bytes + 1):
            self.bytes += len(line)
            self.lines += 1
            if len(line) <= self.line_bytes or line.endswith(b"\n"):
                yield line
                continue
            while not line.endswith(b"\n") and (line := file.readline(_SKIPPED_AT_ONCE)):
                self.bytes += len(line)
            yield None
