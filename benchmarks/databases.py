"""Databases to measure in, and how many bytes each of their tables and indexes takes."""

from pathlib import Path
from typing import NamedTuple, Self

from django.core.management import call_command
from django.db import connection, connections

PASSING = ("memorow", "journalrow")
"""What a table or an index of what only a restart needs has in its name: it goes when a trace
settles, or soon after it was stored."""


def use(database: Path) -> None:
    """Make `database` the history, with all tables."""
    connections.close_all()
    connections.settings["default"]["NAME"] = database
    if not database.exists():
        call_command("migrate", verbosity=0)
        connections.close_all()


class Bytes(NamedTuple):
    """Bytes of the pages in use, by the name of their table or index."""

    sizes: dict[str, int]

    @classmethod
    def now(cls) -> Self:
        """As it is now, with all in the file itself."""
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name")
            return cls(dict(cursor.fetchall()))

    def beyond(self, empty: "Bytes") -> dict[str, float]:
        """How much more that is than in an `empty` database, what passes left out."""
        more = {name: size - empty.sizes.get(name, 0) for name, size in self.sizes.items()}
        kept = {name: size for name, size in more.items() if not any(p in name for p in PASSING)}
        return {name: size for name, size in kept.items() if size > 0}
