"""Keeps what is written of a cluster from all but the user that Baton runs as.

Whatever the umask was, new files are 0600 and new directories 0700 from `umask` on. What is there
already is made so where it belongs to that user; else the log says that it could not be, unless it
is open to a volume's group alone.
"""

import logging
import os
import stat
from pathlib import Path

logger = logging.getLogger(__name__)

_FILE, _DIRECTORY = 0o600, 0o700


def umask() -> None:
    """Let this process, and those it starts, make files for their owner only."""
    os.umask(0o077)


def make_directory(path: Path) -> None:
    """Make `path`, if need be, and close it to others; raises OSError where it can't be made.

    One that is meant for all, as `/tmp` is, stays open.
    """
    path.mkdir(parents=True, exist_ok=True, mode=_DIRECTORY)
    if not path.stat().st_mode & stat.S_ISVTX:
        _close(path, _DIRECTORY)


def make_file(path: Path) -> None:
    """Make `path`, if need be, and close it to others; raises OSError where it can't be made."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, _FILE))
    close_file(path)


def make_database(path: Path) -> None:
    """Make a database's file, which SQLite takes the mode of those beside it from.

    Closes what is there to others, and the directory; raises OSError where these can't be made.
    """
    make_directory(path.parent)
    make_file(path)
    for beside in path.parent.glob(f"{path.stem}.*"):
        close_file(beside)


def close_file(path: Path) -> None:
    """Close a file to others, if there is one and it is no pipe or device."""
    if path.is_file():
        _close(path, _FILE)


def write_file(path: Path, content: bytes) -> None:
    """Write a small file, whole or not at all, that only its owner can read; raises OSError."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _FILE), "wb") as file:
        os.fchmod(file.fileno(), _FILE)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _close(path: Path, mode: int) -> None:
    found = path.stat()
    if stat.S_IMODE(found.st_mode) == mode or _of_the_volume(found):
        return
    try:
        path.chmod(mode)
    except OSError as error:
        logger.warning(
            "%s can be read by others, as its mode can't be changed: %s. Let it belong to the user "
            "that Baton runs as, or keep others from the directory that it is in.",
            *(path, error.strerror),
        )


def _of_the_volume(found: os.stat_result) -> bool:
    """Whether another uid that wrote to this volume left this open to the volume's group alone.

    The kubelet opens a volume's files to its fsGroup, so that a Pod can go on as another uid.
    """
    mine = found.st_uid == os.geteuid() or found.st_gid not in os.getgroups()
    return not mine and not found.st_mode & stat.S_IRWXO
