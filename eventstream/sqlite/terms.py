"""Which words of an index begin alike, each found by one look.

FTS5 gives the rows of one word from the newest on, as far as is asked. Of all words that begin
alike it first gathers all rows, so it is asked for each of them by name instead.
"""

from typing import Any

WORDS = {
    "eventstream_stepwords": "eventstream_stepterms",
    "eventstream_tracewords": "eventstream_traceterms",
}
"""The table of the words of each index: https://www.sqlite.org/fts5.html#the_fts5vocab_virtual_table_module"""

TABLES = tuple(
    f"CREATE VIRTUAL TABLE {words} USING fts5vocab({index}, 'instance')"
    for index, words in WORDS.items()
)
"""The statements that make these tables, which hold nothing themselves."""

GONE = tuple(f"DROP TABLE {words}" for words in WORDS.values())
"""The statements that take them away."""


def begun(connection: Any, index: str, start: str, most: int) -> list[str] | None:
    """The words of an index that begin so, in order; None for more than `most`."""
    statement = f"SELECT term FROM {WORDS[index]} WHERE term >= ? LIMIT 1"  # noqa: S608  # nosec B608
    found: list[str] = []
    at = start
    while True:
        row = connection.execute(statement, (at,)).fetchone()
        if row is None or not row[0].startswith(start):
            return found
        if len(found) == most:
            return None
        found.append(row[0])
        at = row[0] + "\0"  # What comes next, of whatever letters.
