"""Copies of a history on a PostgreSQL, made by the server from its own rows: see `copies`.

The index of words is taken away meanwhile and made anew at the end, which is much quicker than to
add to it; it is somewhat smaller then than one that grew.
"""

from typing import Any

from benchmarks.copies import Copies
from benchmarks.tellings import FIVE
from eventstream.postgresql import parts

_OWN = """
CREATE OR REPLACE FUNCTION own(id bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
SELECT CASE
    WHEN length(id) = 0 THEN id
    WHEN length(id) NOT IN (10, 16) THEN id || '-%(number)s'::bytea
    ELSE set_byte(set_byte(id, length(id) - 2, last / 256), length(id) - 1, last %% 256)
END FROM (SELECT CASE WHEN length(id) < 2 THEN 0 ELSE (get_byte(id, length(id) - 2) * 256
    + get_byte(id, length(id) - 1) + %(number)s * 257) %% 65536 END) AS told(last) $$
"""
_RENAMED = """
CREATE OR REPLACE FUNCTION renamed(name text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
SELECT coalesce(string_agg(
    CASE WHEN piece[1] ~ '^-[%(five)s]{5}$' AND piece[1] !~ '^-[0-9]{5}$'
    THEN '-' || translate(substr(piece[1], 2), '%(five)s', '%(other)s') ELSE piece[1] END,
    '' ORDER BY place), '')
FROM regexp_matches(name, '-[%(five)s]{5}\\M|[^-]+|-', 'g') WITH ORDINALITY AS found(piece, place)
$$
"""
_REWORDED = """
CREATE OR REPLACE FUNCTION reworded(words tsvector) RETURNS tsvector LANGUAGE sql IMMUTABLE AS $$
SELECT array_to_tsvector(ARRAY(
    SELECT DISTINCT CASE WHEN length(word) = 5 AND translate(word, '%(five)s', '') = ''
        AND translate(word, '0123456789', '') <> ''
    THEN translate(word, '%(five)s', '%(other)s') ELSE word END
    FROM unnest(tsvector_to_array(words)) AS told(word)
)) $$
"""
_STEPS, _TRACES = "eventstream_stepwords", "eventstream_tracewords"
_INDEXED = (_STEPS, _TRACES, parts.OBJECTS, parts.TRACES)
_GONE = ("own(bytea)", "renamed(text)", "reworded(tsvector)")

_TRACE_NAMES = (
    "(SELECT number, CASE WHEN position(name in title) > 0 THEN title ELSE title || ' ' || name "
    "END || ' ' || namespace AS told FROM eventstream_tracerow) AS named"
)
"""As `texts.trace_names` has it."""


class PostgresCopies(Copies):
    """Of a database on a server."""

    def __init__(self, session: Any) -> None:
        self._session = session
        session.patience = None  # An index of millions of rows takes minutes.
        super().__init__()
        for table in _INDEXED:
            self.run(f"DROP INDEX IF EXISTS {table}_found")

    def run(self, statement: str) -> list[Any]:
        """Run it."""
        with self._session.transaction(), self._session.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def begin(self, number: int) -> None:
        """Make functions of the server's of these names."""
        told = {"number": number, "five": FIVE, "other": FIVE[number:] + FIVE[:number]}
        for function in (_OWN, _RENAMED, _REWORDED):
            self.run(function % told)

    def index(self, number: int) -> None:
        """Copy what there is of words, and take the parts of names from the names."""
        shift = self.numbers(number)
        for table, last, by in (
            (_STEPS, self.seqs, shift["seqs"]),
            (_TRACES, self.names, shift["names"]),
        ):
            for where in self.slices("number", last):
                self.run(
                    f"INSERT INTO {table} SELECT number + {by}, reworded(words) "  # noqa: S608
                    f"FROM {table} WHERE {where}"
                )
        for table, key, name, rows in (
            (parts.OBJECTS, "id", "name", "eventstream_objectrow"),
            (parts.TRACES, "number", "told", _TRACE_NAMES),
        ):
            made = f"INSERT INTO {table} SELECT {key}, {parts._parts(name)} FROM {rows}"  # noqa: S608
            for where in self.slices(key, self.names, shift["names"]):
                self.run(f"{made} WHERE {where}")

    def end(self) -> None:
        """Make the index anew, and let the server count."""
        self.run("SET maintenance_work_mem = '1GB'")
        for table in _INDEXED:
            self.run(f"CREATE INDEX {table}_found ON {table} USING gin (words)")
        for function in _GONE:
            self.run(f"DROP FUNCTION IF EXISTS {function}")
        self._session.autocommit = True
        with self._session.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
