"""Tells whatever goes wrong below the API's root as a JSON problem (RFC 9457), whoever says it.

The layers before pages, and Django, answer people: in text, or by a page. One layer around them all
says the same to programs, so that none of them needs to know of the API.
"""

from http import HTTPStatus
from typing import Any, cast

import msgspec
from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from django.http import HttpResponse

from dashboard import prefix
from dashboard.api.documents import Problem

ROOT = "/api/v1/"
BELOW = "/api/"
TYPE = "application/problem+json"
TOLD_MOST = 4096
"""So many bytes of what a layer said are passed on."""

READS = b"GET, HEAD"
UNREADABLE = "History can't be read now; see Baton's log."


def is_below(request: dict[str, Any]) -> bool:
    """Whether a request (an ASGI scope) is one of the API."""
    return request["type"] == "http" and prefix.below(request).startswith(BELOW)


def problem(status: int, detail: str, *, retry_after: int = 0) -> HttpResponse:
    """Return a problem as an answer, which may say after how many seconds to ask again."""
    again = {"Retry-After": str(retry_after)} if retry_after else {}
    return HttpResponse(
        encoded(status, detail),
        status=status,
        content_type=TYPE,
        headers={"Cache-Control": "no-store"} | again,
    )


def encoded(status: int, detail: str) -> bytes:
    """Return a problem as JSON."""
    return msgspec.json.encode(Problem(HTTPStatus(status).phrase, status, detail))


class Problems:
    """ASGI layer around all others that say why something is not answered."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Handle one connection."""
        request = cast("dict[str, Any]", scope)
        if not is_below(request):
            await self._inner(scope, receive, send)
            return
        telling = _Telling(send)
        if request["method"] not in {"GET", "HEAD"}:
            said = f"{request['path'][:200]!r} takes no {request['method'][:20]!r}."
            await telling.tell(405, said, [(b"allow", READS)])
            return
        await self._inner(scope, receive, telling)


class _Telling:
    """Sends an answer on as it is, or, where it says what is wrong, as a problem."""

    def __init__(self, send: Any) -> None:
        self._send = send
        self._start: dict[str, Any] | None = None
        self._said = b""

    async def __call__(self, message: Any) -> None:
        """Take one message of an answer."""
        if message["type"] == "http.response.start" and _is_for_people(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            room = TOLD_MOST - len(self._said)
            self._said += message.get("body", b"")[:room]
            if not message.get("more_body", False):
                await self._tell()

    async def tell(self, status: int, detail: str, headers: list[tuple[bytes, bytes]]) -> None:
        """Send a problem."""
        body = encoded(status, detail)
        named = [
            (b"content-type", TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            *headers,
        ]
        start = {"type": "http.response.start", "status": status, "headers": named}
        await self._send(start | {"trailers": False})
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    async def _tell(self) -> None:
        start = self._start or {}
        headers = {name.lower(): value for name, value in start["headers"]}
        plain = headers.get(b"content-type", b"").startswith(b"text/plain")
        said = self._said.decode("utf-8", "replace").strip() if plain else ""
        kept = [(name, headers[name]) for name in _KEPT if name in headers]
        await self.tell(start["status"], said or HTTPStatus(start["status"]).description, kept)


_KEPT = (b"allow", b"retry-after", b"www-authenticate", b"strict-transport-security")


def _is_for_people(start: dict[str, Any]) -> bool:
    types = [value for name, value in start["headers"] if name.lower() == b"content-type"]
    return start["status"] >= 400 and types != [TYPE.encode()]
