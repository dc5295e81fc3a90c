"""Which history is read: the live one, or, within `reading`, that of an opened recording.

A recording that somebody opens in the page has a database of its own, so that nothing of it can
ever be mixed with the live cluster; all queries stay the same.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from threading import Lock
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models.expressions import RawSQL

from eventstream.sqlite import database
from eventstream.sqlite.readers import readers

_changing = Lock()
"""Held to put another table of databases in the place of the one that is: other threads may be
going through that just then, as Django does around each request."""
_current: ContextVar[str] = ContextVar("history", default=DEFAULT_DB_ALIAS)


class Router:
    """`DATABASE_ROUTERS`: sends every query to the history that is being read."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        """The database that the running request reads."""
        return _current.get()

    db_for_write = db_for_read


def current() -> str:
    """The name of the history that is being read: "default" is the live one."""
    return _current.get()


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Within this block, history is that of the database `name`, see `add`."""
    before = _current.set(name)
    try:
        yield
    finally:
        _current.reset(before)
        if name != DEFAULT_DB_ALIAS and name in connections.databases:
            connections[name].close()


def given(numbers: Iterable[int]) -> RawSQL:
    """These numbers, however many, for a column to be `__in` of the history that is being read."""
    wrapper: Any = connections[current()]
    statement, asked = wrapper.dialect.given(sorted(numbers))
    return RawSQL(statement, (asked,))  # noqa: S611  # nosec B611


def add(name: str, path: Path) -> None:
    """Make the history in the file `path` known as `name`, whatever the live one is in."""
    with _changing:
        own = {**connections.databases[DEFAULT_DB_ALIAS], **database(path)}
        connections.settings = {**connections.databases, name: own}


def remove(name: str) -> None:
    """Forget a history that was added; its file is the caller's to delete."""
    with _changing:
        left = dict(connections.databases)
        settings = left.pop(name, None)
        connections.settings = left
    if settings is not None:
        readers.forget(settings["NAME"])
        with suppress(AttributeError):  # This thread need not have looked at it.
            del connections[name]
