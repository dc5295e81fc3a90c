"""Gives each test a database file of its own: WAL, locks and sizes exist only in real files."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connections
from pytest_django import DjangoDbBlocker


@contextmanager
def opened(path: Path) -> Iterator[None]:
    """Make `path` the default database, in this thread and in those that start within."""
    settings, outer = connections.settings["default"], connections["default"]
    before = settings["NAME"]
    settings["NAME"] = path
    connections["default"] = connections.create_connection("default")
    try:
        yield
    finally:
        connections["default"].close()
        settings["NAME"] = before
        connections["default"] = outer


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker) -> Path:
    path = tmp_path_factory.mktemp("store") / "migrated.sqlite3"
    with django_db_blocker.unblock(), opened(path):
        call_command("migrate", verbosity=0)
    return path


@pytest.fixture(autouse=True)
def database(migrated: Path, tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Path]:
    path = tmp_path / "baton.sqlite3"
    shutil.copy(migrated, path)
    with django_db_blocker.unblock(), opened(path):
        yield path
