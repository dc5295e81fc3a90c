"""A browser that stops reading costs a bounded amount, and nothing to those beside it."""

import asyncio
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from eventstream.metrics import refused
from eventstream.web import channel, sockets
from tests.web.conftest import Connect
from tests.web.served import PATIENCE, Client, Served, until
from tests.web.test_sockets import UPGRADE

HEALTHY = 20
MESSAGES = 2000
TEXT = "x" * 48 * 1024
"""As long as a piece of a batch; all together they are more than any system keeps for one."""
FRAME = b"\x81\x7e" + len(TEXT).to_bytes(2) + TEXT.encode()


class Feed:
    """An application that sends without end; counts what each page was sent, and who is gone."""

    def __init__(self) -> None:
        self.sent: Counter[str] = Counter()
        self.gone: set[str] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        name = scope["query_string"].decode()
        await receive()
        await send({"type": "websocket.accept"})
        sending = asyncio.create_task(self._send(name, send))
        while (await receive())["type"] != "websocket.disconnect":
            pass
        await sending
        self.gone.add(name)

    async def _send(self, name: str, send: Any) -> None:
        for _ in range(MESSAGES):
            await send({"type": "websocket.send", "text": TEXT})
            self.sent[name] += 1
            await asyncio.sleep(0)


@pytest.fixture
def feed(served: Served) -> Feed:
    served.application = made = Feed()
    return made


class Reluctant(Client):
    """A connection whose own system keeps little of what it does not read."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket()
        self._socket.settimeout(PATIENCE)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        self._socket.connect(("127.0.0.1", port))
        self._file = self._socket.makefile("rb")


@pytest.fixture
def reluctant(served: Served) -> Iterator[Connect]:
    with ExitStack() as closing:

        def one() -> Client:
            made = Reluctant(served.port)
            closing.callback(made.close)
            return made

        yield one


def opened(client: Client, name: str) -> Client:
    client.ask(UPGRADE.replace("/live", f"/live?{name}"))
    assert client.answer(bodiless=True)[0] == 101
    return client


def test_beside_one_that_stalls_all_others_are_told_everything(
    connect: Connect, feed: Feed, reluctant: Connect
) -> None:
    opened(reluctant(), "stalled")
    healthy = [opened(connect(), str(number)) for number in range(HEALTHY)]
    for _ in range(200):
        for each in healthy:
            assert each.take(len(FRAME)) == FRAME
    # What the two systems keep for a connection, some MiB, and one message more.
    assert feed.sent["stalled"] * len(TEXT) < 8 * 2**20
    before = feed.sent["stalled"]
    for _ in range(20):
        for each in healthy:
            assert each.take(len(FRAME)) == FRAME
    assert feed.sent["stalled"] == before
    assert not feed.gone


def test_one_that_stalls_for_long_is_cut_off(
    feed: Feed, reluctant: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "STALLED_SECONDS", 0.3)
    before = refused.so_far()["stalled"]
    opened(reluctant(), "stalled")
    until(lambda: "stalled" in feed.gone)
    assert refused.so_far()["stalled"] == before + 1


def test_one_that_reads_slowly_is_told_everything(
    connect: Connect, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "STALLED_SECONDS", 30.0)
    slow = opened(connect(), "slow")
    until(lambda: feed.sent["slow"] > 0)
    for _ in range(MESSAGES):
        assert slow.take(len(FRAME)) == FRAME
    until(lambda: feed.sent["slow"] == MESSAGES)


async def large(scope: Any, receive: Any, send: Any) -> None:
    """Answers with more than the systems keep for a connection."""
    body = b"x" * (16 * 2**20)
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def test_of_many_that_do_not_read_their_answers_the_first_is_cut_off(
    reluctant: Connect, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "UNREAD_MOST", 3)
    served.application = large
    before = refused.so_far()["stalled"]
    clients = []
    for number in range(4):
        clients.append(reluctant().ask("GET / HTTP/1.1|Host: localhost"))
        kept = min(number + 1, 3)
        until(lambda kept=kept: len(served.crowd._unread) == kept)  # type: ignore[misc]
    until(lambda: refused.so_far()["stalled"] == before + 1)
    assert clients[0].is_cut_off()
    for each in clients[1:]:
        assert len(each.answer()[2]) == 16 * 2**20
    until(lambda: not served.crowd._unread)


class Pieces:
    """An application that answers in pieces until its reader goes; counts what it sent."""

    def __init__(self) -> None:
        self.sent = 0
        self.gone = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        sending = asyncio.create_task(self._send(send))
        while (await receive())["type"] != "http.disconnect":
            pass
        sending.cancel()
        self.gone = True

    async def _send(self, send: Any) -> None:
        while True:
            body = TEXT.encode()
            await send({"type": "http.response.body", "body": body, "more_body": True})
            self.sent += 1
            await asyncio.sleep(0)


def test_an_answer_in_pieces_waits_for_its_reader_and_ends_without_one(
    reluctant: Connect, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "STALLED_SECONDS", 0.3)
    served.application = pieces = Pieces()
    before = refused.so_far()["stalled"]
    client = reluctant().ask("GET / HTTP/1.1|Host: localhost")
    until(lambda: pieces.gone)
    assert refused.so_far()["stalled"] == before + 1
    assert client.is_cut_off()
    assert pieces.sent * len(TEXT) < 8 * 2**20


def test_an_answer_in_pieces_comes_whole_to_one_that_reads(
    connect: Connect, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "STALLED_SECONDS", 30.0)
    served.application = pieces = Pieces()
    client = connect().ask("GET / HTTP/1.1|Host: localhost")
    client.answer(bodiless=True)
    chunk = b"%x\r\n%s\r\n" % (len(TEXT), TEXT.encode())
    for _ in range(500):
        assert client.take(len(chunk)) == chunk
    client.close()
    until(lambda: pieces.gone)
