"""Makes a history of SQLite as long as is asked for, by copies of all that it holds.

To store millions of steps as Baton does takes hours. So what was stored is copied: each copy comes
later, with numbers, ids and uids of its own, and each end of a name that Kubernetes made is another
one, in names and in the index of words. Bodies are the same, and so are places and live objects.

    python -m benchmarks.queries --keep FILE --steps 1000000 --only nothing
    python -m benchmarks.copies FILE --steps 5000000
"""

import argparse
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django

from benchmarks.databases import use
from benchmarks.tellings import APART, FIVE

AT_ONCE = 20_000
"""So many numbers are copied in one transaction."""

_END = re.compile(rf"-([{FIVE}]{{5}})\b")
_STEP = (
    "own(id), trace_id + :names, revision, sort, at + :later * 1000000, place_id, "
    "object_id + :names, actor_id, body"
)
_TRACE = (
    "own(id), seq + :seqs, revision, rank, state, started + :later, updated + :later, namespace, "
    "kind, type, renamed(name), renamed(title), holder, settled, background, existing, body"
)
_MADE = {
    "eventstream_tracekeyrow": ("number", "number + :names", "own(id)"),
    "eventstream_objectrow": ("id", "id + :names", "own(uid), api_version, renamed(name)"),
    "eventstream_tracerow": ("number", "number + :names", _TRACE),
    "eventstream_steprow": ("seq", "seq + :seqs", _STEP),
}
"""Of each table its key, what a copy's is, and what else a copy has."""


class Copies:
    """Copies what a history held at first, again and again."""

    def __init__(self, database: Any) -> None:
        self._database = database
        one = "SELECT seq, names FROM eventstream_installationrow"
        self._seqs, self._names = database.execute(one).fetchone()
        first, last = database.execute(
            "SELECT min(at), max(at) FROM eventstream_steprow"
        ).fetchone()
        self._span = (last - first) / 1e6 + APART
        self.steps = database.execute("SELECT count(*) FROM eventstream_steprow").fetchone()[0]
        self._texts = list(_texts(self._seqs))

    def make(self, number: int) -> None:
        """Make the copy of this number, from 1 on."""
        own, renamed = _changes(number)
        self._database.create_function("own", 1, own, deterministic=True)
        self._database.create_function("renamed", 1, renamed, deterministic=True)
        given = {
            "names": self._names * number,
            "seqs": self._seqs * number,
            "later": round(self._span * number),
        }
        for table, (key, new, others) in _MADE.items():
            last = self._seqs if key == "seq" else self._names
            for low in range(0, last + 1, AT_ONCE):
                bounds = {"low": low, "high": low + AT_ONCE}
                self._commit(
                    f"INSERT INTO {table} SELECT {new}, {others} FROM {table} "  # noqa: S608
                    f"WHERE {key} >= :low AND {key} < :high AND {key} <= {last}",
                    given | bounds,
                )
        self._index(number, renamed)
        told = (self._seqs * (number + 1), self._names * (number + 1))
        self._commit("UPDATE eventstream_installationrow SET seq = ?, names = ?", told)

    def _index(self, number: int, renamed: Callable[[str], str]) -> None:
        from eventstream.models import ObjectRow, TraceRow
        from eventstream.searching import keeping, texts

        index, shift = keeping._index(), self._names * number
        for chunk in self._texts:
            with _transaction(self._database):
                index.add_steps([(s + self._seqs * number, renamed(text)) for s, text in chunk])
        for low in range(shift + 1, shift + self._names + 1, AT_ONCE):
            objects = ObjectRow.objects.filter(id__gte=low, id__lt=low + AT_ONCE).order_by("id")
            rows = TraceRow.objects.filter(number__gte=low, number__lt=low + AT_ONCE)
            told = [(number, each) for number, _, each in keeping._texts(rows)]
            with _transaction(self._database):
                index.add_objects(list(objects.values_list("id", "name")))
                said = [(n, renamed(texts.indexable(texts.trace_text(t)))) for n, t in told]
                index.put_traces([(n, None, text) for n, text in said])
                names = [(n, renamed(texts.trace_names(t))) for n, t in told]
                index.put_trace_names([(n, None, name) for n, name in names])

    def _commit(self, statement: str, given: Any) -> None:
        with _transaction(self._database):
            self._database.execute(statement, given)


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
    parser.add_argument("history", type=Path)
    parser.add_argument("--steps", type=int, default=5_000_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        os.environ |= {"BATON_DATA": directory, "BATON_RETENTION_MB": "100000"}
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
        django.setup()
        use(asked.history)
        _copy(asked.steps)


def _copy(most: int) -> None:
    from django.db import connection

    connection.ensure_connection()
    database = connection.connection
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA cache_size = -1000000")  # KiB
    copies, began, number = Copies(database), time.monotonic(), 0
    while copies.steps * (number + 1) < most:
        number += 1
        copies.make(number)
        took = time.monotonic() - began
        print(f"  {copies.steps * (number + 1):,} steps after {took:,.0f} s", flush=True)


if __name__ == "__main__":
    main()
