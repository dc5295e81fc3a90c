"""What is wrong with the database, in words that lead on: for pages and for the log alike."""

import threading
import time

import msgspec

from eventstream.objects.observations import Problem

_CAUSES = (
    (
        "database has vanished",
        "Its file was deleted, moved or replaced while Baton ran.",
        "Nothing: a new history is begun. Stop Baton before you touch its files.",
    ),
    (
        "held by a reader",
        "Another program reads the database in one transaction that does not end.",
        "End that program, such as a shell of sqlite3 or a backup; nothing is lost meanwhile.",
    ),
    (
        "database or disk is full",
        "The disk that holds the database is full.",
        "Free space on it; nothing is lost.",
    ),
    (
        "locked",
        "Another program is writing to the database.",
        "End that program, or wait for it; nothing is lost meanwhile.",
    ),
    (
        "readonly database",
        "The disk is read-only, or this user may not write the database or its directory.",
        "Mount the disk for writing, and let this user write the directory and all files in it.",
    ),
    (
        "unable to open database file",
        "The file was deleted, Baton never ran here, or this user may not open it.",
        "Run python manage.py observe, which makes it; else see who may open it and its directory.",
    ),
    (
        "no such",
        "The database was made by another version, or by none.",
        "Run python manage.py observe, which prepares it.",
    ),
    (
        "disk I/O error",
        "The disk that holds the database fails, or is full.",
        "Free space on it, and look at what the kernel says of it (dmesg).",
    ),
    (
        "malformed",
        "The database file is damaged.",
        "Stop Baton, move the file away and start again: what exists is read afresh.",
    ),
    (
        "not a database",
        "The file is no database of SQLite, or is damaged.",
        "Stop Baton, move the file away and start again: what exists is read afresh.",
    ),
)


def cause_of(error: Exception) -> tuple[str, str] | None:
    """The likely cause of what the database said, and what to do; None where it is not known."""
    said = str(error)
    for mark, cause, action in _CAUSES:
        if mark in said:
            return cause, action
    return None


class Trouble(msgspec.Struct, frozen=True):
    """Why the observer of this process can't store, and since when (unix seconds)."""

    problem: Problem
    since: float


class Storing:
    """Whether the observer of this process can store what it sees; used by all threads.

    A store that fails can't be told of in itself, so this is kept beside it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._trouble: Trouble | None = None

    def failed(self, problem: Problem) -> bool:
        """Note that it can't; True when that, or its cause, is new."""
        with self._lock:
            before = self._trouble
            self._trouble = Trouble(problem, before.since if before else time.time())
        return before is None or before.problem.cause != problem.cause

    def well(self) -> Trouble | None:
        """Note that nothing is wrong (any more), and return what was."""
        with self._lock:
            before, self._trouble = self._trouble, None
        return before

    def trouble(self) -> Trouble | None:
        """What is wrong, None when nothing is known to be."""
        return self._trouble


storing = Storing()
