"""The real server in a thread of this process, so that a test can hold its bounds in its hands.

Twisted's loop runs once in a process: one server serves all tests, each its own application.
"""

import contextlib
import select
import socket
import threading
from collections.abc import Callable
from typing import Any

from eventstream.web import sockets
from eventstream.web.channel import Channel, Crowd
from eventstream.web.ruling import Admit
from eventstream.web.server import Server

PATIENCE = 60.0


class Ruled:
    """What a test says of a request: see `Ruling`."""

    def __init__(
        self, status: int = 0, *, most: int = 100, streamed: bool = False, text: str = "no"
    ) -> None:
        self.status, self.text, self.allow = status, text, ""
        self.most, self.streamed = most, streamed


class Served:
    """The server, and what a test looks at of it."""

    application: Any = None
    admit: Admit

    def __init__(self) -> None:
        self.server = Server(
            self._apply,
            lambda *head: self.admit(*head),  # noqa: PLW0108  It changes with the test.
            endpoints=["tcp:port=0:interface=127.0.0.1"],
            signal_handlers=False,
        )
        self.server.ready_callable = lambda: sockets.bound(self.server.ws_factory)
        self.read = 0
        """So many bytes of bodies and heads the server has read since `begin`."""
        self.begin()
        self._thread = threading.Thread(target=self.server.run, name="server")
        self._thread.start()
        until(lambda: bool(self.server.listening_addresses))
        self.port: int = self.server.listening_addresses[0][1]

    @property
    def crowd(self) -> Crowd:
        return self.server._crowd

    def begin(self) -> None:
        """Set all back, for another test."""
        self.read = 0
        self.admit = lambda *_: Ruled()

    def count(self, real: Callable[[Channel, bytes], None]) -> Callable[[Channel, bytes], None]:
        """Return `Channel.dataReceived`, counted."""

        def counted(channel: Channel, data: bytes) -> None:
            self.read += len(data)
            real(channel, data)

        return counted

    def end(self) -> None:
        from daphne.server import reactor

        reactor.callFromThread(self.server.stop)
        self._thread.join(PATIENCE)

    async def _apply(self, scope: Any, receive: Any, send: Any) -> None:
        await self.application(scope, receive, send)


def until(what: Callable[[], bool]) -> None:
    """Return once `what` is true."""
    changed = threading.Event()
    for _ in range(int(PATIENCE * 100)):
        if what():
            return
        changed.wait(0.01)
    raise AssertionError("it does not come about")


class Client:
    """One connection, byte by byte."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self._file = self._socket.makefile("rb")

    def send(self, data: bytes) -> "Client":
        self._socket.sendall(data)
        return self

    def ask(self, head: str, body: bytes = b"") -> "Client":
        """Send a head, its lines separated by |, and what follows."""
        return self.send(head.replace("|", "\r\n").encode() + b"\r\n\r\n" + body)

    def answer(self, *, bodiless: bool = False) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the next answer."""
        version, code = self._file.readline().split()[:2]
        assert version == b"HTTP/1.1"
        status = int(code)
        headers: dict[str, str] = {}
        while line := self._file.readline().strip():
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        if bodiless:
            return status, headers, b""
        if headers.get("transfer-encoding") == "chunked":
            return status, headers, b"".join(self._chunks())
        return status, headers, self._file.read(int(headers["content-length"]))

    def trickle(self) -> "Client":
        """Send a byte now and then, until something comes back or the connection ends."""
        for _ in range(int(PATIENCE * 20)):
            if select.select([self._socket], [], [], 0.05)[0]:
                return self
            with contextlib.suppress(OSError):
                self.send(b"a")
        raise AssertionError("it never ends")

    def take(self, size: int) -> bytes:
        """So many bytes, as they came."""
        return self._file.read(size)

    def is_closed(self) -> bool:
        """Wait for the end; True when nothing came before it."""
        try:
            return self._file.read(1) == b""
        except ConnectionResetError:
            return True

    def is_cut_off(self) -> bool:
        """Wait for the end; True when an answer was not whole."""
        try:
            _, headers, body = self.answer()
        except ConnectionResetError:
            return True
        return len(body) < int(headers["content-length"])

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def _chunks(self) -> Any:
        while size := int(self._file.readline(), 16):
            yield self._file.read(size)
            self._file.readline()
        self._file.readline()
