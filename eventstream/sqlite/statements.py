"""Statements made by hand for SQLite, over the driver's own connection."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from eventstream.statements import Cells, Table

AT_ONCE = 512
"""So many keys at most are asked for in one statement."""


class SqliteStatements:
    """What `eventstream.statements` asks, over the driver's own connection."""

    def __init__(self, wrapper: Any) -> None:
        self._wrapper = wrapper

    def alone(self) -> None:
        """Keep all others from writing, which a transaction of SQLite's does from its beginning."""

    def add(self, table: Table, rows: Sequence[Cells]) -> None:
        """Insert `rows`, whose keys are new."""
        self._many(_insert(table), rows)

    def put(self, table: Table, rows: Sequence[Cells]) -> None:
        """Insert `rows`, or replace those with the same key."""
        self._many(_upsert(table), rows)

    def find(
        self, table: Table, columns: Sequence[str], by: str, values: Iterable[Any]
    ) -> list[Cells]:
        """These columns of the rows whose column `by` has one of `values`."""
        found: list[Cells] = []
        asked, named = list(values), ", ".join(columns)
        for start in range(0, len(asked), AT_ONCE):
            chunk = asked[start : start + AT_ONCE]
            # The last again and again: a statement for each number of keys would have to be made
            # anew nearly each time, and the driver would keep a hundred of them, 50 KB each.
            chunk += chunk[-1:] * ((1 << (len(chunk) - 1).bit_length()) - len(chunk))
            marks = ",".join("?" * len(chunk))
            with self._wrapper.wrap_database_errors:
                found += self._connection.execute(
                    f"SELECT {named} FROM {table.name} WHERE {by} IN ({marks})",  # noqa: S608  # nosec B608
                    chunk,
                ).fetchall()
        return found

    def remove(self, table: Table, rows: Iterable[Cells]) -> None:
        """Delete the rows with these keys."""
        where = " AND ".join(f"{column} = ?" for column in table.key)
        self._many(f"DELETE FROM {table.name} WHERE {where}", list(rows))  # noqa: S608  # nosec B608

    def remove_by(self, table: Table, by: str, values: Iterable[Any]) -> None:
        """Delete the rows whose column `by` has one of `values`."""
        where = f"DELETE FROM {table.name} WHERE {by} = ?"  # noqa: S608  # nosec B608
        self._many(where, [(value,) for value in values])

    def _many(self, statement: str, rows: Sequence[Cells]) -> None:
        if rows:
            with self._wrapper.wrap_database_errors:
                self._connection.executemany(statement, rows)

    @property
    def _connection(self) -> Any:
        self._wrapper.ensure_connection()
        return self._wrapper.connection


@lru_cache(maxsize=64)
def _insert(table: Table) -> str:
    marks = ", ".join("?" * len(table.columns))
    named = ", ".join(table.columns)
    return f"INSERT INTO {table.name} ({named}) VALUES ({marks})"  # noqa: S608  # nosec B608


@lru_cache(maxsize=64)
def _upsert(table: Table) -> str:
    key = ", ".join(table.key)
    new = ", ".join(f"{column} = excluded.{column}" for column in table.changing)
    return f"{_insert(table)} ON CONFLICT ({key}) DO UPDATE SET {new}"  # our own names  # nosec B608
