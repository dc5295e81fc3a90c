"""PostgreSQL's own full-text search, by words that are told apart as everywhere in Baton.

A tsvector is made of an array of words, since the server's own reading of a text takes names apart
in ways of its own. Its index gives all rows with a word, in no order. So the newest rows are looked
through first, without it: a word that is in many rows is in some of these.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError
from psycopg.errors import QueryCanceled

from eventstream.postgresql import VACUUMED, parts
from eventstream.searching.errors import TooWideError
from eventstream.searching.index import Changed, Entry, Only
from eventstream.searching.terms import Terms
from eventstream.searching.texts import PLACE, words

_STEPS, _TRACES = "eventstream_stepwords", "eventstream_tracewords"
_ASKED = parts.ASKED
_GOES_ON = b":*"

NEWEST = 10_000
"""So many of the newest rows are looked through without an index."""

SAMPLE = 2000
"""So many of these tell how common words are, and what may be seen."""

COMMON = 20
"""What is in more of these is in many rows: it is better asked of those that may be seen."""


def _table(name: str) -> tuple[str, str]:
    return (
        f"CREATE TABLE {name} (number bigint PRIMARY KEY, words tsvector NOT NULL) WITH {VACUUMED}",
        f"CREATE INDEX {name}_found ON {name} USING gin (words)",
    )


TABLES = (*_table(_STEPS), *_table(_TRACES))
"""The statements that make the index."""

GONE = (f"DROP TABLE {_STEPS}", f"DROP TABLE {_TRACES}")
"""The statements that take it away."""


class PostgresIndex:
    """See `searching.index.TextIndex`."""

    def __init__(self, wrapper: Any) -> None:
        self._wrapper = wrapper

    def add_steps(self, entries: Sequence[Entry]) -> None:
        """Take in the texts of new steps."""
        self._add(_STEPS, entries)

    def remove_steps(self, entries: Sequence[Entry]) -> None:
        """Take out steps."""
        self._remove(_STEPS, [number for number, _ in entries])

    def put_traces(self, entries: Sequence[Changed]) -> None:
        """Change the text of traces, from one to another; None is none."""
        self._remove(_TRACES, [number for number, before, _ in entries if before is not None])
        self._add(_TRACES, [(number, new) for number, _, new in entries if new is not None])

    def put_trace_names(self, entries: Sequence[Changed]) -> None:
        """The same of what they are called."""
        self._remove(parts.TRACES, [number for number, before, _ in entries if before is not None])
        self._name(parts.TRACES, [(number, new) for number, _, new in entries if new is not None])

    def add_objects(self, entries: Sequence[Entry]) -> None:
        """Take in the names of new objects."""
        self._name(parts.OBJECTS, entries)

    def remove_objects(self, entries: Sequence[Entry]) -> None:
        """Take out objects."""
        self._remove(parts.OBJECTS, [number for number, _ in entries])

    def tidy(self, pages: int) -> bool:
        """The server does that by itself."""
        return False

    def steps(self, terms: Terms, below: int, limit: int, only: Only | None = None) -> list[int]:
        """The seqs below one of the steps that have all terms, the highest first."""
        if only and only.places:
            # A query of its own for each row: of a join the server may begin with all steps.
            at = "(SELECT true FROM eventstream_steprow WHERE seq = found.number"
            only = only._replace(where=f"{at} AND place_id = ANY(%s))", given=[[*only.places]])
        return self._found(_STEPS, _pieces(terms), below, limit, only)

    def traces(self, terms: Terms, below: int, limit: int, only: Only | None = None) -> list[int]:
        """The numbers below one of the traces that have all terms, the highest first."""
        if only and only.numbers is not None:
            return self._among(only.numbers, _all(_pieces(terms)), below, limit)
        return self._found(_TRACES, _pieces(terms), below, limit, only)

    def objects(
        self, named: Sequence[str], below: int, limit: int, only: Only | None = None
    ) -> list[int]:
        """The numbers below one of objects whose names have one of the parts, the highest first."""
        only = only and only._replace(words=())  # Names have none but their own.
        return self._found(parts.OBJECTS, [b"(" + parts.asked(named) + b")"], below, limit, only)

    def named_traces(self, part: str, limit: int) -> list[int]:
        """The numbers of so many traces that are called so in part."""
        return self._run(
            f"SELECT number FROM {parts.TRACES} WHERE words @@ {_ASKED} LIMIT %s",  # noqa: S608  # nosec B608
            [parts.asked([part]), limit],
        )

    def _add(self, table: str, entries: Sequence[Entry]) -> None:
        if entries:
            told = [" ".join(words(text.partition(PLACE)[0].lower())) for _, text in entries]
            self._run(
                # As bytes, as above.
                f"INSERT INTO {table} SELECT n, array_to_tsvector(array_remove(string_to_array("  # noqa: S608  # nosec B608
                "convert_from(w, 'UTF8'), ' '), '')) "
                "FROM unnest(%s::bigint[], %s::bytea[]) AS t(n, w)",
                [[number for number, _ in entries], [text.encode() for text in told]],
            )

    def _name(self, table: str, entries: Sequence[Entry]) -> None:
        if entries:
            given = [[number for number, _ in entries], [name for _, name in entries]]
            self._run(parts.insertion(table), given)

    def _remove(self, table: str, numbers: list[int]) -> None:
        if numbers:
            self._run(f"DELETE FROM {table} WHERE number = ANY(%s)", [numbers])  # noqa: S608  # nosec B608

    def _among(self, numbers: Sequence[int], asked: bytes, below: int, limit: int) -> list[int]:
        """Those of these traces; not by the index of words, which would gather all rows."""
        return self._run(
            f"SELECT number FROM {_TRACES} WHERE number = ANY(%s::bigint[]) AND number < %s "  # noqa: S608  # nosec B608
            f"AND NOT words @@ {_ASKED} ORDER BY number DESC LIMIT %s",
            [list(numbers), below, _none_of(asked), limit],
        )

    def _found(
        self,
        table: str,
        pieces: Sequence[bytes],
        below: int,
        limit: int,
        only: Only | None = None,
    ) -> list[int]:
        """The rows that have all pieces."""
        asked = _all(pieces)
        where, given = (only.where, only.given) if only else ("true", ())
        one_of = _one_of(only.words) if only and only.words else b""
        met, may = self._sampled(table, [asked, one_of], below) if one_of else (0, SAMPLE)
        if may * NEWEST >= limit * SAMPLE:
            newest = _newest(table, NEWEST)
            found = self._run(
                f"SELECT number FROM {newest} WHERE words @@ {_ASKED} AND {where} "  # noqa: S608  # nosec B608
                "ORDER BY number DESC LIMIT %s",
                [below, asked, *given, limit],
            )
            if len(found) == limit:
                return found
        if met > COMMON and only and only.places:
            return self._at(only.places, asked, below, limit)
        by_index, others = self._apart(table, pieces, below) if met <= COMMON else ([], [*pieces])
        if one_of:
            by_index.append(b"(" + one_of + b")")
        condition, words_ = f"words @@ {_ASKED}", [_all(by_index)]
        if others:
            condition += f" AND NOT words @@ {_ASKED}"
            words_.append(_none_of(_all(others)))
        # By sums, which no index is of: else all rows may be gone through in order.
        rows = (
            f"SELECT number, number + 0 AS place FROM {table} WHERE {condition} "  # noqa: S608  # nosec B608
            "AND number + 0 < %s ORDER BY place DESC OFFSET 0"
        )
        # Only as many are asked whether they may be seen as are to be found.
        return self._run(
            f"SELECT number FROM ({rows}) AS found WHERE {where} ORDER BY place DESC LIMIT %s",  # noqa: S608  # nosec B608
            [*words_, below, *given, limit],
        )

    def _apart(
        self, table: str, pieces: Sequence[bytes], below: int
    ) -> tuple[list[bytes], list[bytes]]:
        """The pieces that the index is to be asked, and those that what it finds is to be asked.

        Of a word that may go on the index gathers all rows before any other word narrows them. So
        where another is rare, what is common is better asked of the rows with that.
        """
        counted = self._sampled(table, pieces, below) if len(pieces) > 1 else [0]
        if min(counted) > COMMON:
            return [*pieces], []
        common = [
            piece
            for piece, met in zip(pieces, counted, strict=True)
            if met > COMMON and piece.endswith(_GOES_ON)
        ]
        return [piece for piece in pieces if piece not in common], common

    def _at(self, places: Sequence[int], asked: bytes, below: int, limit: int) -> list[int]:
        """The steps at these places, of which the newest are asked for their words."""
        rows = (
            "SELECT seq AS number, seq + 0 AS place FROM eventstream_steprow "
            "WHERE place_id = ANY(%s) AND seq + 0 < %s ORDER BY place DESC OFFSET 0"
        )
        has = f"(SELECT words @@ {_ASKED} FROM {_STEPS} WHERE number = found.number)"  # noqa: S608  # nosec B608
        return self._run(
            f"SELECT number FROM ({rows}) AS found WHERE {has} ORDER BY place DESC LIMIT %s",  # noqa: S608  # nosec B608
            [[*places], below, asked, limit],
        )

    def _sampled(self, table: str, asked: Sequence[bytes], below: int) -> list[int]:
        """How many of the newest rows have what is asked, for each of it."""
        counts = ", ".join([f"count(*) FILTER (WHERE words @@ {_ASKED})"] * len(asked))
        statement = f"SELECT unnest(ARRAY[{counts}]) FROM {_newest(table, SAMPLE)}"  # noqa: S608  # nosec B608
        return self._run(statement, [*asked, below])

    def _run(self, statement: str, given: list[Any]) -> list[int]:
        with _said(), self._wrapper.cursor() as cursor:
            cursor.execute(statement, given)
            return [number for (number,) in cursor.fetchall()] if cursor.description else []


def _newest(table: str, most: int) -> str:
    """So many rows below a number, without an index of words."""
    rows = f"SELECT * FROM {table} WHERE number < %s ORDER BY number DESC LIMIT {most}"  # noqa: S608  # nosec B608
    return f"({rows}) AS found"


def _none_of(asked: bytes) -> bytes:
    """What is so of all rows but those with these words."""
    return b"!(" + asked + b")"


@contextmanager
def _said() -> Iterator[None]:
    """Within this block a statement that the server gives up raises TooWideError."""
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooWideError("Too much begins like this to look through it all.") from error
        raise


def _pieces(terms: Terms) -> list[bytes]:
    """What the server is asked, for each piece; these have letters and digits alone."""
    return [f"'{piece}'".encode() + _GOES_ON * goes_on for piece, goes_on in terms.pieces()]


def _all(asked: Sequence[bytes]) -> bytes:
    """That all of this is so."""
    return b" & ".join(asked)


def _one_of(sets: Sequence[Sequence[str]]) -> bytes:
    """What the server is asked for rows with all words of one of the sets."""
    return " | ".join(f"({' & '.join(map(_quoted, each))})" for each in sets).encode()


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
