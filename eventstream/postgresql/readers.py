"""The connections that pages read by: kept between requests, few and looked at before use.

A thread of Django lives for one request, and a connection costs a server a process.
"""

import select
import threading
from collections.abc import Callable
from typing import NamedTuple

from psycopg.pq import TransactionStatus

from eventstream.postgresql.connecting import Bounded

KEPT_MOST = 4
"""So many connections that nobody uses are kept."""


class Reader(NamedTuple):
    """A connection that can only read, and the database that it is to."""

    connection: Bounded
    database: str


class Readers:
    """Readers that wait to be used again; used by all threads."""

    def __init__(self) -> None:
        self._kept: list[Reader] = []
        self._lock = threading.Lock()

    def take(self, database: str, open_: Callable[[], Bounded]) -> Reader:
        """Return a reader of the database of that name; `open_` opens one, and may raise."""
        while (reader := self._next(database)) is not None:
            if _is_alive(reader.connection):
                return reader
            reader.connection.close()
        return Reader(open_(), database)

    def _next(self, database: str) -> Reader | None:
        with self._lock:
            for reader in reversed(self._kept):
                if reader.database == database:
                    self._kept.remove(reader)
                    return reader
        return None

    def give(self, reader: Reader) -> None:
        """Take a reader back to be used again; close what is too many, or of no use any more."""
        if reader.connection.info.transaction_status != TransactionStatus.IDLE:
            reader.connection.close()
            return
        with self._lock:
            self._kept.append(reader)
            closed, self._kept = self._kept[:-KEPT_MOST], self._kept[-KEPT_MOST:]
        for each in closed:
            each.connection.close()

    def forget(self) -> None:
        """Close all that are kept."""
        with self._lock:
            closed, self._kept = self._kept, []
        for each in closed:
            each.connection.close()


readers = Readers()


def _is_alive(connection: Bounded) -> bool:
    """Whether the server is there, and silent: what it says unasked is a good-bye, as a rule."""
    if connection.closed:
        return False
    said, _, _ = select.select([connection.fileno()], [], [], 0)
    return not said
