"""Lets one process at a time write a file: two would overwrite each other's positions."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eventstream.dialects import InUseError


def lock_of(database: Path) -> Path:
    """The file by which the right to write `database` is held."""
    return database.with_suffix(".lock")


@contextmanager
def sole_writer(database: Path) -> Iterator[None]:
    """Hold the right to write `database` inside the block; raises InUseError.

    The lock is the kernel's and ends with the process, however it ends.
    """
    try:
        with lock_of(database).open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
    except BlockingIOError as error:
        raise InUseError(
            f"Another Baton is writing its history to {database}. End that one, or set BATON_DATA "
            "to another directory for this one."
        ) from error
    except OSError as error:
        raise InUseError(
            f"{lock_of(database)} cannot be opened, which keeps a second Baton from the same "
            f"history: {error.strerror}. Let this user write to it, or set BATON_DATA to another "
            "directory."
        ) from error
