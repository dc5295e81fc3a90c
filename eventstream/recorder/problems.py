"""Says what a person can do when history cannot be written: nothing may fail in silence."""

from django.db import DatabaseError

from eventstream import descriptors
from eventstream.objects.observations import Problem

_CAUSES = (
    ("full", "The disk that holds the database is full.", "Free space on it; nothing is lost."),
    ("locked", "Another process is writing to the database.", "End that process, or wait for it."),
    (
        "readonly",
        "The database, or its directory, may not be written by this user.",
        "Give this user write permission on the directory and all files in it.",
    ),
    (
        "no such table",
        "The database was made by another version, or by none.",
        "Run: python manage.py migrate",
    ),
    (
        "malformed",
        "The database file is damaged.",
        "Stop Baton, move the file away and start again: what exists is read afresh.",
    ),
)

_OPEN_FILES = (
    "Too many open files: all that this process may hold are in use.",
    "Raise the limit of open files (`ulimit -n`) and restart Baton; the rows are kept.",
)


def commit_problem(error: Exception, rows: int) -> Problem:
    """What a failed commit of `rows` rows means, with its likely cause and the next action."""
    cause = "Unexpected: a defect of Baton's, or of the database."
    action = "Report it with the log; the rows are kept and tried again."
    if isinstance(error, DatabaseError | OSError):
        for mark, known_cause, known_action in _CAUSES:
            if mark in str(error):
                cause, action = known_cause, known_action
    message = f"{rows} rows of history could not be stored: {type(error).__name__}: {error}"
    # SQLite says only that it could not open a file, not why.
    if descriptors.are_meant_by(error) or ("open" in str(error) and descriptors.are_used_up()):
        cause, action = _OPEN_FILES
    return Problem("store-failed", message, cause, action)
