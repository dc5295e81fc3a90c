"""A body is ruled on by its head: refused without being read, and small where it is taken."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.plaintext import respond
from eventstream.web import channel
from tests.web.conftest import Connect
from tests.web.served import PATIENCE, Ruled, Served, until


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer with what came."""
    body = b""
    while True:
        message = await receive()
        body += message["body"]
        if not message["more_body"]:
            break
    await respond(send, 200, f"{scope['method']} {scope['path']} {body.decode()}")


@pytest.fixture(autouse=True)
def application(served: Served) -> None:
    served.application = echo


def never(*_: Any) -> Any:
    raise AssertionError("the application was asked")


def test_a_small_body_comes_to_the_application(connect: Connect) -> None:
    client = connect().ask("POST /form HTTP/1.1|Host: a|Content-Length: 5", b"hello")
    assert client.answer()[2] == b"POST /form hello"


@pytest.mark.parametrize("status", [400, 403, 405, 507])
def test_a_refused_body_is_answered_and_not_read(
    connect: Connect, served: Served, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(channel, "LINGER_BYTES", 1000)
    served.application = never
    served.admit = lambda *_: Ruled(status, text="because")
    client = connect().ask("POST / HTTP/1.1|Host: a|Content-Length: 1300000000", bytes(3_000_000))
    answered, headers, body = client.answer()
    assert (answered, body, headers["connection"]) == (status, b"because\n", "close")
    assert client.is_closed()
    assert served.read < 1000 + 2 * 65536


def test_a_body_that_says_that_it_is_too_long_is_refused(connect: Connect, served: Served) -> None:
    served.application = never
    client = connect().ask("POST / HTTP/1.1|Host: a|Content-Length: 101")
    assert client.answer()[0] == 413
    assert client.is_closed()


def test_a_body_in_chunks_is_refused_once_it_is_too_long(connect: Connect, served: Served) -> None:
    served.application = never
    client = connect().ask("POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked")
    for _ in range(11):
        client.send(b"a\r\n0123456789\r\n")
    client.send(b"0\r\n\r\n")
    assert client.answer()[0] == 413
    assert client.is_closed()


def test_a_body_in_chunks_that_is_small_is_taken(connect: Connect) -> None:
    client = connect().ask("POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked")
    client.send(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    assert client.answer()[2] == b"POST / abcde"


def test_who_waits_to_be_asked_for_a_body_is_refused_instead(
    connect: Connect, served: Served
) -> None:
    head = "POST / HTTP/1.1|Host: a|Expect: 100-continue|Content-Length: "
    assert connect().ask(f"{head}101").answer()[0] == 413
    client = connect().ask(f"{head}2")
    assert client.answer(bodiless=True)[0] == 100
    assert client.send(b"ok").answer()[2] == b"POST / ok"


@pytest.mark.parametrize("length", ["9" * 5000, "-1", "1, 1", "1|Content-Length: 2", "x"])
def test_a_length_that_is_none_is_a_bad_request(
    connect: Connect, length: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = connect().ask(f"POST / HTTP/1.1|Host: a|Content-Length: {length}")
    assert client.answer(bodiless=True)[0] == 400
    assert client.is_closed()
    assert not caplog.records


def test_a_form_is_never_parsed_in_the_loop(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    import twisted.web.http

    monkeypatch.setattr(twisted.web.http, "_getMultiPartArgs", never)
    head = "POST / HTTP/1.1|Host: a|Content-Type: multipart/form-data; boundary=x|Content-Length: 5"
    assert connect().ask(head, b"--x\r\n").answer()[2] == b"POST / --x\r\n"


@pytest.fixture
def hurried(served: Served) -> Iterator[None]:
    """A request has to be there within a second."""
    served.server.http_factory.timeOut = 1
    yield
    served.server.http_factory.timeOut = channel.TIMEOUT_SECONDS


@pytest.mark.usefixtures("hurried")
def test_a_body_that_trickles_is_ended(connect: Connect, served: Served) -> None:
    served.admit = lambda *_: Ruled(most=5000)
    client = connect().ask("POST / HTTP/1.1|Host: a|Content-Length: 5000").trickle()
    status, _, body = client.answer()
    assert status == 408
    assert b"not there within" in body


@pytest.mark.usefixtures("hurried")
def test_a_head_that_trickles_is_ended(connect: Connect) -> None:
    assert connect().send(b"GET /").trickle().is_closed()


def test_a_defect_in_ruling_closes_the_connection_and_is_told(
    connect: Connect, served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    served.admit = lambda *_: never()
    assert connect().ask("POST / HTTP/1.1|Host: a|Content-Length: 5").is_closed()
    assert "a defect of Baton's" in caplog.text


def test_requests_follow_each_other_on_one_connection(connect: Connect) -> None:
    client = connect()
    for _ in range(3):
        client.ask("POST /one HTTP/1.1|Host: a|Content-Length: 3", b"abc")
        assert client.answer()[2] == b"POST /one abc"
        assert client.ask("GET /two HTTP/1.1|Host: a").answer()[2] == b"GET /two "


def test_requests_sent_ahead_are_answered_in_turn(connect: Connect) -> None:
    client = connect()
    for number in range(5):
        client.ask(f"POST /{number} HTTP/1.1|Host: a|Content-Length: 3", b"abc")
    for number in range(5):
        assert client.answer()[2] == f"POST /{number} abc".encode()


def test_one_of_those_sent_ahead_that_is_refused_ends_them(
    connect: Connect, served: Served
) -> None:
    client = connect().ask("GET /1 HTTP/1.1|Host: a")
    client.ask("POST /2 HTTP/1.1|Host: a|Content-Length: 200", bytes(200))
    client.ask("GET /3 HTTP/1.1|Host: a")
    assert client.answer()[2] == b"GET /1 "
    assert client.answer()[0] == 413
    assert client.is_closed()


@pytest.mark.parametrize("size", [10, 200_000])
def test_an_answer_to_head_has_no_body(connect: Connect, served: Served, size: int) -> None:
    async def large(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-length", str(size).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for at in range(0, size, 65536):
            piece = bytes(min(65536, size - at))
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    served.application = large
    client = connect()
    for _ in range(2):
        client.ask("HEAD / HTTP/1.1|Host: a")
        status, headers, _ = client.answer(bodiless=True)
        assert (status, headers["content-length"]) == (200, str(size))
    assert client.ask("GET / HTTP/1.1|Host: a").answer()[2] == bytes(size)


def test_an_answer_that_fails_half_way_is_cut_off_and_all_goes_on(
    connect: Connect, served: Served
) -> None:
    async def failing(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-length", b"100")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ValueError("a defect")

    served.application = failing
    for _ in range(2):
        assert connect().ask("GET / HTTP/1.1|Host: a").is_cut_off()
    served.application = echo
    assert connect().ask("GET /on HTTP/1.1|Host: a|Connection: close").answer()[0] == 200
    until(lambda: not served.server.connections)


def test_the_one_that_waits_longest_makes_room(
    connect: Connect, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "WAITING_MOST", 2)
    first, second, third = connect(), connect(), connect()
    assert first.is_closed()
    second.send(b"GET /half")
    assert third.ask("GET / HTTP/1.1|Host: a").answer()[0] == 200
    assert second.send(b" HTTP/1.1\r\nHost: a\r\n\r\n").answer()[2] == b"GET /half "


def test_a_connection_that_is_being_answered_makes_no_room(
    connect: Connect, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may = threading.Event(), asyncio.Event()

    async def later(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/later":
            begun.set()
            await may.wait()
        may.set()
        await echo(scope, receive, send)

    served.application = later
    monkeypatch.setattr(channel, "WAITING_MOST", 1)
    first = connect().ask("GET /later HTTP/1.1|Host: a")
    assert begun.wait(PATIENCE)
    connect()
    third = connect().ask("GET / HTTP/1.1|Host: a")
    assert third.answer()[0] == 200
    assert first.answer()[2] == b"GET /later "
