"""Statements made by hand, for the tables that are written to with every event.

Django's own cost more than all else that storing an event takes. This is all that is asked of a
database there, and each engine has its own way to do it.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from django.db import DEFAULT_DB_ALIAS, connections

Cells = tuple[Any, ...]


class Table(NamedTuple):
    """A table by its name, with its columns, and those of them that are its key.

    `fixed` never change with the same key, so that `put` need not touch the indexes of them.
    """

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    fixed: frozenset[str] = frozenset()

    @property
    def changing(self) -> list[str]:
        """The columns that may change with the same key."""
        return [each for each in self.columns if each not in self.fixed.union(self.key)]


class Statements(Protocol):
    """What is asked of the default database, in the transaction that the caller has begun."""

    def alone(self) -> None:
        """Keep all others from writing until the transaction ends."""

    def add(self, table: Table, rows: Sequence[Cells]) -> None:
        """Insert `rows`, whose keys are new."""

    def put(self, table: Table, rows: Sequence[Cells]) -> None:
        """Insert `rows`, or replace all that may change of those with the same key."""

    def find(
        self, table: Table, columns: Sequence[str], by: str, values: Iterable[Any]
    ) -> list[Cells]:
        """These columns of the rows whose column `by` has one of `values`."""

    def remove(self, table: Table, rows: Iterable[Cells]) -> None:
        """Delete the rows with these keys."""

    def remove_by(self, table: Table, by: str, values: Iterable[Any]) -> None:
        """Delete the rows whose column `by` has one of `values`."""


def statements() -> Statements:
    """The statements for the default database, in this thread, by its own dialect."""
    wrapper: Any = connections[DEFAULT_DB_ALIAS]
    found: Statements = wrapper.dialect.statements()
    return found


def _table(name: str, *columns: str, key: int = 1, fixed: Iterable[str] = ()) -> Table:
    return Table(f"eventstream_{name}", columns, columns[:key], frozenset(fixed))


STEPS = _table(
    *("steprow", "seq", "id", "trace_id", "revision", "sort", "at"),
    *("place_id", "object_id", "actor_id", "body"),
)
MEMOS = _table("memorow", "trace_id", "step", "body", key=2)
JOURNAL = _table("journalrow", "number", "body")
TRACES = _table(
    *("tracerow", "number", "id", "seq", "revision", "rank", "state", "started", "updated"),
    *("namespace", "kind", "type", "name", "title", "holder", "settled", "background"),
    *("existing", "body"),
    fixed=("id", "namespace", "kind", "type", "name"),
)
IMAGES = _table(
    *("imagerow", "uid", "resource_id", "place_id", "name", "owner", "node", "state", "body"),
    fixed=("place_id", "name"),
)
INSTALLATION = _table(
    *("installationrow", "id", "epoch", "seq", "names", "floor", "writer", "unsearched"),
)
POSITIONS = _table("positionrow", "resource", "body")
COVERAGE = _table("coveragerow", "resource", "body")
LOGS = _table("auditlogrow", "path", "body")
NAMES = _table("namerow", "id", "name")
PLACES = _table("placerow", "id", "namespace", "kind", "type")
OBJECTS = _table("objectrow", "id", "uid", "api_version", "name")
TRACE_KEYS = _table("tracekeyrow", "number", "id")
