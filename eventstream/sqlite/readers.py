"""The connections that pages read by: opened read-only, kept between requests, few and checked.

A thread of Django lives for one request, so what outlives a request can't belong to a thread.
"""

import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from eventstream.sqlite.files import Identity, beside, identity

KEPT_MOST = 4
"""So many connections that nobody uses are kept; each has a cache of up to 2 MiB."""

Open = Callable[[str], sqlite3.Connection]


class Reader(NamedTuple):
    """A read-only connection, and the file that it was opened on; None sees no later writes."""

    connection: sqlite3.Connection
    path: Path
    file: Identity | None


class Readers:
    """Readers that wait to be used again; used by all threads."""

    def __init__(self) -> None:
        self._kept: list[Reader] = []
        self._lock = threading.Lock()

    def take(self, path: Path, open_: Open) -> Reader:
        """Return a reader of the file that is at `path` now; `open_` opens a URI.

        Raises sqlite3.OperationalError where it can't be read.
        """
        file = identity(path)
        with self._lock:
            for reader in self._kept:
                if reader.path == path and reader.file == file:
                    self._kept.remove(reader)
                    return reader
        return _open(path, file, open_)

    def give(self, reader: Reader) -> None:
        """Take a reader back to be used again; close what is too many, or of no use any more."""
        if reader.file is None or reader.connection.in_transaction:
            reader.connection.close()
            return
        with self._lock:
            self._kept.append(reader)
            closed, self._kept = self._kept[:-KEPT_MOST], self._kept[-KEPT_MOST:]
        for each in closed:
            each.connection.close()

    def forget(self, path: Path) -> None:
        """Close those of the file that is, or was, at `path`."""
        with self._lock:
            closed = [each for each in self._kept if each.path == path]
            self._kept = [each for each in self._kept if each.path != path]
        for each in closed:
            each.connection.close()


readers = Readers()


def _open(path: Path, file: Identity | None, open_: Open) -> Reader:
    uri = f"file:{quote(str(path))}?mode=ro"
    try:
        return Reader(_checked(open_(uri)), path, file)
    except sqlite3.OperationalError:
        if not _is_still(path):
            raise
    return Reader(_checked(open_(f"{uri}&immutable=1")), path, None)


def _checked(connection: sqlite3.Connection) -> sqlite3.Connection:
    """SQLite opens a file only when it is first asked for something."""
    try:
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _is_still(path: Path) -> bool:
    """Whether the file lies where nobody can write and is whole without its WAL.

    Readers of a WAL need the file -shm beside it, which can't be made there.
    """
    wal = beside(path, "-wal")
    whole = not wal.exists() or not wal.stat().st_size
    return path.exists() and whole and not os.access(path.parent, os.W_OK)
