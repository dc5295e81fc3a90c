"""Finds what an audit log's earlier content is called once the API server has rotated it.

kube-apiserver renames `audit.log` to `audit-TIMESTAMP.log` beside it and begins a new `audit.log`.
Source: https://github.com/natefinch/lumberjack, backupName, which kube-apiserver writes with.
"""

import errno
import hashlib
import os
import stat
from pathlib import Path

from eventstream.expressions import expression
from eventstream.objects.observations import LogPlace

_STAMP = expression(r"-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}")
HEAD = 256
"""Bytes of a file's beginning that tell it from another with its inode."""


def digest_of(descriptor: int, length: int = HEAD) -> str:
    """A digest of the first `length` bytes, or of those that there are, which it names."""
    content = os.pread(descriptor, length, 0)
    return f"{len(content)}:{hashlib.sha256(content).hexdigest()[:16]}"


def begins_as(descriptor: int, head: str) -> bool:
    """Whether the file still begins as it did when `digest_of` was asked."""
    return digest_of(descriptor, int(head.partition(":")[0])) == head


def reopen(path: Path, place: LogPlace) -> int | None:
    """A descriptor of the file that the place is in, by whatever name; None if that is gone."""
    for candidate in (path, *_namesakes(path)):
        try:
            if not _is(candidate, place.device, place.inode):
                continue
            descriptor = open_file(candidate)
        except OSError:
            continue  # It went, or may not be read: so it is not found, which is told.
        if os.fstat(descriptor).st_size >= place.offset and begins_as(descriptor, place.head):
            return descriptor
        os.close(descriptor)
    return None


def begun_after(path: Path, device: int, inode: int) -> list[Path]:
    """The files that were begun after this one, in order; the log itself is the last."""
    rotated = sorted(each for each in _namesakes(path) if _rotated(each, path))
    mine = [number for number, each in enumerate(rotated) if _is(each, device, inode)]
    return [*(rotated[mine[0] + 1 :] if mine else ()), path]


def _rotated(candidate: Path, path: Path) -> bool:
    """Whether this is the name of `path` with a timestamp in it."""
    name = candidate.name
    stamp = name[len(path.stem) : len(name) - len(path.suffix)]
    return (
        name == f"{path.stem}{stamp}{path.suffix}"
        and stamp.isascii()
        and _STAMP.fullmatch(stamp) is not None
    )


def open_file(path: Path) -> int:
    """A descriptor for reading a plain file; raises OSError for what is none."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "it is not a plain file", str(path))


def _is(path: Path, device: int, inode: int) -> bool:
    found = path.stat()
    return (found.st_dev, found.st_ino) == (device, inode)


def _namesakes(path: Path) -> list[Path]:
    try:
        return [each for each in path.parent.iterdir() if each.name.startswith(path.stem)]
    except OSError:
        return []  # In a directory that may not be listed, nothing can be found.
