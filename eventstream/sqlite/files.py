"""The files of one database: which they are, how large, and how room in them is given back."""

from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from django.db import DatabaseError, connection, connections

from eventstream.dialects import VanishedError

Identity = tuple[int, int]
"""Device and inode: what a file is, whatever its name."""

CHECKPOINT_WAIT = 200
"""Milliseconds that cutting the WAL waits for those who still read it."""


@lru_cache(maxsize=64)
def beside(path: Path, suffix: str) -> Path:
    """One of the files that SQLite keeps beside a database: "-wal" or "-shm"."""
    return path.with_name(path.name + suffix)


def identity(path: Path) -> Identity | None:
    """What the file at `path` is, None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def size(path: Path) -> int:
    """Bytes of a file, 0 where there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


class OpenedFile:
    """The default database's file as it was when writing began, for the thread that writes.

    Writing itself tells nothing of a file that lost its name: SQLite goes on with what it has
    open, and all of that is gone at the end.
    """

    def __init__(self) -> None:
        self._files: dict[Path, Identity | None] = {}
        self._left = False
        self._ended = False

    def check(self) -> None:
        """Return if the database is the file that it was at the first call; raises VanishedError.

        The WAL is looked at too, and what there is of both is remembered.
        """
        path = database_path()
        wal = beside(path, "-wal")
        now = {each: identity(each) for each in (path, wal)}
        if now[path] is None or self._files.get(path, now[path]) != now[path]:
            # While it is open here, no other file can have got its inode.
            self._left = now[wal] is not None and now[wal] == self._files.get(wal)
            raise VanishedError(_gone(path, now[path]))
        self._files = now

    def leave(self) -> None:
        """Close the file that vanished: whole, in case that it was moved, and without its WAL.

        Else SQLite would take that WAL for the next file's, and break it.
        """
        self._ended = True
        close_whole()
        path = database_path()
        if self._left:
            beside(path, "-wal").unlink(missing_ok=True)
            beside(path, "-shm").unlink(missing_ok=True)

    def close(self) -> None:
        """Close this thread's connections; where the file is there, with all in it."""
        if self._ended:
            connections.close_all()
        else:
            close_whole()


def _gone(path: Path, now: Identity | None) -> str:
    how = "was deleted or moved" if now is None else "was replaced by another file"
    return f"{path} {how} while Baton wrote to it: the database has vanished."


def database_path() -> Path:
    """Where the default database lies."""
    return _path(str(connection.settings_dict["NAME"]))


@lru_cache(maxsize=64)
def _path(name: str) -> Path:
    """The path of this name: it is asked for several times with each commit."""
    return Path(name)


def all_bytes() -> int:
    """What the default database takes on its disk: the file, its WAL and the index of that."""
    path = database_path()
    return size(path) + wal_bytes() + size(beside(path, "-shm"))


def file_bytes() -> int:
    """How large the database's own file is."""
    return size(database_path())


def wal_bytes() -> int:
    """How large the WAL is, which holds what is written until a checkpoint."""
    return size(beside(database_path(), "-wal"))


def used_bytes() -> int:
    """Bytes of the pages that hold something; the others are used again first."""
    pages, free, page_bytes = map(_pragma, ("page_count", "freelist_count", "page_size"))
    return (pages - free) * page_bytes


def cut_wal() -> bool:
    """Copy the WAL into the database and make it empty; False where readers held it up."""
    wait = _pragma("busy_timeout")
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {CHECKPOINT_WAIT}")
        try:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return not cursor.fetchone()[0]
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {wait}")


def close_whole() -> None:
    """Close this thread's connections, with all in the file itself as far as that can be done.

    SQLite does that by itself only for the last to close, and readers may be left.
    """
    with suppress(DatabaseError):  # What is in the WAL is found there by the next to open it.
        cut_wal()
    connections.close_all()


def give_back(pages: int) -> bool:
    """Cut at most so many free pages off the database's end; False where none is free."""
    if not _pragma("freelist_count"):
        return False
    connection.ensure_connection()
    with connection.wrap_database_errors:
        # As a script, since each step frees one page and `execute` takes only the first.
        connection.connection.executescript(f"PRAGMA incremental_vacuum({pages})")
    return True


def _pragma(name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name}")
        return int(cursor.fetchone()[0])
