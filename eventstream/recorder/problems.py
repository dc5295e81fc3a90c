"""Says what a person can do when history cannot be written: nothing may fail in silence."""

from django.db import DatabaseError

from eventstream import descriptors
from eventstream.history import problems
from eventstream.objects.observations import Problem

_UNKNOWN = (
    "Unexpected: a defect of Baton's, or of the database.",
    "Report it with the log; the rows are kept and tried again.",
)

_OPEN_FILES = (
    "Too many open files: all that this process may hold are in use.",
    "Raise the limit of open files (`ulimit -n`) and restart Baton; the rows are kept.",
)


def cause_of(error: Exception) -> tuple[str, str]:
    """The likely cause of what made the database fail, and what to do."""
    # SQLite says only that it could not open a file, not why.
    if descriptors.are_meant_by(error) or ("open" in str(error) and descriptors.are_used_up()):
        return _OPEN_FILES
    known = problems.cause_of(error) if isinstance(error, DatabaseError | OSError) else None
    return known or _UNKNOWN


def commit_problem(error: Exception, rows: int) -> Problem:
    """What a failed commit of `rows` rows means, with its likely cause and the next action."""
    message = f"{rows} rows of history could not be stored: {type(error).__name__}: {error}"
    return Problem("store-failed", message, *cause_of(error))
