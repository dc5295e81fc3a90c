"""One request: Daphne's, whose body is bounded, and may still be coming when it is answered."""

# ruff: noqa: N802  Twisted calls these methods by its own names.

from io import BytesIO
from typing import Any

from daphne.http_protocol import WebRequest
from twisted.web import http

from eventstream.web.body import Body

_LOST = "the upload ended before it was whole"


class Request(WebRequest):  # type: ignore[misc]  # Daphne has no types.
    """A request of a `Channel`."""

    body: Body | None = None
    """What the application reads of an upload, None for all other requests."""
    most = 0
    """So many bytes the body may have, and what to say when it has more."""
    too_long = ""
    _taken = 0

    def __init__(self, channel: Any, queued: Any = False) -> None:
        super().__init__(channel, queued, parsePOSTFormSubmission=False)

    def begin(self, command: bytes, target: bytes, version: bytes) -> None:
        """Start the application; it reads `body` while that comes."""
        channel, reactor = self.channel, self.channel.factory.reactor
        self.body = Body(lambda: reactor.callFromThread(channel.go_on))
        self._uploads: set[Request] = channel.crowd.uploads
        self._uploads.add(self)
        super().requestReceived(command, target, version)

    def abandon(self) -> None:
        """Take no more of the body, and give the upload's place away."""
        if self.body is not None:
            self.body.lose(_LOST)
            self._uploads.discard(self)

    # Twisted's steps of a request

    def gotLength(self, length: int | None) -> None:
        """Keep the body in memory: it is small, or not kept here."""
        self.content = BytesIO()

    def handleContentChunk(self, data: bytes) -> None:
        """Take a piece of the body; what comes in chunks may turn out to be too long."""
        channel = self.channel
        if channel.leaving:
            return
        self._taken += len(data)
        if self._taken > self.most:
            channel.refuse(413, self.too_long)
        elif self.body is None:
            self.content.write(data)
        else:
            channel.brought(len(data))
            if not self.body.put(data):
                channel.hold()

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """Start the application, or tell one that began with the head that all has come."""
        if self.body is None:
            super().requestReceived(command, path, version)
        else:
            self.body.end()

    def connectionLost(self, reason: Any) -> None:
        """Tell who reads the body that no more comes."""
        self.abandon()
        super().connectionLost(reason)

    # Daphne's

    def handle_reply(self, message: dict[str, Any]) -> None:
        """Send what the application answers, and for HEAD nothing but its head.

        Daphne asks Twisted past the place where Twisted leaves such a body out. An answer that
        comes before the body ended is the connection's last.
        """
        if self.finished or self.channel is None or self.channel.leaving:
            return
        if message["type"] == "http.response.start" and self.channel.is_coming(self):
            self.channel.persistent = 0
            self.responseHeaders.setRawHeaders(b"Connection", [b"close"])
        bodiless = self.method == b"HEAD" or self.code in http.NO_BODY_CODES
        if message["type"] == "http.response.body" and bodiless:
            message = message | {"body": b""}
        super().handle_reply(message)

    def handle_exception(self, exception: BaseException) -> None:
        """Answer for an application that failed; an answer that began is cut off, never whole.

        Daphne would begin a second answer, and what fails there ends its care for all requests.
        """
        if self._response_started:
            self.channel.abort()
        else:
            super().handle_exception(exception)

    def finish(self) -> None:
        """End the answer, and with it what is still coming."""
        self.abandon()
        super().finish()
