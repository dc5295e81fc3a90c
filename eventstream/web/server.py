"""Daphne's server with this room's connections in the place of Twisted's."""

from contextvars import Context
from typing import Any

from daphne.http_protocol import HTTPFactory
from daphne.server import Server as DaphneServer

from eventstream.web.channel import TIMEOUT_SECONDS, Channel, Crowd
from eventstream.web.request import Request
from eventstream.web.ruling import Admit
from eventstream.web.sockets import BoundedSocket

BODY = "baton.body"
"""The ASGI extension by which an application is given the body of an upload, a file to read."""


class Factory(HTTPFactory):  # type: ignore[misc]  # Daphne has no types.
    """Makes a `Channel` for each connection."""

    protocol = Channel

    def __init__(self, server: "Server", crowd: Crowd) -> None:
        super().__init__(server)
        self.timeOut = TIMEOUT_SECONDS
        self._crowd = crowd

    def buildProtocol(self, addr: Any) -> Channel:  # noqa: N802  Twisted's name.
        """Return the protocol of a new connection."""
        channel: Channel = super().buildProtocol(addr)
        channel.requestFactory = Request
        channel.crowd = self._crowd
        return channel


class Server(DaphneServer):  # type: ignore[misc]  # Daphne has no types.
    """Serves an ASGI application; `admit` rules on each request that has a body.

    With `once`, a connection is closed after its first answer.
    """

    def __init__(
        self, application: Any, admit: Admit, *, once: bool = False, **options: Any
    ) -> None:
        super().__init__(application, **options)
        self._crowd = Crowd(admit, once=once)
        self._factory = Factory(self, self._crowd)

    @property
    def http_factory(self) -> Factory:
        """What makes connections; Daphne would set its own when it begins to run."""
        return self._factory

    @http_factory.setter
    def http_factory(self, _: HTTPFactory) -> None:
        pass

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        """Start the application on one request or socket.

        It begins without context: this is called by whoever let the request come, such as the
        answer to the one before, or the thread that made room for more, whose context has ended.
        """
        body = getattr(protocol, "body", None)
        if body is not None:
            scope["extensions"] = {BODY: body}
        return Context().run(super().create_application, protocol, scope)

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """Send what an application says; it goes on once its page has taken in enough.

        A page that reads nothing costs what the system keeps for a connection, and one message.
        """
        await super().handle_reply(protocol, message)
        if isinstance(protocol, BoundedSocket):
            await protocol.taken_in()
        elif isinstance(protocol, Request) and message.get("more_body") and protocol.channel:
            # What is sent whole is all in memory already, and may take its reader long.
            await protocol.channel.taken_in()

    def kill_all_applications(self) -> Any:
        """End what still runs; a thread that waits for a body would be waited for."""
        for request in list(self._crowd.uploads):
            request.abandon()
        return super().kill_all_applications()
