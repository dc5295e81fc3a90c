"""Parts of names on a PostgreSQL: each three letters in a row, as SQLite's index of names has them.

The server's own extension for that need not be there, nor may everybody make it. A row that is
found has all of these letters, but not surely in a row: whoever asks looks at it again.
"""

from collections.abc import Sequence

from eventstream.postgresql import VACUUMED
from eventstream.postgresql.texts import kept

OBJECTS, TRACES = "eventstream_objectnames", "eventstream_tracenames"
ASKED = "(SELECT convert_from(%s, 'UTF8')::tsquery)"
"""What `asked` returns: bytes, since texts are cut to what an index can have. It is a query of its
own, since the server would read it anew for each row."""

_THREE = 3


def _parts(name: str) -> str:
    return (
        f"array_to_tsvector(ARRAY(SELECT DISTINCT substr(lower({name}), at, {_THREE}) "  # noqa: S608  # nosec B608
        f"FROM generate_series(1, length({name}) - {_THREE - 1}) AS at))"
    )


def _table(name: str, rows: str) -> tuple[str, ...]:
    return (
        f"CREATE TABLE {name} (number bigint PRIMARY KEY, words tsvector NOT NULL) WITH {VACUUMED}",
        f"INSERT INTO {name} {rows}",  # nosec B608
        f"CREATE INDEX {name}_found ON {name} USING gin (words)",
    )


TABLES = (
    *_table(OBJECTS, f"SELECT id, {_parts('name')} FROM eventstream_objectrow"),  # noqa: S608  # nosec B608
    *_table(
        TRACES,  # As `texts.trace_names` has it.
        f"SELECT number, {_parts('told')} FROM (SELECT number, "  # noqa: S608  # nosec B608
        "CASE WHEN position(name in title) > 0 THEN title ELSE title || ' ' || name END "
        "|| ' ' || namespace AS told FROM eventstream_tracerow) AS named",
    ),
)
"""The statements that make the tables, with the names of what history holds already."""

GONE = (f"DROP TABLE {OBJECTS}", f"DROP TABLE {TRACES}")
"""The statements that take them away."""


def insertion(table: str) -> str:
    """The statement that takes in names: an array of numbers, and one of the names."""
    return (
        f"INSERT INTO {table} SELECT n, {_parts('t')} "  # noqa: S608  # nosec B608
        "FROM unnest(%s::bigint[], %s::text[]) AS named(n, t)"
    )


def asked(parts: Sequence[str]) -> bytes:
    """What the server is asked for names with one of these parts, of three letters at least."""
    return " | ".join(f"({_all_threes(kept(part).lower())})" for part in parts).encode()


def _all_threes(part: str) -> str:
    threes = (part[at : at + _THREE] for at in range(len(part) - _THREE + 1))
    return " & ".join(dict.fromkeys(map(_quoted, threes)))


def _quoted(three: str) -> str:
    return "'" + three.replace("\\", "\\\\").replace("'", "''") + "'"
