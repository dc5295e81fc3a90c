"""The process that reads one opened recording, and what it says of how far it is.

It has a budget, so that no file can take the machine from the live watching. What it stored until
a bound was met, or it was killed, can be looked at; `missing` says in words what is not there.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Literal

import msgspec
from django.conf import settings

from dashboard import wording
from eventstream import history

CPU_SECONDS = 120
"""A recording of 100 MB takes some 20."""

MEGABYTES = 384
"""One is read at a time, so that it fits beside Baton into the 1 GiB that `deploy/` gives both."""

ROOM_MEGABYTES = 256
"""So large may its history grow: that of a recording of some 150 MB."""

_TAIL = 64 * 1024
"""More than the longest line that the reader says."""

State = Literal["waiting", "reading", "open", "failed"]

_ADVICE = (
    "Explain it whole with `manage.py explain`, which has no such bound, or cut it into parts."
)


class Progress(msgspec.Struct, frozen=True):
    """How far the reader says that it is, see `eventstream.storing.Progress`."""

    size: int = 0
    bytes: int = 0
    lines: int = 0
    passed_over: int = 0
    other_kinds: int = 0
    reasons: tuple[str, ...] = ()
    steps: int = 0
    until: float = 0.0
    seconds: float = 0.0
    stored: bool = False
    cut: str | None = None
    done: bool = False
    excerpt: history.ExcerptHead | None = None

    @property
    def percent(self) -> int:
        """How much of the file was read."""
        return min(100, self.bytes * 100 // self.size) if self.size else 0

    @property
    def megabytes(self) -> str:
        """The same in megabytes: "41.2 of 104.0 MB"."""
        return f"{self.bytes / 1e6:.1f} of {self.size / 1e6:.1f} MB"


_progress = msgspec.json.Decoder(Progress)


class TapeReader:
    """Reads the files in `directory` into a history there, once `start` is called."""

    def __init__(self, directory: Path, arguments: list[str]) -> None:
        self._directory = directory
        self._told, self._complaints = directory / "told", directory / "complaints"
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def state(self) -> State:
        """Whether its turn has not come, it is reading, there is something to see, or it failed."""
        if self._process is None:
            return "waiting"
        if self._process.poll() is None:
            return "reading"
        return "open" if self.progress().stored else "failed"

    @property
    def pid(self) -> int:
        """The process' id; 0 before its turn has come."""
        return self._process.pid if self._process is not None else 0

    def progress(self) -> Progress:
        """How far reading is."""
        try:
            with self._told.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
                lines = file.read().splitlines(keepends=True)
        except FileNotFoundError:  # It has not begun, or somebody closed it meanwhile.
            return Progress()
        whole = [line for line in lines if line.startswith(b"{") and line.endswith(b"}\n")]
        return _progress.decode(whole[-1]) if whole else Progress()

    def missing(self) -> str:
        """What of the recording is not shown, why, and what to do; "" where all of it was read."""
        progress = self.progress()
        if progress.done and progress.cut is None:
            return ""
        left = f"{(progress.size - progress.bytes) / 1e6:.1f} MB"
        why = _bound(progress.cut) or self._end()
        until = f" What came after {wording.moment(progress.until)} is missing." * bool(
            progress.until
        )
        return (
            f"Only the first {progress.megabytes} ({progress.lines:,} lines) were read, and {left} "
            f"were not: {why}.{until} {_ADVICE}"
        )

    def complaint(self) -> str:
        """Why it could not be read."""
        return self._said() or f"Its reader ended: {self._end()}. {_ADVICE}"

    def start(self) -> None:
        """Begin; what is read is in `directory`, and nowhere else."""
        limits = [
            f"--seconds={CPU_SECONDS}",
            f"--megabytes={MEGABYTES}",
            f"--room={ROOM_MEGABYTES}",
        ]
        with self._told.open("wb") as told, self._complaints.open("wb") as complaints:
            self._process = subprocess.Popen(  # noqa: S603  The words of the command are our own.  # nosec B603
                [sys.executable, "manage.py", "read_tape", *limits, *self._arguments],
                cwd=settings.BASE_DIR,
                env=_environment() | {"BATON_DATA": str(self._directory)},
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=complaints,
            )

    def wait(self, seconds: float | None = None) -> None:
        """Return when it has ended."""
        if self._process is not None:
            self._process.wait(seconds)

    def end(self) -> None:
        """End it, whatever it is doing."""
        if self._process is not None:
            self._process.kill()  # Nothing is done to one that has ended.
            self._process.wait()

    def _said(self) -> str:
        """Its last word, "" where it had none."""
        said = self._complaints.read_text(errors="replace").strip().splitlines()
        return said[-1].removeprefix("CommandError: ") if said else ""

    def _end(self) -> str:
        """How it ended that did not come to an end of its own."""
        if self._process is not None and (self._process.returncode or 0) < 0:
            return f"it was ended, for more than {CPU_SECONDS} s or for want of memory"
        return (self._said() or "it ended by itself").rstrip(".")


def _environment() -> dict[str, str]:
    """What the process finds around it: all but the database of the live history."""
    return {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}


def _bound(cut: str | None) -> str:
    """Which bound ended the reading, in words; "" for none."""
    return {
        "time": f"to explain more would take over {CPU_SECONDS} s of computing",
        "memory": f"to explain more would take over {MEGABYTES} MB of memory",
        "room": f"its history would be larger than {ROOM_MEGABYTES} MB",
    }.get(cut or "", "")
