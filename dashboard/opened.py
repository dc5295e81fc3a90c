"""Recordings that people opened from their own disks: each read by a process of its own.

Each has a directory with its own history, which is gone once it is closed: by hand, after an hour
without a look at it, for a newer one where there are too many, or when Baton ends; what a killed
Baton left is deleted when the next one starts.
"""

import atexit
import contextlib
import secrets
import shutil
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from dashboard.directories import OwnDirectory, delete_left
from dashboard.metrics.tallies import uploads
from dashboard.tapereader import Progress, State, TapeReader
from eventstream import history

OPEN_MOST = 4
"""So many recordings are open at once; the one that nobody looked at for longest makes room."""

BYTES_MOST = 256 * 1024 * 1024
"""So large may a file be."""

DISK_MOST = 1024 * 1024 * 1024
"""So much disk all may take with their histories; past that, the same ones make room."""

OPEN_OF_ONE = 2
DISK_OF_ONE = DISK_MOST // 2
"""So many of one viewer, and so much disk: that viewer's own then make room, and no others."""

IDLE_SECONDS = 3600.0

Bytes = Iterable[bytes] | Path
"""What a file holds, or a file that is there and is taken over, moved within its disk."""


class OpenedTape:
    """One opened recording. `token` names it in addresses and can't be guessed.

    It belongs to the session of that key (`owner`), and to nobody else; it is of the share of
    that viewer (`whose`, see `dashboard.signin.whose`).
    """

    def __init__(
        self, name: str, tape: Bytes, audit: Bytes | None, owner: str = "", whose: str = ""
    ) -> None:
        self.owner = owner
        self.whose = whose
        self.token = secrets.token_urlsafe(18)
        self.name = name
        self.looked_at = time.monotonic()
        self._own = own_directory()
        self._directory = self._own.path
        try:
            self._begin(tape, audit)
        except BaseException:
            self._own.delete()
            raise

    def _begin(self, tape: Bytes, audit: Bytes | None) -> None:
        typed = self.name.encode(errors="replace").decode().replace("\0", "")
        arguments = [f"--name={typed}", str(_written(self._directory / "tape.jsonl", tape))]
        if audit is not None:
            arguments.append(f"--audit={_written(self._directory / 'audit.jsonl', audit)}")
        self.reader = TapeReader(self._directory, arguments)
        history.add(self.alias, self._directory / "baton.sqlite3")

    @property
    def alias(self) -> str:
        """The name of its history, see `history.reading`."""
        return f"tape-{self.token}"

    @property
    def state(self) -> State:
        """Whether it is still to be read, can be looked at, or could not be read."""
        state = self.reader.state
        if state in ("open", "failed"):
            for file in ("tape.jsonl", "audit.jsonl"):  # What is shown of them is stored.
                (self._directory / file).unlink(missing_ok=True)
        return state

    @property
    def progress(self) -> Progress:
        """How far reading is."""
        return self.reader.progress()

    @property
    def missing(self) -> str:
        """What of the recording is not shown, and why; "" where all of it is."""
        return self.reader.missing()

    def size(self) -> int:
        """Return how many bytes of disk it takes."""
        taken = 0
        for path in self._directory.iterdir():
            with contextlib.suppress(FileNotFoundError):  # The database's own come and go.
                taken += path.stat().st_size
        return taken

    def close(self) -> None:
        """End the reader, forget the history, and delete all that there is of it."""
        self.reader.end()
        history.remove(self.alias)
        self._own.delete()


class OpenedTapes:
    """All that are open, by token; used by all threads."""

    def __init__(self) -> None:
        self._open: dict[str, OpenedTape] = {}
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        atexit.register(self.close_all)

    def add(
        self, name: str, tape: Bytes, audit: Bytes | None, owner: str = "", whose: str = ""
    ) -> OpenedTape:
        """Open a session's recording from the bytes of its file; raises OSError without room."""
        opened = OpenedTape(name, tape, audit, owner, whose)
        uploads.count("taken")
        with self._lock:
            self._open[opened.token] = opened
            self._sweep(OPEN_MOST)
            self._read_next()
            self._look_later()
        return opened

    def get(self, token: str, owner: str = "") -> OpenedTape | None:
        """The session's recording of that token, None when it is not open (any more)."""
        with self._lock:
            self._sweep(OPEN_MOST)
            self._read_next()
            found = self._open.get(token)
            if found is None or found.owner != owner:
                return None
            found.looked_at = time.monotonic()
            return found

    def among(self, tokens: Iterable[str], owner: str = "") -> list[OpenedTape]:
        """Those of these that are open and the session's; to list one is no look at it."""
        with self._lock:
            self._sweep(OPEN_MOST)
            found = [self._open[token] for token in tokens if token in self._open]
            return [each for each in found if each.owner == owner]

    def close(self, token: str, owner: str = "") -> None:
        """Close one, if it is open and the session's."""
        with self._lock:
            found = self._open.get(token)
            opened = self._open.pop(token) if found and found.owner == owner else None
        if opened is not None:
            opened.close()

    def __len__(self) -> int:
        return len(self._open)

    def close_of(self, owner: str) -> None:
        """Close every one of a session."""
        for token in [token for token, each in list(self._open.items()) if each.owner == owner]:
            self.close(token, owner)

    def close_all(self) -> None:
        """Close every one."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        for token, each in list(self._open.items()):
            self.close(token, each.owner)

    def _read_next(self) -> None:
        """Begin to read the one that waits for longest, unless one is being read."""
        states = {opened.state: opened for opened in reversed(self._open.values())}
        if "reading" not in states and "waiting" in states:
            states["waiting"].reader.start()

    def _look_later(self) -> None:
        """Close what nobody looks at even when nobody asks for any; one timer for all."""
        if self._timer is None and self._open:
            self._timer = threading.Timer(IDLE_SECONDS, self._expire)
            self._timer.daemon = True
            self._timer.start()

    def _expire(self) -> None:
        with self._lock:
            self._timer = None
            self._sweep(OPEN_MOST)
            self._look_later()

    def _sweep(self, kept: int) -> None:
        """Close what nobody looked at for long, and all but the `kept` looked at last that fit."""
        by_look = sorted(self._open.values(), key=lambda each: each.looked_at, reverse=True)
        oldest = time.monotonic() - IDLE_SECONDS
        whole, shares = _Room(kept, DISK_MOST), dict[str, _Room]()
        for opened in by_look:
            size, rooms = opened.size(), [whole]
            if opened.whose:
                rooms.append(shares.setdefault(opened.whose, _Room(OPEN_OF_ONE, DISK_OF_ONE)))
            if opened.looked_at >= oldest and all(room.has(size) for room in rooms):
                for room in rooms:
                    room.take(size)
            else:
                del self._open[opened.token]
                opened.close()


class _Room:
    """For so many recordings and bytes; the first one has room whatever its size."""

    def __init__(self, most: int, disk: int) -> None:
        self._most, self._disk = most, disk
        self._taken, self._bytes = 0, 0

    def has(self, size: int) -> bool:
        fits = not self._taken or self._bytes + size <= self._disk
        return self._taken < self._most and fits

    def take(self, size: int) -> None:
        self._taken += 1
        self._bytes += size


tapes = OpenedTapes()


def own_directory() -> OwnDirectory:
    """Return a new directory on the disk where recordings are kept; raises OSError."""
    return OwnDirectory(_parent())


def free_bytes() -> int:
    """Return how much room that disk has left."""
    return shutil.disk_usage(_parent()).free


def forget_left() -> None:
    """Delete what a Baton that was killed could not delete itself."""
    delete_left(_parent())


def _parent() -> Path:
    """Where the directories are made: beside the live history, on the same disk."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    return Path(settings.DATA_DIR)


def _written(path: Path, held: Bytes) -> Path:
    if isinstance(held, Path):
        return held.rename(path)
    with path.open("wb") as file:
        file.writelines(held)
    return path
