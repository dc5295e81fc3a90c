"""A request that becomes a socket leaves this room for good."""

from typing import Any

import pytest

from eventstream.web import channel
from tests.web.conftest import Connect
from tests.web.served import Served

UPGRADE = (
    "GET /live HTTP/1.1|Host: localhost|Upgrade: websocket|Connection: Upgrade|"
    "Sec-WebSocket-Version: 13|Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
)
HELLO = b"\x81\x85" + bytes(4) + b"hello"  # A frame of text, masked with zeros.


async def echo(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] == "websocket"
    assert (await receive())["type"] == "websocket.connect"
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


def test_a_socket_opens_and_makes_no_room(
    connect: Connect, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.application = echo
    monkeypatch.setattr(channel, "WAITING_MOST", 1)
    client = connect().ask(UPGRADE)
    status, headers, _ = client.answer(bodiless=True)
    assert (status, headers["upgrade"].lower()) == (101, "websocket")
    connect()
    connect()
    for _ in range(2):
        client.send(HELLO)
        assert client.take(7) == b"\x81\x05hello"
