"""Gives each test a database of its own, in a file: WAL, locks and sizes exist only in real files.

A test that is marked `both` is also run with a PostgreSQL, whose tables are emptied before it.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections
from pytest_django import DjangoDbBlocker

from eventstream import postgresql, sqlite
from eventstream.postgresql.readers import readers
from tests.postgresql import Server, server

NAME = "store"


@contextmanager
def opened(path: Path) -> Iterator[None]:
    """Make the file `path` the default database, in this thread and those that start within."""
    with _default(sqlite.database(path)):
        yield


@contextmanager
def connected(url: str, cluster: str = "") -> Iterator[None]:
    """Make that of a server the default database, in the same way; a cluster has its schema."""
    with _default(postgresql.database(url, cluster)):
        yield
    readers.forget()


@contextmanager
def _default(named: dict[str, Any]) -> Iterator[None]:
    settings, outer = connections.settings["default"], connections["default"]
    before = dict(settings)
    settings |= {**dict.fromkeys(("USER", "PASSWORD", "HOST", "PORT"), ""), **named}
    connections["default"] = connections.create_connection("default")
    try:
        yield
    finally:
        connections["default"].close()
        settings |= before
        connections["default"] = outer


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker) -> Path:
    path = tmp_path_factory.mktemp("store") / "migrated.sqlite3"
    with django_db_blocker.unblock(), opened(path):
        call_command("migrate", verbosity=0)
    return path


@pytest.fixture(scope="session")
def postgres(django_db_blocker: DjangoDbBlocker) -> Server:
    """A server with a database that has all tables."""
    running = server()
    running.execute(f"CREATE DATABASE {NAME}")
    with django_db_blocker.unblock(), connected(running.url(NAME)):
        call_command("migrate", verbosity=0)
    return running


both = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
"""Marks a test, or a module by its `pytestmark`, that is to hold with either engine."""


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture(autouse=True)
def database(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> Iterator[Path]:
    """The file, and where there is none, a directory for what else there would be beside it."""
    path = tmp_path / "baton.sqlite3"
    if engine == "postgresql":
        running: Server = request.getfixturevalue("postgres")
        with django_db_blocker.unblock(), connected(running.url(NAME)):
            _empty()
            yield path
        return
    shutil.copy(request.getfixturevalue("migrated"), path)
    with django_db_blocker.unblock(), opened(path):
        yield path


def _empty() -> None:
    """Delete all rows: that is quicker than to make tables anew, and than TRUNCATE, of few."""
    tables = connections["default"].introspection.table_names()
    with connections["default"].cursor() as cursor:
        for table in tables:
            if table.startswith("eventstream_"):
                cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
