"""A recording on its way from the socket to its file: bounded, asked for, whole or not at all."""

import asyncio
import errno
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper
from pytest_django import DjangoDbBlocker

from dashboard import admission, opened, tapeview
from dashboard.asgi import application
from dashboard.opened import OpenedTapes
from dashboard.plaintext import respond
from dashboard.uploads import Receiving
from eventstream.web import body, channel
from eventstream.web.body import Body
from tests.web.conftest import Connect
from tests.web.forms import RECORDING, Form
from tests.web.served import PATIENCE, Ruled, Served, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def baton(
    served: Served,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[OpenedTapes]:
    """The dashboard is served, and keeps recordings in `tmp_path`."""
    real = django_db_blocker._real_ensure_connection
    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", real)
    made = OpenedTapes()
    monkeypatch.setattr(tapeview, "tapes", made)
    monkeypatch.setattr("dashboard.pages.tape.tapes", made)
    monkeypatch.setattr(opened, "_parent", lambda: tmp_path)
    served.application, served.admit = application, admission.admit
    yield made
    made.close_all()


def left(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


def test_an_upload_is_read_and_the_connection_goes_on(connect: Connect, baton: OpenedTapes) -> None:
    client = connect()
    form = Form(client)
    for _ in range(2):
        whole = form.body()
        status, headers, _ = client.ask(form.head(len(whole)), whole).answer()
        assert status == 302
        tape = baton.get(headers["location"].split("/")[2])
        assert tape is not None
        tape.reader.wait(PATIENCE)
        assert tape.progress.size == len(RECORDING)
        shown = client.ask(f"GET {headers['location']} HTTP/1.1|Host: localhost").answer()
        assert b"create.jsonl" in shown[2]


def test_a_page_of_ours_may_send_it_and_no_other(connect: Connect, served: Served) -> None:
    form = Form(connect())
    whole = form.body()
    own = connect().ask(form.head(len(whole), "Origin: http://localhost"), whole)
    assert own.answer()[0] == 302
    served.application = None  # It is not asked.
    for origin in ("http://evil.example", "https://localhost", "http://localhost:81", "null"):
        client = connect().ask(form.head(200_000_000, f"Origin: {origin}"))
        assert client.answer()[0] == 403
        assert client.is_closed()
    form.cookie = "other=1"
    assert connect().ask(form.head(200_000_000)).answer()[0] == 403


def test_a_forged_token_leaves_nothing(connect: Connect, tmp_path: Path) -> None:
    form = Form(connect())
    form.token = "a" * 64
    whole = form.body()
    assert connect().ask(form.head(len(whole)), whole).answer()[0] == 403
    assert not left(tmp_path)


def test_a_recording_larger_than_any_may_be_is_refused_by_its_head(connect: Connect) -> None:
    form = Form(connect())
    status, _, said = connect().ask(form.head(300 << 20)).answer()
    assert status == 413
    assert b"256 MB at most" in said


def test_a_recording_that_does_not_fit_is_refused_by_its_head(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "free_bytes", lambda: (100 << 20) + admission.SPARE_BYTES)
    form = Form(connect())
    status, _, said = connect().ask(form.head(200 << 20)).answer()
    assert status == 507
    assert b"228 MB left" in said


def test_a_recording_without_a_length_is_refused(connect: Connect) -> None:
    form = Form(connect())
    assert connect().ask(form.head(None)).answer()[0] == 411


def test_a_disk_that_fills_up_keeps_nothing_and_says_so(
    connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Receiving.receive_data_chunk

    def full(self: Receiving, raw_data: bytes, start: int) -> None:
        if start > 100_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(self, raw_data, start)

    monkeypatch.setattr(Receiving, "receive_data_chunk", full)
    form = Form(connect())
    whole = form.body(bytes(400_000))
    status, _, page = connect().ask(form.head(len(whole)), whole).answer()
    assert status == 507
    assert b"No space left on device" in page
    assert not left(tmp_path)


def test_who_goes_away_half_way_leaves_nothing(
    connect: Connect, served: Served, tmp_path: Path
) -> None:
    form = Form(connect())
    client = connect().ask(form.head(500_000), form.body(bytes(300_000)))
    until(lambda: bool(left(tmp_path)))
    client.close()
    until(lambda: not list(tmp_path.iterdir()))
    until(lambda: not served.crowd.uploads)


def test_an_upload_that_trickles_is_ended_and_leaves_nothing(
    connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = Form(connect())
    monkeypatch.setattr(channel, "PACE_SECONDS", 0.2)
    client = connect().ask(form.head(500_000), form.body(bytes(30_000)))
    status, _, said = client.answer()
    assert status == 408
    assert b"less than 64 KiB" in said
    until(lambda: not list(tmp_path.iterdir()))


def test_more_uploads_at_once_than_are_taken_are_told(connect: Connect, served: Served) -> None:
    form = Form(connect())
    whole = form.body()
    taken = [connect().ask(form.head(len(whole))) for _ in range(channel.UPLOADS_MOST)]
    until(lambda: len(served.crowd.uploads) == channel.UPLOADS_MOST)
    status, headers, said = connect().ask(form.head(len(whole))).answer()
    assert (status, headers["retry-after"]) == (503, "30")
    assert b"Try again" in said
    for client in taken:
        assert client.send(whole).answer()[0] == 302
    assert connect().ask(form.head(len(whole)), whole).answer()[0] == 302


async def no_content(send: Any) -> None:
    headers = [(b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def test_no_more_is_read_than_the_application_takes(
    connect: Connect, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []
    read: list[int] = []
    monkeypatch.setattr(body, "HELD_MOST", 100_000)
    monkeypatch.setattr(body, "HELD_LEAST", 1000)
    real = Body.put

    def put(self: Body, data: bytes) -> bool:
        more = real(self, data)
        held.append(len(self._held))
        return more

    def drain(file: Body) -> None:
        while piece := file.read(700):
            read.append(len(piece))

    async def slowly(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.to_thread(drain, scope["extensions"]["baton.body"])
        await no_content(send)

    monkeypatch.setattr(Body, "put", put)
    served.application = slowly
    served.admit = lambda *_: Ruled(most=10_000_000, streamed=True)
    client = connect().ask("POST / HTTP/1.1|Host: a|Content-Length: 5000000", bytes(5_000_000))
    assert client.answer()[0] == 200
    assert sum(read) == 5_000_000
    assert max(held) <= 100_000 + 65_536


def test_who_is_not_read_from_is_not_called_slow(
    connect: Connect, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    late: list[channel.Channel] = []
    go_on = threading.Event()
    real = channel.Channel.timeoutConnection

    def timed_out(self: channel.Channel) -> None:
        late.append(self)
        real(self)
        if len(late) == 3:
            go_on.set()

    def drain(file: Body) -> None:
        go_on.wait(PATIENCE)
        file.read()

    async def later(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.to_thread(drain, scope["extensions"]["baton.body"])
        await no_content(send)

    monkeypatch.setattr(body, "HELD_MOST", 1000)
    monkeypatch.setattr(channel, "PACE_SECONDS", 0.05)
    monkeypatch.setattr(channel.Channel, "timeoutConnection", timed_out)
    served.application = later
    served.admit = lambda *_: Ruled(most=10_000_000, streamed=True)
    client = connect().ask("POST / HTTP/1.1|Host: a|Content-Length: 600000", bytes(600_000))
    assert client.answer()[0] == 200


def test_what_follows_knows_nothing_of_the_one_before(
    connect: Connect, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_one = ContextVar("of_one", default="nothing")

    async def application(scope: Any, receive: Any, send: Any) -> None:
        known = of_one.get()
        of_one.set(scope["path"])
        if body_of := scope.get("extensions"):
            await asyncio.to_thread(body_of["baton.body"].read)
        await respond(send, 200, known)

    monkeypatch.setattr(body, "HELD_MOST", 1000)
    monkeypatch.setattr(body, "HELD_LEAST", 500)
    served.application = application
    served.admit = lambda *_: Ruled(most=10_000_000, streamed=True)
    client = connect()
    client.ask("POST /1 HTTP/1.1|Host: a|Content-Length: 600000", bytes(600_000))
    client.ask("GET /2 HTTP/1.1|Host: a").ask("GET /3 HTTP/1.1|Host: a")
    assert [client.answer()[2] for _ in range(3)] == [b"nothing"] * 3


def test_an_answer_before_the_end_is_the_last(connect: Connect, served: Served) -> None:
    async def early(scope: Any, receive: Any, send: Any) -> None:
        await no_content(send)

    served.application = early
    served.admit = lambda *_: Ruled(most=10_000_000, streamed=True)
    client = connect().ask("POST / HTTP/1.1|Host: a|Content-Length: 5000000", bytes(10_000))
    status, headers, _ = client.answer()
    assert (status, headers["connection"]) == (200, "close")
    assert client.is_closed()
    until(lambda: not served.crowd.uploads)
