"""One connection: asks what a request may bring once its head is there, and refuses the rest.

Twisted's own channel takes any body in whole. Its idle time counts from the last byte, so that a
byte a minute holds a place for ever; here a request has to be there within TIMEOUT_SECONDS.
"""

# ruff: noqa: N802  Twisted calls these methods by its own names.

import asyncio
import logging
from typing import TYPE_CHECKING, Any, cast

from twisted.web import http
from twisted.web.http_headers import Headers

from eventstream.metrics import refused
from eventstream.web.ruling import Admit, Ruling, decoded
from eventstream.web.sockets import STALLED_SECONDS

if TYPE_CHECKING:
    from eventstream.web.request import Request

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 60
"""So long after it was opened, or after the answer before, a connection's next request has to be
there: its head, and its body unless that is an upload."""

PACE_SECONDS = 30
PACE_BYTES = 64 * 1024
"""An upload that brings less than so many bytes in so many seconds is ended."""

UPLOADS_MOST = 2
"""So many uploads are taken at once; each has a thread of its own."""

WAITING_MOST = 512
"""So many connections wait for a request, or for the rest of one; the one that waits longest makes
room. Each may hold a head and a small body in memory."""

UNREAD_MOST = 32
"""So many connections wait for their client to take in an answer; the one that waits for longest is
cut off for one more. Each has what is left of its answer in memory."""

LINGER_SECONDS = 2
LINGER_BYTES = 256 * 1024
"""A client that still sends when it is refused would lose the answer if the connection were closed
at once: so many bytes are still read and thrown away, and so long it stays open."""


class Crowd:
    """What the connections of one server share: the rules, and who takes up the places."""

    def __init__(self, admit: Admit, *, once: bool = False) -> None:
        self.admit = admit
        self.once = once
        """Whether a connection ends with its first answer: the next request may be another's."""
        self.uploads: set[Request] = set()
        self._waiting: dict[Channel, None] = {}
        self._unread: dict[Channel, None] = {}

    def wait(self, channel: "Channel") -> None:
        """Let `channel` wait for a request; where too many do, end the one that waits longest."""
        self._waiting.pop(channel, None)
        if len(self._waiting) >= WAITING_MOST:
            oldest = next(iter(self._waiting))
            del self._waiting[oldest]
            refused.count("waiting")
            oldest.give_up()
        self._waiting[channel] = None

    def done(self, channel: "Channel") -> None:
        """Forget that `channel` waits."""
        self._waiting.pop(channel, None)

    def unread(self, channel: "Channel") -> None:
        """Let `channel` wait for its client to read; end the one that did so for longest."""
        if channel not in self._unread and len(self._unread) >= UNREAD_MOST:
            oldest = next(iter(self._unread))
            del self._unread[oldest]
            refused.count("stalled")
            oldest.abort()
        self._unread.setdefault(channel, None)

    def taken_in(self, channel: "Channel") -> None:
        """Forget that the client of `channel` has not read all."""
        self._unread.pop(channel, None)


_Twisted: Any = http.HTTPChannel  # Only parts of it have types.


class Channel(_Twisted):  # type: ignore[misc]
    """One connection, which carries one request after the other."""

    crowd: Crowd
    transport: Any
    length: int | None
    leaving = False
    """An answer was sent although the body had not ended; what still comes is not looked at."""

    _coming: "Request | None" = None
    """The request whose body is being read."""
    _held = False
    _brought = 0
    _passed_over = 0
    _closing: Any = None
    _room: asyncio.Event | None = None
    """Is there while more was written than the client takes in, and set once it has."""

    # Twisted's steps of a connection

    def connectionMade(self) -> None:
        """Wait for the first request."""
        super().connectionMade()
        self.crowd.wait(self)

    def checkPersistence(self, request: Any, version: bytes) -> bool:
        """Return whether the connection may bring a further request."""
        if not self.crowd.once:
            return bool(super().checkPersistence(request, version))
        request.responseHeaders.setRawHeaders(b"Connection", [b"close"])
        return False

    def resetTimeout(self) -> None:
        """Give no more time for a byte: Twisted asks for that with each."""

    def dataReceived(self, data: bytes) -> None:
        """Take what came; a defect ends this connection and is told, as Twisted would not."""
        try:
            super().dataReceived(data)
        except Exception:
            logger.exception("A connection is closed by a defect of Baton's; please report it.")
            self.abort()

    def headerReceived(self, line: bytes) -> bool:
        """Take one header; returns False when it was refused."""
        try:
            return bool(super().headerReceived(line))
        except ValueError:  # A length of thousands of digits.
            self._respondToBadRequestAndDisconnect()
            return False

    def allHeadersReceived(self) -> None:
        """Decide whether the request may go on; without a body it may, and is told by the pages."""
        request = cast("Request", self.requests[-1])
        if self.length == 0:
            super().allHeadersReceived()
            return
        ruling = self._ruling(request)
        refusal = self._refusal(ruling)
        if refusal is not None:
            self.refuse(*refusal, ruling.allow)
            return
        self._coming = request
        request.most, request.too_long = ruling.most, ruling.text
        super().allHeadersReceived()
        if ruling.streamed:
            self._begin(request)

    def rawDataReceived(self, data: bytes) -> None:
        """Take a piece of a body, or of what comes behind the request that is being answered."""
        if not self.leaving:
            super().rawDataReceived(data)
            return
        self._passed_over += len(data)
        if self._passed_over > LINGER_BYTES:
            self._networkProducer.pauseProducing()

    def allContentReceived(self) -> None:
        """Hand the request on, now that its body is whole."""
        if self.leaving:
            return
        self._coming = None
        self.crowd.done(self)
        super().allContentReceived()

    def requestDone(self, request: Any) -> None:
        """Wait for the next request after an answer."""
        if self.persistent:
            self.crowd.wait(self)
        super().requestDone(request)

    def loseConnection(self) -> None:
        """Close; a client that still sends is given time to read the answer."""
        if self._coming is not None and not self.leaving:
            self._leave()
        elif not self.leaving:
            super().loseConnection()

    def timeoutConnection(self) -> None:
        """End a client that is too slow, unless it waits for us."""
        if self._held:
            self.setTimeout(PACE_SECONDS)
        elif self._coming is not None and not self._coming.startedWriting:
            self.refuse(408, self._too_slow(self._coming))
        else:
            self.give_up()

    def pauseProducing(self) -> None:
        """Note that more was written than the client takes in."""
        super().pauseProducing()
        self.crowd.unread(self)
        self._room = self._room or asyncio.Event()

    def resumeProducing(self) -> None:
        """Go on reading when what was written has left, unless a body waits for its reader."""
        self._read()
        super().resumeProducing()
        if self._held:
            self._networkProducer.pauseProducing()

    def connectionLost(self, reason: Any) -> None:
        """Forget the connection."""
        self._held = False
        self.crowd.done(self)
        self._read()
        if self._closing is not None and self._closing.active():
            self._closing.cancel()
        super().connectionLost(reason)

    # What a request asks for

    def is_coming(self, request: "Request") -> bool:
        """Whether the body of `request` has not ended."""
        return self._coming is request

    def brought(self, size: int) -> None:
        """Note that an upload goes on."""
        self._brought += size
        if self._brought >= PACE_BYTES:
            self._brought = 0
            self.setTimeout(PACE_SECONDS)

    async def taken_in(self) -> None:
        """Return once the client has taken in enough of an answer, or is gone; cut off else."""
        room = self._room
        if room is None:
            return
        try:
            async with asyncio.timeout(STALLED_SECONDS):
                await room.wait()
        except TimeoutError:
            refused.count("stalled")
            self.abort()

    def hold(self) -> None:
        """Read no more of a body until `go_on`."""
        self._held = True
        self._networkProducer.pauseProducing()

    def go_on(self) -> None:
        """Read on after `hold`."""
        if self._held and not self.leaving:
            self._held = False
            self.setTimeout(PACE_SECONDS)
            self._networkProducer.resumeProducing()

    def refuse(self, status: int, text: str, allow: str = "") -> None:
        """Answer with `status` and a line of plain text, and close without reading on."""
        body = f"{text}\n".encode()
        headers = Headers(
            {
                "Content-Type": ["text/plain; charset=utf-8"],
                "Content-Length": [str(len(body))],
                "Cache-Control": ["no-store"],
                "X-Content-Type-Options": ["nosniff"],
                "Connection": ["close"],
            }
        )
        if allow:
            headers.setRawHeaders("Allow", [allow])
        if status == http.SERVICE_UNAVAILABLE:
            headers.setRawHeaders("Retry-After", [str(PACE_SECONDS)])
        reason = http.RESPONSES.get(status, b"Refused")
        self.writeHeaders(b"HTTP/1.1", b"%d" % status, reason, headers)
        if self._command != b"HEAD":
            self.write(body)
        self._leave()

    def give_up(self) -> None:
        """Close, and some seconds later whether the client takes what was written or not."""
        super().timeoutConnection()

    def abort(self) -> None:
        """Close at once, whatever was not sent yet."""
        self.transport.abortConnection()

    # How it is done

    def _read(self) -> None:
        """Note that the client has read what was written, or will not any more."""
        self.crowd.taken_in(self)
        room, self._room = self._room, None
        if room is not None:
            room.set()

    def _ruling(self, request: "Request") -> Ruling:
        headers = {
            name.lower(): values[-1] for name, values in request.requestHeaders.getAllRawHeaders()
        }
        return self.crowd.admit(
            *(self._command.decode("latin-1"), decoded(self._path), headers, self.length),
            str(getattr(self.transport.getPeer(), "host", "")),
        )

    def _refusal(self, ruling: Ruling) -> tuple[int, str] | None:
        """Return status and reason where the body may not come."""
        if ruling.status:
            return ruling.status, ruling.text
        if self.length is not None and self.length > ruling.most:
            return 413, ruling.text
        if ruling.streamed and self.length is None:
            return 411, "An upload has to say how long it is, by a header Content-Length."
        if ruling.streamed and len(self.crowd.uploads) >= UPLOADS_MOST:
            refused.count("upload")
            return 503, (
                f"{UPLOADS_MOST} uploads are being taken, and no more at once. Try again when one "
                "of them has ended."
            )
        return None

    def _begin(self, request: "Request") -> None:
        """Start the application on a body that is still to come."""
        self.crowd.done(self)
        self.setTimeout(PACE_SECONDS)
        request.begin(self._command, self._path, self._version)

    def _too_slow(self, request: "Request") -> str:
        if request.body is None:
            return f"The request was not there within {TIMEOUT_SECONDS} s."
        return (
            f"The upload brought less than {PACE_BYTES >> 10} KiB in {PACE_SECONDS} s, and was "
            "ended; nothing of it is kept."
        )

    def _leave(self) -> None:
        self.leaving, self.length = True, None
        self.crowd.done(self)
        self.setTimeout(None)
        if self._coming is not None:
            self._coming.abandon()
        self._networkProducer.unregisterProducer()
        self._networkProducer.resumeProducing()
        self.transport.loseWriteConnection()
        self._closing = self.callLater(LINGER_SECONDS, self.abort)
