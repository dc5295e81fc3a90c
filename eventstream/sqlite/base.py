"""The database engine: a connection writes, or within `only_reading` it can do nothing but read.

A page must neither wait for a lock nor change anything, so its connections are opened read-only
by SQLite itself. They outlive the request: opening one for each costs more than most queries.
"""

import sqlite3
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base

from eventstream.readonly import is_only_reading
from eventstream.sqlite.dialect import Sqlite
from eventstream.sqlite.readers import Reader, readers


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's connection to SQLite, of one of the two sorts."""

    dialect = Sqlite()
    init_commands: list[str]
    _reader: Reader | None = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> sqlite3.Connection:
        """Open a connection that writes, or take one that only reads."""
        if is_only_reading() and not self.is_in_memory_db():
            self._reader = readers.take(Path(conn_params["database"]), self._open)
            return self._reader.connection
        # Lets retention give pages back to the disk. It takes the lock for writing, and works only
        # before the first table is made and WAL writes the file's header.
        at_first = ["PRAGMA auto_vacuum = INCREMENTAL"] if _is_new(conn_params) else []
        self.init_commands = [*at_first, *self.init_commands]
        connection: sqlite3.Connection = super().get_new_connection(conn_params)
        return connection

    def _open(self, uri: str) -> sqlite3.Connection:
        params = self.get_connection_params()
        self.init_commands = []
        connection: sqlite3.Connection = super().get_new_connection({**params, "database": uri})
        return connection

    def _close(self) -> None:
        reader, self._reader = self._reader, None
        if reader is None:
            super()._close()  # type: ignore[misc]  # The stubs leave it out.
        else:
            readers.give(reader)


def _is_new(conn_params: dict[str, Any]) -> bool:
    """Whether nothing was ever written to the file; it need not exist."""
    path = Path(conn_params["database"])
    return not path.exists() or not path.stat().st_size
