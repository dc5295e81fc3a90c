"""An HTTP server that answers byte for byte as a test says, faults included.

A real API server cannot be told to cut a stream at byte 417; this one can. It speaks real HTTP
on loopback, so that the client under test is the whole client.
"""

import asyncio
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TLS_HANDSHAKE = b"\x16"


@dataclass(frozen=True)
class Request:
    """What a client asked for."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def streams(self) -> bool:
        """Whether it is a watch that is to begin with all that exists."""
        return "sendInitialEvents" in self.query

    @property
    def watches(self) -> bool:
        return "watch" in self.query and not self.streams

    @property
    def lists(self) -> bool:
        return "watch" not in self.query

    @property
    def checks(self) -> bool:
        """Whether it is the list of one object that tells the server's newest version."""
        return self.query == {"limit": "1"}

    @property
    def version(self) -> int:
        return int(self.query["resourceVersion"])


@dataclass(frozen=True)
class Answer:
    """Raw bytes to send; then the connection is closed, or held open."""

    raw: bytes
    hold: bool = False


def answer(
    status: int, body: bytes, content_type: str = "application/json", **headers: str
) -> Answer:
    """A complete answer; keyword `Retry_After` becomes the header Retry-After."""
    lines = [f"HTTP/1.1 {status} Scripted", f"Content-Type: {content_type}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return Answer("\r\n".join(lines).encode() + body)


def json_answer(content: Any, status: int = 200, **headers: str) -> Answer:
    return answer(status, json.dumps(content).encode(), **headers)


def status_answer(
    code: int,
    reason: str = "",
    message: str = "scripted",
    details: Mapping[str, Any] | None = None,
    **headers: str,
) -> Answer:
    content = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason}
    said = {"message": message, "code": code, "details": details or {}}
    return json_answer(content | said, code, **headers)


def stream(*chunks: bytes, hold: bool = False) -> Answer:
    """A watch's answer in chunks; it ends cleanly unless it is held open."""
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    frames = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return Answer(head + frames + (b"" if hold else b"0\r\n\r\n"), hold)


Handler = Callable[[Request], Answer | None]


NO_STREAMS = status_answer(
    422,
    "Invalid",
    'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is '
    "forbidden for watch unless the WatchList feature gate is enabled",
)


@dataclass
class ScriptedServer:
    """Asks each handler in turn, the newest first; 404 as an API server says it otherwise.

    It refuses to stream the initial state, as servers do that are older than that, unless a test
    says what to stream.
    """

    handlers: list[Handler] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    url: str = ""
    port: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def start(self, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in list(self._open):
                writer.close()
            await self._server.wait_closed()

    def on(self, path: str, *answers: Answer) -> None:
        """Give these answers to plain requests for `path`, one by one; the last one for ever.

        A check gets the one that is next and leaves it there.
        """
        self._give(path, list(answers), lambda request: request.lists)

    def on_watch(self, path: str, *answers: Answer) -> None:
        """Give these answers to watches of `path`, one by one; the last one for ever."""
        self._give(path, list(answers), lambda request: request.watches)

    def on_stream(self, path: str, *answers: Answer) -> None:
        """Give these answers to watches that begin with all that exists, as `on_watch` does."""
        self._give(path, list(answers), lambda request: request.streams)

    def watches(self, path: str) -> list[Request]:
        return [each for each in self.requests if each.path == path and each.watches]

    def lists(self, path: str) -> list[Request]:
        found = [each for each in self.requests if each.path == path and each.lists]
        return [each for each in found if not each.checks]

    def streams(self, path: str) -> list[Request]:
        return [each for each in self.requests if each.path == path and each.streams]

    def _give(self, path: str, answers: list[Answer], fits: Callable[[Request], bool]) -> None:
        def handler(request: Request) -> Answer | None:
            if request.path != path or not fits(request):
                return None
            return answers.pop(0) if len(answers) > 1 and not request.checks else answers[0]

        self.handlers.insert(0, handler)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            first = await reader.readexactly(1)
            if first == TLS_HANDSHAKE:
                writer.write(answer(400, b"an HTTP server got TLS", "text/plain").raw)
                return
            request = _parse(first + await reader.readuntil(b"\r\n\r\n"))
            self.requests.append(request)
            found = self._answer(request)
            writer.write(found.raw)
            await writer.drain()
            if found.hold:
                await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # The client left; what it then does is what the test looks at.
        finally:
            self._open.discard(writer)
            writer.close()

    def _answer(self, request: Request) -> Answer:
        for handler in self.handlers:
            found = handler(request)
            if found is not None:
                return found
        if request.streams:
            return NO_STREAMS
        return answer(404, b"404 page not found", "text/plain")


def _parse(head: bytes) -> Request:
    first, *rest = head.decode().split("\r\n")
    url = urlsplit(first.split(" ")[1])
    headers = dict(line.split(": ", 1) for line in rest if line)
    lowered = {name.lower(): value for name, value in headers.items()}
    return Request(url.path, dict(parse_qsl(url.query)), lowered)
