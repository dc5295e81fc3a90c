"""What reading somebody's recording may take of the machine, so that the live watching goes on.

The kernel enforces time and memory, for a process cannot know beforehand what its next call takes.
A little before, this one sees it itself, and ends with what it has.
"""

import contextlib
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Literal

import msgspec

Bound = Literal["time", "memory", "room"]

GRACE_SECONDS = 20
"""After its time a process has so long to store what it has; then the kernel ends it."""

_SHARE = 0.85
"""Of the memory it may have; what is left lets it store what it has."""

_STATM = Path("/proc/self/statm")
_PAGE = resource.getpagesize()


class Budget(msgspec.Struct, frozen=True):
    """The bounds; None is no bound. `history` is the database's file, `room` what it may take.

    `seconds` are of CPU, as what else the machine does is not the recording's fault.
    """

    seconds: int | None = None
    megabytes: int | None = None
    room_megabytes: int | None = None
    history: Path | None = None

    def met(self) -> Bound | None:
        """The bound that is met now, if any."""
        if self.seconds is not None and time.process_time() >= self.seconds:
            return "time"
        if self.megabytes is not None and _held() >= _SHARE * (self.megabytes << 20):
            return "memory"
        if self.room_megabytes is not None and self._stored() >= self.room_megabytes << 20:
            return "room"
        return None

    def enforce(self) -> None:
        """Let the kernel hold this process to it from here on, behind all that is not so."""
        os.nice(10)
        if self.seconds is not None:
            limits = self.seconds, self.seconds + GRACE_SECONDS
            signal.signal(signal.SIGXCPU, signal.SIG_IGN)  # `met` says the same.
            resource.setrlimit(resource.RLIMIT_CPU, limits)
        if self.megabytes is not None:
            resource.setrlimit(resource.RLIMIT_AS, (self.megabytes << 20, self.megabytes << 20))

    def _stored(self) -> int:
        files = (self.history, Path(f"{self.history}-wal")) if self.history is not None else ()
        return sum(file.stat().st_size for file in files if file.exists())


def _held() -> int:
    """The bytes of address space that this process has; 0 where that is not told."""
    if not sys.platform.startswith("linux"):
        return 0
    return int(_STATM.read_bytes().split(b" ", 1)[0]) * _PAGE


@contextlib.contextmanager
def every(seconds: float, act: Callable[[], None]) -> Iterator[None]:
    """Within this block `act` is called each so many seconds, whatever else is being done."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        act()

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
