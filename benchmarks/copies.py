"""Makes a history as long as is asked for, by copies of all that it holds.

To store millions of steps as Baton does takes hours. So what was stored is copied: each copy comes
later, with numbers, ids and uids of its own, and each end of a name that Kubernetes made is another
one, in names and in the index of words. Bodies are the same, and so are places and live objects.

    python -m benchmarks.queries --keep FILE --steps 1000000 --only nothing
    python -m benchmarks.copies FILE --steps 5000000

The same with `--database URL` in place of the file: a PostgreSQL makes the copies by itself.
"""

import argparse
import os
import re
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django

from benchmarks.databases import use
from benchmarks.tellings import APART, FIVE

AT_ONCE = 20_000
"""So many numbers are copied in one transaction."""

_END = re.compile(rf"-(?!\d{{5}}\b)([{FIVE}]{{5}})\b")
"""An end that Kubernetes made. One of digits alone is left: it could be any number."""
_STEP = (
    "own(id), trace_id + {names}, revision, sort, at + {microseconds}, place_id, "
    "object_id + {names}, actor_id, body"
)
_TRACE = (
    "own(id), seq + {seqs}, revision, rank, state, started + {later}, updated + {later}, "
    "namespace, kind, type, renamed(name), renamed(title), holder, settled, background, existing, "
    "body"
)
_MADE = {
    "eventstream_tracekeyrow": ("number", "number + {names}", "own(id)"),
    "eventstream_objectrow": ("id", "id + {names}", "own(uid), api_version, renamed(name)"),
    "eventstream_tracerow": ("number", "number + {names}", _TRACE),
    "eventstream_steprow": ("seq", "seq + {seqs}", _STEP),
}
"""Of each table its key, what a copy's is, and what else a copy has."""


class Copies(ABC):
    """Copies what a history held at first, again and again."""

    def __init__(self) -> None:
        one = "SELECT seq, names FROM eventstream_installationrow"
        [(self.seqs, self.names)] = self.run(one)
        [(first, last)] = self.run("SELECT min(at), max(at) FROM eventstream_steprow")
        [(self.steps,)] = self.run("SELECT count(*) FROM eventstream_steprow")
        self._span = (last - first) / 1e6 + APART

    @abstractmethod
    def run(self, statement: str) -> list[Any]:
        """Run a statement in a transaction of its own, and return what it finds."""

    @abstractmethod
    def begin(self, number: int) -> None:
        """Have `own` and `renamed` make what the copy of this number has in place of names."""

    @abstractmethod
    def index(self, number: int) -> None:
        """Take that copy into the index of words."""

    @abstractmethod
    def end(self) -> None:
        """Leave the history as one that was stored."""

    def make(self, number: int) -> None:
        """Make the copy of this number, from 1 on."""
        self.begin(number)
        told = self.numbers(number)
        for table, (key, new, others) in _MADE.items():
            made = f"{new}, {others}".format(**told)
            for where in self.slices(key, self.seqs if key == "seq" else self.names):
                self.run(f"INSERT INTO {table} SELECT {made} FROM {table} WHERE {where}")  # noqa: S608
        self.index(number)
        seq, names = self.seqs * (number + 1), self.names * (number + 1)
        self.run(f"UPDATE eventstream_installationrow SET seq = {seq}, names = {names}")  # noqa: S608

    def numbers(self, number: int) -> dict[str, int]:
        """How much higher numbers are in a copy, and how many seconds later it is."""
        later = round(self._span * number)
        return {
            "names": self.names * number,
            "seqs": self.seqs * number,
            "later": later,
            "microseconds": later * 1_000_000,
        }

    def slices(self, key: str, last: int, later: int = 0) -> Iterator[str]:
        """Conditions of some rows each: all that was there at first, or its copy so much later."""
        for low in range(1, last + 1, AT_ONCE):
            high = min(low + AT_ONCE - 1, last)
            yield f"{key} >= {low + later} AND {key} <= {high + later}"


class SqliteCopies(Copies):
    """Of a file of SQLite."""

    def __init__(self, database: Any) -> None:
        self._database = database
        super().__init__()
        self._texts = list(_texts(self.seqs))

    def run(self, statement: str) -> list[Any]:
        """Run it."""
        with _transaction(self._database):
            return list(self._database.execute(statement))

    def begin(self, number: int) -> None:
        """Let SQLite call what makes these names."""
        own, renamed = _changes(number)
        self._database.create_function("own", 1, own, deterministic=True)
        self._database.create_function("renamed", 1, renamed, deterministic=True)

    def index(self, number: int) -> None:
        """Give FTS5 the texts, of which it keeps none."""
        from eventstream.models import ObjectRow, TraceRow
        from eventstream.searching import keeping, texts

        index, shift = keeping._index(), self.names * number
        _, renamed = _changes(number)
        for chunk in self._texts:
            with _transaction(self._database):
                index.add_steps([(s + self.seqs * number, renamed(text)) for s, text in chunk])
        for low in range(shift + 1, shift + self.names + 1, AT_ONCE):
            objects = ObjectRow.objects.filter(id__gte=low, id__lt=low + AT_ONCE).order_by("id")
            rows = TraceRow.objects.filter(number__gte=low, number__lt=low + AT_ONCE)
            told = [(number, each) for number, _, each in keeping._texts(rows)]
            with _transaction(self._database):
                index.add_objects(list(objects.values_list("id", "name")))
                said = [(n, renamed(texts.indexable(texts.trace_text(t)))) for n, t in told]
                index.put_traces([(n, None, text) for n, text in said])
                names = [(n, renamed(texts.trace_names(t))) for n, t in told]
                index.put_trace_names([(n, None, name) for n, name in names])

    def end(self) -> None:
        """It is one already."""


def _changes(number: int) -> tuple[Callable[[bytes], bytes], Callable[[str], str]]:
    """What a copy makes of an id or a uid, and of a name."""

    def own(id_: bytes) -> bytes:
        if len(id_) not in {10, 16}:
            return id_ and id_ + b"-%d" % number
        last = (int.from_bytes(id_[-2:]) + number * 257) % 65_536
        return id_[:-2] + last.to_bytes(2)

    other = str.maketrans(FIVE, FIVE[number:] + FIVE[:number])

    def renamed(name: str) -> str:
        return _END.sub(lambda end: "-" + end[1].translate(other), name)

    return own, renamed


def _texts(last: int) -> Iterator[list[tuple[int, str]]]:
    """What the index has of each step, some at a time."""
    from eventstream.models import StepRow
    from eventstream.searching import keeping

    for low in range(0, last + 1, AT_ONCE):
        rows = StepRow.objects.filter(seq__gte=low, seq__lt=low + AT_ONCE, seq__lte=last)
        yield keeping._entries(rows)


@contextmanager
def _transaction(database: Any) -> Iterator[None]:
    database.execute("BEGIN")
    yield
    database.execute("COMMIT")


def main() -> None:
    """Copy until there are so many steps, or some more."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("history", type=Path, nargs="?")
    parser.add_argument("--database", help="URL of a PostgreSQL's database, in place of a file")
    parser.add_argument("--steps", type=int, default=5_000_000)
    asked = parser.parse_args()
    if bool(asked.history) == bool(asked.database):
        parser.error("Give the file of a history, or --database.")
    with tempfile.TemporaryDirectory() as directory:
        os.environ |= {"BATON_DATA": directory, "BATON_RETENTION_MB": "100000"}
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
        if asked.database:
            os.environ["DATABASE_URL"] = asked.database
        django.setup()
        if asked.history:
            use(asked.history)
        _copy(asked.steps)


def opened() -> Copies:
    """What copies the history that is Django's default database."""
    from django.db import connection

    from benchmarks.copies_postgresql import PostgresCopies

    connection.ensure_connection()
    database = connection.connection
    if connection.vendor == "postgresql":
        return PostgresCopies(database)
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA cache_size = -1000000")  # KiB
    return SqliteCopies(database)


def _copy(most: int) -> None:
    copies, began, number = opened(), time.monotonic(), 0
    while copies.steps * (number + 1) < most:
        number += 1
        copies.make(number)
        took = time.monotonic() - began
        print(f"  {copies.steps * (number + 1):,} steps after {took:,.0f} s", flush=True)
    copies.end()


if __name__ == "__main__":
    main()
