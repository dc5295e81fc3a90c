"""Directories that end with their owner: each is locked for as long as its process lives.

The lock is the kernel's and ends with the process, however it ends; so what a killed run left is
known at the next start, and is never taken for what another run uses.
"""

import fcntl
import logging
import os
import shutil
import tempfile
from pathlib import Path

logger = logging.getLogger(__name__)

_PREFIX = "tape-"


class OwnDirectory:
    """A new directory below `parent`, locked until it is deleted. Raises OSError."""

    def __init__(self, parent: Path) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        self._lock = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def delete(self) -> None:
        """Delete it with all that is in it."""
        _delete(self.path)
        os.close(self._lock)


def delete_left(parent: Path) -> None:
    """Delete those whose process has ended without deleting them."""
    for left in parent.glob(f"{_PREFIX}*"):
        try:
            lock = os.open(left, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            logger.warning("%s, left by another run, can't be deleted: %s", left, error)
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _delete(left)
        except BlockingIOError:
            logger.info("%s is another run's, which still uses it.", left)
        finally:
            os.close(lock)


def _delete(path: Path) -> None:
    try:
        shutil.rmtree(path)
    except OSError as error:
        logger.warning("%s can't be deleted: %s. Delete it by hand.", path, error)
