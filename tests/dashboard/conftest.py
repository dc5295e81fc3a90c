"""What several of the dashboard's tests begin with."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper
from pytest_django import DjangoDbBlocker

from dashboard import opened, tapeview
from dashboard.opened import OpenedTapes
from tests.dashboard.sockets import Page


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    opened = Page()
    yield opened
    await opened.socket.disconnect()


@pytest.fixture
def any_database(monkeypatch: pytest.MonkeyPatch, django_db_blocker: DjangoDbBlocker) -> None:
    """The mark `django_db` allows only databases that are known before a test begins."""
    real = django_db_blocker._real_ensure_connection
    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", real)


@pytest.fixture
def tapes(
    any_database: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[OpenedTapes]:
    """A collection of its own, on a disk of its own."""
    made = OpenedTapes()
    monkeypatch.setattr(opened, "tapes", made)
    monkeypatch.setattr(tapeview, "tapes", made)
    monkeypatch.setattr("dashboard.pages.tape.tapes", made)
    monkeypatch.setattr(opened, "_parent", lambda: tmp_path)
    yield made
    made.close_all()
