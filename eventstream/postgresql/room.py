"""Keeps history within a size, by what its rows take: only the server gives back what is free.

A table does not get smaller when rows go: the server uses their room again once it has vacuumed it.
So what counts is how many rows there are, as its statistics have it, and what one takes, as it was
when the table grew last. The files may have a fifth more, which is why less than all is used.
"""

import time
from typing import NamedTuple

from django.db import connection

MOST_ROWS = 5000
"""So many rows may be in one commit."""
PART = 0.8
"""So much of the limit may rows take."""
INTERVAL = 1.0
"""Seconds between two looks, while nothing has to go."""

_TABLES = (
    "FROM pg_class c JOIN pg_stat_user_tables s ON s.relid = c.oid "
    "WHERE c.relnamespace = current_schema()::regnamespace AND c.relname LIKE 'eventstream\\_%%'"
)
_SIZES = f"SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint {_TABLES}"
_STATE = (
    "SELECT c.relname::text, pg_total_relation_size(c.oid), s.n_live_tup, "
    f"s.n_live_tup + s.n_dead_tup, greatest(c.reltuples, 0) {_TABLES}"
)


class _Table(NamedTuple):
    """Bytes when it had grown last, and what one row took then."""

    bytes: int
    row: float


class TableRoom:
    """What the rows of the default database may take of `most` bytes; for one thread."""

    rows = MOST_ROWS

    def __init__(self, most: int) -> None:
        self._most = most * PART
        self._due = 0.0
        self._tables: dict[str, _Table] = {}

    def begin(self) -> None:
        """Nothing has to be ready for a commit."""

    def is_short(self) -> bool:
        """Whether the oldest has to go."""
        now = time.monotonic()
        if now < self._due:
            return False
        short = self._used() > self._most
        if not short:
            self._due = now + INTERVAL
        return short

    def freed(self) -> None:
        """The server notices by itself that rows went."""

    def end(self) -> None:
        """The server gives back by itself what it can."""

    def _used(self) -> float:
        with connection.cursor() as cursor:
            # What this session did counts from now on.
            cursor.execute("SELECT pg_stat_force_next_flush()")
            cursor.execute(_STATE)
            found = cursor.fetchall()
            for name, _, live, _, known in found:
                if live < known / 2:  # Statistics are lost when a server crashes.
                    cursor.execute(f"ANALYZE {name}")
        return sum(self._of(*row[:4]) for row in found)

    def _of(self, name: str, size: int, live: int, ever: int) -> float:
        before = self._tables.get(name)
        if before is None or size > before.bytes:
            before = self._tables[name] = _Table(size, size / max(ever, 1))
        return min(before.row * live, size)


def stored_bytes() -> int:
    """What the tables take of the server's disk, indexes included."""
    with connection.cursor() as cursor:
        cursor.execute(_SIZES)
        return int(cursor.fetchone()[0])
