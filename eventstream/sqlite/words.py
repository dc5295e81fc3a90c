"""SQLite's own full-text search, FTS5: https://www.sqlite.org/fts5.html.

Words of steps and traces are kept without their texts, which are in the rows already, and without
their order, which would take as much again; whoever takes a row out has to give the text again.
Names are kept by each three letters in a row, so that any part of one is found. There are no
triggers, as FTS5 writes down what it has for each row that one adds.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from django.db import OperationalError

from eventstream.searching.errors import TooWideError, UnsearchableError
from eventstream.searching.index import Changed, Only
from eventstream.searching.terms import Terms
from eventstream.searching.texts import at_place
from eventstream.sqlite.terms import begun

SECONDS_MOST = 3.0
"""So long one look into the index may take."""

ALIKE_MOST = 100
"""So many words that begin alike are asked for one by one; the rows of more are few of each."""

_LOOKED = 10_000
"""After so many of SQLite's instructions it is looked how long it takes."""

_STEPS, _TRACES = "eventstream_stepwords", "eventstream_tracewords"
_OBJECT_NAMES, _TRACE_NAMES = "eventstream_objectnames", "eventstream_tracenames"
_TRIGRAM = 3
_NO_CHANGES = 4
"""So many rows SQLite counts as changed where nothing is to be merged in four tables."""

_WORDS = "words, content='', detail='none', columnsize=0, tokenize='ascii'"
_NAMES = "words, content='', detail='none', columnsize=0, tokenize='trigram'"


def _filled(table: str, rows: str) -> str:
    return f"INSERT INTO {table}(rowid, words) {rows}"  # nosec B608


TABLES: tuple[str, ...] = (
    f"CREATE VIRTUAL TABLE {_STEPS} USING fts5({_WORDS})",
    f"CREATE VIRTUAL TABLE {_TRACES} USING fts5({_WORDS})",
    f"CREATE VIRTUAL TABLE {_OBJECT_NAMES} USING fts5({_NAMES})",
    f"CREATE VIRTUAL TABLE {_TRACE_NAMES} USING fts5({_NAMES})",
    _filled(_OBJECT_NAMES, "SELECT id, name FROM eventstream_objectrow ORDER BY id"),
    _filled(
        _TRACE_NAMES,  # As `texts.trace_names` has it.
        "SELECT number, CASE WHEN instr(title, name) THEN title ELSE title || ' ' || name END "
        "|| ' ' || namespace FROM eventstream_tracerow ORDER BY number",
    ),
)
"""The statements that make the index, with the names of what history holds already."""

GONE: tuple[str, ...] = tuple(
    f"DROP TABLE {table}" for table in (_STEPS, _TRACES, _OBJECT_NAMES, _TRACE_NAMES)
)
"""The statements that take the index away."""


def check() -> None:
    """Return if this Python's SQLite can search; raises UnsearchableError."""
    with closing(sqlite3.connect(":memory:")) as database:
        try:
            database.execute(f"CREATE VIRTUAL TABLE told USING fts5({_WORDS})")
            database.execute(f"CREATE VIRTUAL TABLE named USING fts5({_NAMES})")
        except sqlite3.OperationalError as error:
            raise UnsearchableError(
                f"The SQLite of this Python ({sqlite3.sqlite_version}) has no full-text search: "
                f"{error}. Baton needs SQLite 3.34 or newer with FTS5, which the Python of "
                "python.org, of Debian and of Baton's image has."
            ) from error


class SqliteIndex:
    """See `index.TextIndex`."""

    def __init__(self, wrapper: Any) -> None:
        self._wrapper = wrapper

    def add_steps(self, entries: Sequence[tuple[int, str]]) -> None:
        """Take in the texts of new steps, in order of seq."""
        self._many(_insertion(_STEPS), entries)

    def remove_steps(self, entries: Sequence[tuple[int, str]]) -> None:
        """Take out steps, with the texts by which they were taken in, in order of seq."""
        self._many(_deletion(_STEPS), entries)

    def put_traces(self, entries: Sequence[Changed]) -> None:
        """Change the text of traces, from one to another, in order of number; None is none."""
        self._put(_TRACES, entries)

    def put_trace_names(self, entries: Sequence[Changed]) -> None:
        """The same of what they are called."""
        self._put(_TRACE_NAMES, entries)

    def add_objects(self, entries: Sequence[tuple[int, str]]) -> None:
        """Take in the names of new objects, in order of number."""
        self._many(_insertion(_OBJECT_NAMES), entries)

    def remove_objects(self, entries: Sequence[tuple[int, str]]) -> None:
        """Take out objects, with their names, in order of number."""
        self._many(_deletion(_OBJECT_NAMES), entries)

    def steps(self, terms: Terms, below: int, limit: int, only: Only | None = None) -> list[int]:
        """The seqs below one of the steps that have all terms, the highest first."""
        if only and only.places:
            there = " OR ".join(_quoted(at_place(place)) for place in only.places)
            return self._all_of(_STEPS, terms, there, below, limit)
        return self._all_of(_STEPS, terms, _one_of(only), below, limit, only)

    def traces(self, terms: Terms, below: int, limit: int, only: Only | None = None) -> list[int]:
        """The numbers below one of the traces that have all terms, the highest first."""
        return self._all_of(_TRACES, terms, _one_of(only), below, limit, only)

    def objects(
        self, parts: Sequence[str], below: int, limit: int, only: Only | None = None
    ) -> list[int]:
        """The numbers below one of objects whose names have one of the parts, the highest first."""
        asked = " OR ".join(f"({_part(part)})" for part in parts)
        return self._found(_OBJECT_NAMES, asked, below, limit, only)

    def named_traces(self, part: str, limit: int) -> list[int]:
        """The numbers of so many traces that are called so in part."""
        return self._found(_TRACE_NAMES, _part(part), _HIGHEST, limit)

    def tidy(self, pages: int) -> bool:
        """Give back some of the room that was taken out, by so much work; False where none is."""
        before = self._changes()
        for table in (_STEPS, _TRACES, _OBJECT_NAMES, _TRACE_NAMES):
            # Below zero: older parts too, which nothing that is new would touch for long.
            self._execute(f"INSERT INTO {table}({table}, rank) VALUES ('merge', {-pages})")  # noqa: S608  # nosec B608
        return self._changes() - before > _NO_CHANGES

    def _put(self, table: str, entries: Sequence[Changed]) -> None:
        # Each in order: FTS5 writes down what it has whenever a lower number comes after a higher.
        gone = [(number, before) for number, before, _ in entries if before is not None]
        self._many(_deletion(table), gone)
        new = [(number, after) for number, _, after in entries if after is not None]
        self._many(_insertion(table), new)

    def _execute(self, statement: str) -> None:
        self._wrapper.ensure_connection()
        with self._wrapper.wrap_database_errors:
            self._wrapper.connection.execute(statement)

    def _changes(self) -> int:
        self._wrapper.ensure_connection()
        return int(self._wrapper.connection.total_changes)

    def _many(self, statement: str, entries: Sequence[tuple[int, str]]) -> None:
        if not entries:
            return
        self._wrapper.ensure_connection()
        with self._wrapper.wrap_database_errors:
            self._wrapper.connection.executemany(statement, entries)

    def _all_of(
        self,
        table: str,
        terms: Terms,
        there: str,
        below: int,
        limit: int,
        only: Only | None = None,
    ) -> list[int]:
        """The rows that have all terms, and are `there` if that says where they have to be."""
        self._wrapper.ensure_connection()
        asked = [there] if there else []
        with _at_most(self._wrapper.connection), self._wrapper.wrap_database_errors:
            for piece, goes_on in terms.pieces():
                alike = self._alike(table, piece) if goes_on else _quoted(piece)
                if not alike:
                    return []
                asked.append(alike)
        return self._found(table, " AND ".join(f"({each})" for each in asked), below, limit, only)

    def _alike(self, table: str, start: str) -> str:
        """What FTS5 is asked for a word that begins so; "" where the index has none."""
        found = begun(self._wrapper.connection, table, start, ALIKE_MOST)
        return f"{_quoted(start)}*" if found is None else " OR ".join(map(_quoted, found))

    def _found(
        self, table: str, asked: str, below: int, limit: int, only: Only | None = None
    ) -> list[int]:
        statement = f"SELECT rowid AS number FROM {table} WHERE {table} MATCH %s AND rowid < %s"  # noqa: S608  # nosec B608
        if only:
            statement = f"SELECT number FROM ({statement}) AS found WHERE {only.where}"  # noqa: S608  # nosec B608
        given = [asked, min(below, _HIGHEST), *(only.given if only else ()), limit]
        self._wrapper.ensure_connection()
        with _at_most(self._wrapper.connection), self._wrapper.cursor() as cursor:
            cursor.execute(f"{statement} ORDER BY number DESC LIMIT %s", given)
            return [number for (number,) in cursor.fetchall()]


_HIGHEST = 2**63 - 1


@contextmanager
def _at_most(connection: Any) -> Iterator[None]:
    """Within this block SQLite gives up after SECONDS_MOST, with TooWideError."""
    until = time.monotonic() + SECONDS_MOST
    connection.set_progress_handler(lambda: time.monotonic() > until, _LOOKED)
    try:
        yield
    except OperationalError as error:
        if time.monotonic() <= until:
            raise
        raise TooWideError("Too much begins like this to look through it all.") from error
    finally:
        connection.set_progress_handler(None, 0)


def _insertion(table: str) -> str:
    return f"INSERT INTO {table}(rowid, words) VALUES (?, ?)"  # noqa: S608  # nosec B608


def _deletion(table: str) -> str:
    return f"INSERT INTO {table}({table}, rowid, words) VALUES ('delete', ?, ?)"  # noqa: S608  # nosec B608


def _one_of(only: Only | None) -> str:
    """What FTS5 is asked for a row that may be seen; "" where that is not known by words.

    Each word is quoted here as everywhere, so that none is taken for one of FTS5's own.
    """
    sets = (" AND ".join(map(_quoted, each)) for each in (only.words if only else ()))
    return " OR ".join(f"({each})" for each in sets)


def _part(part: str) -> str:
    """The same for a part of a name, of at least three letters: each three of them in a row."""
    threes = (part[at : at + _TRIGRAM] for at in range(len(part) - _TRIGRAM + 1))
    return " AND ".join(dict.fromkeys(map(_quoted, threes)))


def _quoted(word: str) -> str:
    # To FTS5 a NUL is the end of what it is asked, within the quotes. No name has one.
    doubled = word.replace('"', '""').replace("\0", "\N{REPLACEMENT CHARACTER}")
    return f'"{doubled}"'
