"""The bounded history of one kind of stored objects: what watches read and old lists go back by.

Every watch reads the same log at its own position, so a write costs the same however many watch,
and a watch that falls behind what is kept is told so (410) instead of growing a queue.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Literal

from practicecluster.resources import ResourceType
from practicecluster.stored import Stored

ChangeType = Literal["ADDED", "MODIFIED", "DELETED"]


@dataclass(frozen=True, slots=True)
class StoredChange:
    """One write. For DELETED, `after` is the last state, with the deletion's resourceVersion."""

    type: ChangeType
    before: Stored | None
    after: Stored
    _lines: dict[str, bytes] = field(default_factory=dict)

    @property
    def revision(self) -> int:
        """The resourceVersion that this write produced."""
        return self.after.revision

    def line(self, served: ResourceType) -> bytes:
        """Return the WatchEvent as a line of JSON, made once for all watches."""
        line = self._lines.get(served.api_version)
        if line is None:
            line = self._lines[served.api_version] = watch_line(self.type, self.after.shown(served))
        return line


def watch_line(change_type: str, shown: bytes) -> bytes:
    """Return one line of a watch's stream."""
    return b'{"type":"' + change_type.encode() + b'","object":' + shown + b"}\n"


class ChangeLog:
    """The latest `limit` changes, by position (counted from the first ever) and by revision."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._changes: list[StoredChange] = []
        self._start = 0
        self.oldest = 0
        """A watch can start after this revision and later ones, not before."""

    @property
    def end(self) -> int:
        """The position that the next change will have."""
        return self._start + len(self._changes)

    def append(self, change: StoredChange) -> None:
        """Keep a change; beyond the limit the oldest ones go, many at a time as that costs less."""
        self._changes.append(change)
        if len(self._changes) > self._limit + self._limit // 4:
            self._drop(len(self._changes) - self._limit)

    def _drop(self, count: int) -> None:
        self.oldest = max(self.oldest, self._changes[count - 1].revision)
        del self._changes[:count]
        self._start += count

    def position_after(self, revision: int) -> int:
        """Return the position of the first change later than `revision`."""
        found = bisect_right(self._changes, revision, key=lambda change: change.revision)
        return self._start + found

    def since(self, position: int) -> list[StoredChange] | None:
        """Return the changes from `position` on; None when some of them are gone."""
        if position < self._start:
            return None
        return self._changes[position - self._start :]

    def later_than(self, revision: int) -> list[StoredChange]:
        """Return the kept changes after `revision`, newest first."""
        return self._changes[self.position_after(revision) - self._start :][::-1]

    def compact(self, revision: int) -> None:
        """Refuse from now on what is older than `revision`; running watches go on undisturbed."""
        self.oldest = max(self.oldest, revision)

    def cut(self, revision: int) -> None:
        """Forget everything, so that running watches have lost their place too."""
        self._start = self.end + 1
        self._changes.clear()
        self.compact(revision)
