"""The server's end of a socket: how much it takes in, how fast, and what ends it for certain."""

# ruff: noqa: N802, N815  # Twisted calls a transport and a producer by such names.

import asyncio
import os
import struct
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from daphne.ws_protocol import WebSocketFactory
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock

from eventstream.web import sockets
from eventstream.web.sockets import FRAMES_A_SECOND, RECEIVED_BYTES, BoundedSocket

HANDSHAKE = (
    b"GET /live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
TEXT, PING, CLOSE = 1, 9, 8
BUFFER_BYTES = 64 * 1024
LOST: Any = SimpleNamespace(value=ConnectionDone())


class Transport:
    """A connection that tells its producer when too much is waiting, as one of TCP does."""

    def __init__(self, producer: Any) -> None:
        self.producer = producer
        self.waiting = b""
        self.reads = True
        self.closing = self.aborted = False

    def write(self, data: bytes) -> None:
        self.waiting += data
        if self.producer is not None and len(self.waiting) > BUFFER_BYTES:
            self.producer.pauseProducing()

    def drain(self) -> None:
        """The page reads all that it was sent."""
        self.waiting = b""
        self.producer.resumeProducing()

    def registerProducer(self, producer: object, streaming: bool) -> None:
        assert self.producer is None
        self.producer = producer

    def unregisterProducer(self) -> None:
        self.producer = None

    def pauseProducing(self) -> None:
        self.reads = False

    def resumeProducing(self) -> None:
        self.reads = True

    def loseConnection(self) -> None:
        self.closing = True

    def abortConnection(self) -> None:
        self.aborted = True

    def getPeer(self) -> IPv4Address:
        return IPv4Address("TCP", "127.0.0.1", 40000)

    getHost = getPeer


class Server:
    """As much of Daphne's server as a socket asks for."""

    root_path = ""
    proxy_forwarded_address_header = None

    def __init__(self) -> None:
        self.connections: dict[object, dict[str, object]] = {}
        self.gone: list[object] = []
        self.queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def protocol_connected(self, protocol: object) -> None:
        self.connections[protocol] = {}

    def protocol_disconnected(self, protocol: object) -> None:
        self.gone.append(protocol)

    def create_application(self, protocol: object, scope: object) -> asyncio.Queue[dict[str, Any]]:
        return self.queue

    def log_action(self, *_: object) -> None:
        pass

    def messages(self) -> list[dict[str, Any]]:
        """What the application was told since the last time, without the first: connect."""
        told = [self.queue.get_nowait() for _ in range(self.queue.qsize())]
        return [event for event in told if event["type"] != "websocket.connect"]


class Opened:
    """A socket that was accepted, with the clock of its server."""

    def __init__(self, factory: WebSocketFactory | None = None) -> None:
        self.clock = Clock()
        self.server = Server()
        self.factory = factory or made_factory(self.server, self.clock)
        self.transport = Transport(self)
        self.socket = self.factory.buildProtocol(None)
        self.socket._raw_query_string = b""
        self.socket.makeConnection(self.transport)
        self.socket.dataReceived(HANDSHAKE)

    def accepted(self) -> "Opened":
        self.socket.handle_reply({"type": "websocket.accept"})
        self.transport.waiting = b""
        return self

    def pauseProducing(self) -> None:
        """Read on, as the HTTP channel does while a request is answered, which this stands for."""

    def reads(self) -> bool:
        return self.transport.reads


def made_factory(server: Server, clock: Clock) -> WebSocketFactory:
    factory = WebSocketFactory(server, server="", reactor=clock)
    sockets.bound(factory)
    return factory


@pytest.fixture
def opened() -> Opened:
    return Opened().accepted()


def frame(payload: bytes, opcode: int = TEXT, *, last: bool = True) -> bytes:
    """A frame as a browser sends it."""
    head = bytes([opcode | (0x80 if last else 0)])
    short = len(payload) < 126
    length = bytes([0x80 | len(payload)]) if short else b"\xfe" + struct.pack("!H", len(payload))
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
    return head + length + mask + masked


def test_a_flood_is_taken_in_at_so_many_frames_a_second(opened: Opened) -> None:
    opened.socket.dataReceived(frame(b"x") * 10 * FRAMES_A_SECOND)
    assert len(opened.server.messages()) == FRAMES_A_SECOND
    assert not opened.reads()
    opened.clock.advance(1.0)
    assert len(opened.server.messages()) == FRAMES_A_SECOND
    assert not opened.reads()


def test_what_a_page_may_send_is_taken_in_at_once_and_in_order(opened: Opened) -> None:
    for _ in range(3):
        opened.socket.dataReceived(frame(b"a") * (FRAMES_A_SECOND // 2) + frame(b"b", last=False))
        opened.socket.dataReceived(frame(b"c", opcode=0))
        texts = [event["text"] for event in opened.server.messages()]
        assert texts == ["a"] * (FRAMES_A_SECOND // 2) + ["bc"]
        assert opened.reads()
        opened.clock.advance(1.0)


@pytest.mark.parametrize("opcode", [PING, 10])
def test_pings_and_pongs_count_as_well(opened: Opened, opcode: int) -> None:
    opened.socket.dataReceived(frame(b"p", opcode) * 10 * FRAMES_A_SECOND + frame(b"x"))
    assert opened.server.messages() == []
    assert len(opened.transport.waiting) <= FRAMES_A_SECOND * 3
    assert not opened.reads()


def test_parts_of_a_message_count_as_well(opened: Opened) -> None:
    parts = frame(b"", 0, last=False) * 10 * FRAMES_A_SECOND
    opened.socket.dataReceived(frame(b"a", last=False) + parts)
    assert len(opened.socket.message_data) <= FRAMES_A_SECOND
    assert not opened.reads()


def test_a_page_that_does_not_read_is_not_read_from(opened: Opened) -> None:
    opened.socket.handle_reply({"type": "websocket.send", "text": "x" * (BUFFER_BYTES + 1)})
    assert not opened.reads()
    opened.socket.dataReceived(frame(b"more") * 3)
    assert opened.server.messages() == []
    opened.transport.drain()
    assert opened.reads()
    assert len(opened.server.messages()) == 3


def test_both_reasons_not_to_read_hold_until_both_are_over(opened: Opened) -> None:
    opened.socket.dataReceived(frame(b"x") * 2 * FRAMES_A_SECOND)
    opened.socket.handle_reply({"type": "websocket.send", "text": "x" * (BUFFER_BYTES + 1)})
    opened.clock.advance(1.0)
    assert not opened.reads()
    opened.transport.drain()
    assert len(opened.server.messages()) == 2 * FRAMES_A_SECOND


@pytest.mark.parametrize(
    "parts",
    [
        [frame(b"x" * (RECEIVED_BYTES + 1))[:20]],
        [frame(b"x" * 9000, last=False), frame(b"x" * 9000, 0)],
    ],
)
def test_a_message_that_is_too_long_is_cut_off_before_it_is_whole(
    opened: Opened, parts: list[bytes]
) -> None:
    for part in parts:
        opened.socket.dataReceived(part)
    assert opened.transport.aborted
    assert opened.server.messages() == []


def test_what_fits_is_handed_on_whole(opened: Opened) -> None:
    opened.socket.dataReceived(frame(b"x" * RECEIVED_BYTES))
    assert [len(event["text"]) for event in opened.server.messages()] == [RECEIVED_BYTES]


def test_a_page_that_says_goodbye_and_does_not_read_is_cut_off(opened: Opened) -> None:
    opened.socket.handle_reply({"type": "websocket.send", "text": "x" * (BUFFER_BYTES // 2)})
    opened.socket.dataReceived(frame(struct.pack("!H", 1000), CLOSE))
    assert opened.transport.closing
    assert not opened.transport.aborted
    opened.clock.advance(sockets.DROP_SECONDS)
    assert opened.transport.aborted


def test_what_is_said_to_a_socket_that_is_closing_is_no_error(opened: Opened) -> None:
    opened.socket.handle_reply({"type": "websocket.close", "code": 4400})
    opened.transport.waiting = b""
    opened.socket.handle_reply({"type": "websocket.send", "text": "too late"})
    assert opened.transport.waiting == b""


def test_the_end_of_a_connection_leaves_nothing_behind(opened: Opened) -> None:
    opened.socket.dataReceived(frame(b"x") * 2 * FRAMES_A_SECOND)
    opened.server.messages()
    opened.socket.connectionLost(LOST)
    assert [event["type"] for event in opened.server.messages()] == ["websocket.disconnect"]
    assert opened.clock.getDelayedCalls() == []
    assert opened.factory.countConnections == 0


def rejected(opened: Opened) -> None:
    opened.socket.handle_reply({"type": "websocket.close"})
    opened.server.connections.clear()  # Daphne does, a second later.


def too_many(opened: Opened) -> None:
    opened.factory.setProtocolOptions(maxConnections=1)


@pytest.mark.parametrize("refuse", [rejected, too_many])
def test_connections_that_were_refused_are_counted_until_they_end_and_no_longer(
    refuse: Callable[[Opened], None],
) -> None:
    first = Opened()
    refuse(first)
    second = Opened(first.factory)
    refuse(second)
    assert first.factory.countConnections == 2
    assert b"503" in second.transport.waiting or b"403" in second.transport.waiting
    for each in (first, second):
        each.socket.connectionLost(LOST)
    assert first.factory.countConnections == 0
    assert isinstance(first.socket, BoundedSocket)
