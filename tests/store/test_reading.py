"""Pages read, whatever holds the right to write; and they keep few files open."""

import asyncio
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import HttpCommunicator
from django.db import OperationalError, connection, connections

from dashboard.asgi import application
from dashboard.health import Probes
from dashboard.pages import changes
from dashboard.readonly import OwnThread
from eventstream import history
from eventstream.models import TraceRow
from eventstream.readonly import is_only_reading
from eventstream.sqlite import base, readers
from tests.dashboard.sockets import Page
from tests.store.samples import put_step, put_trace, store

PAGES = (
    "/",
    "/changes",
    "/changes.csv",
    "/writers",
    "/writers.csv",
    "/cluster",
    "/cluster/pods.json",
    "/coverage",
    "/coverage.json",
    "/learn",
    "/reference",
    "/tape",
    "/traces/t1",
    "/traces/t1?step=s1",
    "/traces/t1/steps/s1",
    "/traces/t1/then?at=100",
    "/objects/uid-1",
    "/window?from=90&to=110",
)


async def get(path: str, asked_of: Any = application) -> tuple[int, str]:
    status, pieces = await answered(path, asked_of)
    return status, b"".join(pieces).decode()


async def answered(path: str, asked_of: Any = application) -> tuple[int, list[bytes]]:
    """The status of an answer, and its body in the pieces in which it was sent."""
    asked = HttpCommunicator(asked_of, "GET", path, headers=[(b"host", b"localhost")])
    await asked.send_input({"type": "http.request", "body": b""})
    start, pieces, more = await asked.receive_output(timeout=60), [], True
    while more:
        message = await asked.receive_output(timeout=60)
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    await asked.wait(timeout=60)
    return start["status"], pieces


@contextmanager
def another_program(path: Path, command: str) -> Iterator[None]:
    """Someone else who has begun a transaction on `path`."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute(command)
    try:
        yield
    finally:
        other.close()


def descriptors(path: Path) -> Counter[str]:
    """How many descriptors of this process lead to `path` and to the files beside it."""
    targets = []
    for each in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # The one that lists the directory.
            targets.append(str(each.readlink()))
    return Counter(target for target in targets if target.startswith(str(path)))


@pytest.mark.parametrize("command", ["begin immediate", "begin exclusive"])
def test_every_page_answers_while_another_program_may_write(command: str, database: Path) -> None:
    store(put_trace(), put_step())
    with another_program(database, command):
        statuses = {path: asyncio.run(get(path))[0] for path in PAGES}
    assert statuses == dict.fromkeys(PAGES, 200)


def test_no_page_can_write() -> None:
    store(put_trace(), put_step())
    connections.close_all()
    with history.only_reading():
        assert history.trace("t1") is not None
        with pytest.raises(OperationalError, match="readonly"):
            TraceRow.objects.all().delete()
        connections.close_all()
    assert TraceRow.objects.count() == 1


def test_pages_of_a_database_that_holds_nothing_make_nothing() -> None:
    assert asyncio.run(get("/"))[0] == 200
    with history.only_reading():
        assert (history.epoch(), history.head(), history.floor()) == ("", 0, 0)


def test_a_hundred_pages_open_the_database_no_more_often_than_one(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(put_trace(), put_step())
    opened: list[sqlite3.Connection] = []
    checked = readers._checked

    def counted(connection: sqlite3.Connection) -> sqlite3.Connection:
        opened.append(connection)
        return checked(connection)

    monkeypatch.setattr(readers, "_checked", counted)
    asyncio.run(get("/"))
    before = descriptors(database)
    for _ in range(20):
        for path in ("/", "/cluster", "/traces/t1", "/changes.csv", "/nothing"):
            asyncio.run(get(path))
    assert len(opened) <= 1
    assert descriptors(database) == before


def test_many_pages_at_once_leave_few_connections(database: Path) -> None:
    store(put_trace(), put_step())

    async def ask() -> list[int]:
        answers = await asyncio.gather(*(get("/cluster") for _ in range(20)))
        return [status for status, _ in answers]

    assert asyncio.run(ask()) == [200] * 20
    connections.close_all()
    assert 0 < len(readers.readers._kept) <= readers.KEPT_MOST
    readers.readers.forget(database)
    assert not descriptors(database)


def test_a_socket_reads_only_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    store(put_trace(), put_step())
    opened: list[bool] = []
    really = base.DatabaseWrapper.get_new_connection

    def noted(self: base.DatabaseWrapper, params: dict[str, Any]) -> sqlite3.Connection:
        opened.append(is_only_reading())
        return really(self, params)

    async def follow() -> None:
        page = Page()
        await page.socket.connect()
        monkeypatch.setattr(base.DatabaseWrapper, "get_new_connection", noted)
        await sync_to_async(connections.close_all)()
        hello = {"type": "hello", "epoch": epoch, "since": head, "view": "now"}
        await page.socket.send_json_to(hello)
        await page.next("status")
        await page.socket.disconnect()
        await sync_to_async(connections.close_all)()

    epoch, head = history.epoch(), history.head()
    asyncio.run(follow())
    assert opened
    assert all(opened)


def test_a_request_whose_reader_left_gives_its_connection_back(database: Path) -> None:
    store(put_trace())
    connections.close_all()
    inside = []

    async def page(_scope: Any, there: asyncio.Event, _send: Any) -> None:
        assert await sync_to_async(history.trace)("t1") is not None
        inside.append(descriptors(database)[str(database)])
        there.set()
        await asyncio.Event().wait()

    async def leave() -> None:
        threads: Any = OwnThread(page)
        there = asyncio.Event()
        with history.only_reading():
            asked = asyncio.create_task(threads({"type": "http"}, there, None))
        await there.wait()
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)

    readers.readers.forget(database)
    asyncio.run(leave())
    assert inside == [1]
    readers.readers.forget(database)
    assert not descriptors(database)


def test_a_file_that_was_replaced_is_read_anew(database: Path, migrated: Path) -> None:
    store(put_trace())
    assert asyncio.run(get("/traces/t1"))[0] == 200
    connections.close_all()
    for suffix in ("-wal", "-shm"):
        Path(f"{database}{suffix}").unlink(missing_ok=True)
    shutil.copy(migrated, database.with_name("other"))
    database.with_name("other").replace(database)
    assert asyncio.run(get("/traces/t1"))[0] == 404


def test_where_nobody_can_write_the_file_alone_is_read(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(put_trace())
    connection.close()
    wal = Path(f"{database}-wal")
    asked: list[str] = []

    def on_a_read_only_disk(uri: str) -> sqlite3.Connection:
        asked.append(uri.partition("?")[2])
        if "immutable" not in uri:  # SQLite can't make the file -shm there.
            raise sqlite3.OperationalError("unable to open database file")
        return sqlite3.connect(uri, uri=True)

    wal.unlink(missing_ok=True)
    monkeypatch.setattr(os, "access", lambda *_: False)
    kept = readers.Readers()
    reader = kept.take(database, on_a_read_only_disk)
    assert reader.connection.execute("select id from eventstream_tracerow").fetchall() == [(b"t1",)]
    kept.give(reader)
    assert asked == ["mode=ro", "mode=ro&immutable=1"]
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        reader.connection.execute("select 1")
    wal.write_bytes(b"what is not in the file yet")
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        kept.take(database, on_a_read_only_disk)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: path.unlink(), "The file was deleted, Baton never ran here"),
        (lambda path: path.write_bytes(b"no database" * 999), "The file is no database of SQLite"),
        (lambda path: path.write_bytes(b""), "made by another version, or by none"),
    ],
)
def test_a_page_says_what_is_wrong_with_the_database_and_what_to_do(
    damage: Any, said: str, database: Path
) -> None:
    connections.close_all()
    for suffix in ("-wal", "-shm"):
        Path(f"{database}{suffix}").unlink(missing_ok=True)
    damage(database)
    probed = Probes(
        application, 0.0
    )  # The thread of a shared one may have another test's file open.
    for path in ("/", "/coverage.json", "/readyz"):
        status, body = asyncio.run(get(path, probed))
        assert status == 503, path
        assert said in body, path


def test_a_file_is_sent_in_pieces_as_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    store(*(put_step(f"s{n:03d}", version=str(n)) for n in range(95)))
    monkeypatch.setattr(changes, "ROWS", 20)
    monkeypatch.setattr(changes, "CSV_PAGE", 30)
    status, pieces = asyncio.run(answered("/changes.csv"))
    assert status == 200
    assert [piece.count(b"\n") for piece in pieces if piece] == [1, 20, 30, 30, 15]
