"""The server's end of a page's socket, which takes in no more, and no faster, than it can bear.

Autobahn parses at once, on the loop, whatever arrived, and Daphne queues it without a bound; what
is sent to a page that does not read waits in memory. Here a page is read from only so fast, only
while it takes in what it is sent, and not on after a message that is longer than any of ours. Who
sends to it waits while more is there than the system has room for (`taken_in`, see `server`).
"""

# ruff: noqa: N802, N803  # Autobahn and Twisted call these by such names.

import asyncio
from typing import Any

from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol

from eventstream.metrics import refused

FRAMES_A_SECOND = 100
"""A page that sends more is read from more slowly; its messages are bounded where they are read."""
RECEIVED_BYTES = 16 * 1024
"""A message may be so long: 4,096 characters are at most so many bytes."""
CONNECTIONS_MOST = 768
"""So many sockets may be connected, those that are being told why they are refused included."""
STALLED_SECONDS = 60.0
"""A page that has not taken in all that waits for it within so long is cut off: it comes back."""
DROP_SECONDS = 1.0
"""A connection that is to be closed is cut after so long, also when what was sent is not read."""


def bound(factory: WebSocketFactory) -> None:
    """Let `factory` make sockets that are bounded, before its server takes the first request."""
    factory.protocol = BoundedSocket
    factory.setProtocolOptions(maxConnections=CONNECTIONS_MOST)


class BoundedSocket(WebSocketProtocol):  # type: ignore[misc]  # daphne has no types
    """One socket. Whom it does not read from is held up by TCP, and nothing of it is kept."""

    def connectionMade(self) -> None:
        """Begin, with everything still to be read."""
        super().connectionMade()
        self._frames, self._since = FRAMES_A_SECOND, self._now()
        self._next_second: Any = None
        self._cut: Any = None
        self._stalled: Any = None
        self._full = False
        self._room = asyncio.Event()
        self._room.set()

    def onOpen(self) -> None:
        """Be told, in place of the HTTP channel, when too much is waiting to be sent."""
        super().onOpen()
        self.transport.unregisterProducer()
        self.transport.registerProducer(self, True)  # As a streaming one.

    def pauseProducing(self) -> None:
        """Read no further, and send no more: what was sent waits for the page to take it in."""
        self._full = True
        self._room.clear()
        if self._stalled is None:
            later = self.factory.reactor.callLater
            self._stalled = later(STALLED_SECONDS, self._cut_off)
        self.transport.pauseProducing()

    def resumeProducing(self) -> None:
        """Read on: the page has taken in all that was sent."""
        self._full = False
        self._room.set()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        self._read_on()

    async def taken_in(self) -> None:
        """Return once the page has taken in enough of what it was sent, or is gone."""
        await self._room.wait()

    def stopProducing(self) -> None:
        """Leave it to `connectionLost` to end."""

    def processData(self) -> bool:
        """Take in the next part of what has arrived; returns whether there may be more."""
        if self._full or (self.current_frame is None and not self._may_begin()):
            return False
        more: bool = super().processData()
        return more

    def onFrameBegin(self) -> None:
        """Count a frame: of a message or a part of one, a ping, a pong or a close."""
        self._frames -= 1
        super().onFrameBegin()

    def onMessageFrameBegin(self, length: int) -> None:
        """Cut off a page that sends more than a message of ours is long, before it arrives."""
        super().onMessageFrameBegin(length)
        if self.message_data_total_length > RECEIVED_BYTES:
            self.dropConnection(abort=True)

    def handle_reply(self, message: dict[str, Any]) -> None:
        """Send what the application says, unless the socket is closing or closed: it hears soon."""
        if self.state in (self.STATE_CONNECTING, self.STATE_OPEN):
            super().handle_reply(message)

    def dropConnection(self, abort: bool = False) -> None:
        """Close the connection, after DROP_SECONDS also if the page does not read what it is sent.

        Only the end of the connection tells the application, which keeps its place until then.
        """
        super().dropConnection(abort)
        if not abort and self._cut is None:
            self._cut = self.factory.reactor.callLater(DROP_SECONDS, self.transport.abortConnection)

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        """Tell the application, if there is one: a handshake that failed has none."""
        if hasattr(self, "server") and self in self.server.connections:
            super().onClose(wasClean, code, reason)

    def connectionLost(self, reason: Any) -> None:
        """End, and with it what was still to come."""
        for call in (self._next_second, self._cut, self._stalled):
            if call is not None and call.active():
                call.cancel()
        self._room.set()
        super().connectionLost(reason)

    def _may_begin(self) -> bool:
        """Whether a frame may begin now; if not, reading goes on when the second is over."""
        if self._now() - self._since >= 1.0:
            self._frames, self._since = FRAMES_A_SECOND, self._now()
        if self._frames > 0:
            return True
        if self._next_second is None:
            self.transport.pauseProducing()
            wait = self._since + 1.0 - self._now()
            self._next_second = self.factory.reactor.callLater(wait, self._second_is_over)
        return False

    def _cut_off(self) -> None:
        refused.count("stalled")
        self._stalled = None
        self.transport.abortConnection()

    def _second_is_over(self) -> None:
        self._next_second = None
        self._frames, self._since = FRAMES_A_SECOND, self._now()
        self._read_on()

    def _read_on(self) -> None:
        """Take in what has arrived already, then read, unless something still holds that up."""
        if self._full or self._next_second is not None:
            return
        self.transport.resumeProducing()
        self.consumeData()

    def _now(self) -> float:
        now: float = self.factory.reactor.seconds()
        return now
