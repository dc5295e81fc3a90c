"""Statements made by hand for PostgreSQL: one for all rows, which go in binary.

What is added goes by COPY, the cheapest way there is; what may be there already, and what is looked
for, as arrays that the server makes rows of (`unnest`).
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from psycopg import Cursor

from eventstream.postgresql.connecting import Bounded
from eventstream.postgresql.texts import kept, told
from eventstream.statements import INSTALLATION, Cells, Table

FEW = 8
"""So many rows are put without COPY, which takes two journeys to the server."""

_TYPES: dict[str, dict[str, str]] = {}
"""The types of the columns of each table, as the server has told."""


class PostgresStatements:
    """What `eventstream.statements` asks, over psycopg's own connection."""

    def __init__(self, wrapper: Any) -> None:
        self._wrapper = wrapper

    def alone(self) -> None:
        """Keep all others from writing until the transaction ends: they ask for this row first."""
        self._run(f"SELECT 1 FROM {INSTALLATION.name} FOR UPDATE")  # noqa: S608  # nosec B608

    def add(self, table: Table, rows: Sequence[Cells]) -> None:
        """Insert `rows`, whose keys are new."""
        if 0 < len(rows) <= FEW:
            self._run(f"{_insert(table)} {self._rows(table, table.columns)}", _columns(rows))
        elif rows:
            types = self._types(table)
            named = ", ".join(table.columns)
            into = f"COPY {table.name} ({named}) FROM STDIN (FORMAT BINARY)"
            with (
                self._wrapper.wrap_database_errors,
                self._cursor() as cursor,
                cursor.copy(into.encode()) as copy,
            ):
                copy.set_types([types[column] for column in table.columns])
                for row in rows:
                    copy.write_row(row)

    def put(self, table: Table, rows: Sequence[Cells]) -> None:
        """Insert `rows`, or replace those with the same key; the last of a key counts."""
        if rows:
            places = [table.columns.index(column) for column in table.key]
            last = {tuple(row[place] for place in places): row for row in rows}
            named = self._rows(table, table.columns)
            self._run(f"{_insert(table)} {named} {_replacing(table)}", _columns([*last.values()]))

    def find(
        self, table: Table, columns: Sequence[str], by: str, values: Iterable[Any]
    ) -> list[Cells]:
        """These columns of the rows whose column `by` has one of `values`."""
        asked = list(dict.fromkeys(values))
        if not asked:
            return []
        type_ = self._types(table)[by]
        found = self._run(
            f"SELECT {', '.join(columns)} FROM {table.name} WHERE {by} = ANY(%b::{type_}[])",  # noqa: S608  # nosec B608
            [asked],
        )
        return _as_asked(found, columns, by, asked)

    def remove(self, table: Table, rows: Iterable[Cells]) -> None:
        """Delete the rows with these keys."""
        keys = list(rows)
        if keys:
            where = " AND ".join(f"t.{column} = k.{column}" for column in table.key)
            named = ", ".join(table.key)
            self._run(
                f"DELETE FROM {table.name} t USING ({self._rows(table, table.key)}) k({named}) "  # noqa: S608  # nosec B608
                f"WHERE {where}",
                _columns(keys),
            )

    def remove_by(self, table: Table, by: str, values: Iterable[Any]) -> None:
        """Delete the rows whose column `by` has one of `values`."""
        asked = list(values)
        if asked:
            type_ = self._types(table)[by]
            self._run(f"DELETE FROM {table.name} WHERE {by} = ANY(%b::{type_}[])", [asked])  # noqa: S608  # nosec B608

    def _rows(self, table: Table, columns: Sequence[str]) -> str:
        types = self._types(table)
        return f"SELECT * FROM unnest({', '.join(f'%b::{types[c]}[]' for c in columns)})"  # noqa: S608  # nosec B608

    def _types(self, table: Table) -> dict[str, str]:
        found = _TYPES.get(table.name)
        if found is None:
            rows = self._run(
                "SELECT attname::text, format_type(atttypid, NULL)::text FROM pg_attribute "
                "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
                [table.name],
            )
            found = _TYPES[table.name] = dict(rows)
        return found

    def _run(self, statement: str, parameters: Sequence[Any] = ()) -> list[Cells]:
        with self._wrapper.wrap_database_errors, self._cursor() as cursor:
            cursor.execute(statement.encode(), parameters, binary=True)
            return cursor.fetchall() if cursor.description else []

    def _cursor(self) -> Cursor[Any]:
        self._wrapper.ensure_connection()
        connection: Bounded = self._wrapper.connection
        return Cursor(connection)


@lru_cache(maxsize=64)
def _insert(table: Table) -> str:
    return f"INSERT INTO {table.name} ({', '.join(table.columns)})"


@lru_cache(maxsize=64)
def _replacing(table: Table) -> str:
    new = ", ".join(f"{column} = excluded.{column}" for column in table.changing)
    return f"ON CONFLICT ({', '.join(table.key)}) DO UPDATE SET {new}"  # our own names  # nosec B608


def _columns(rows: Sequence[Cells]) -> list[list[Any]]:
    """The rows as arrays, one for each column; numbers of one array are of one type."""
    return [
        [float(each) for each in column]
        if any(type(each) is float for each in column)
        else list(column)
        for column in zip(*rows, strict=True)
    ]


def _as_asked(
    found: list[Cells], columns: Sequence[str], by: str, asked: Sequence[Any]
) -> list[Cells]:
    """With what was looked for in place of what is kept of it, where that is less."""
    if by not in columns or not isinstance(asked[0], str):
        return found
    less = {short: text for text in asked if (short := told(kept(text))) != text}
    if not less:
        return found
    place = list(columns).index(by)
    return [(*row[:place], less.get(row[place], row[place]), *row[place + 1 :]) for row in found]
