"""Takes from a trusted proxy how a browser asked, and from nobody else: all others' words go.

What a client sends of itself in these headers must never be believed: neither who it is, nor where
it comes from, nor by which name or scheme it asks.
"""

from typing import Any, cast

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from django.conf import settings

from dashboard.access import header

_SECURE = {"http": "https", "ws": "wss"}
_PROTO = {"http": False, "https": True}


class Forwarded:
    """ASGI layer before all that looks at Host, scheme or address."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Handle one connection."""
        if scope["type"] in {"http", "websocket"}:
            request = cast("dict[str, Any]", scope)
            await self._inner(_as_asked(request), receive, send)
        else:
            await self._inner(scope, receive, send)


def _as_asked(request: dict[str, Any]) -> dict[str, Any]:
    """The scope as the browser asked for it, as far as that is known."""
    peer = (request.get("client") or [""])[0]
    if not settings.BATON_SIGN_IN.believes(peer):
        own = [(n, v) for n, v in request["headers"] if not n.startswith(b"x-forwarded-")]
        return request | {"headers": own, "proxied": False}
    told = {"proxied": True, "headers": list(request["headers"])}
    if _PROTO.get(_last(request, b"x-forwarded-proto").lower()):
        scheme = request.get("scheme", "http")
        told["scheme"] = _SECURE.get(scheme, scheme)
    if host := _last(request, b"x-forwarded-host"):
        kept = [(n, v) for n, v in request["headers"] if n != b"host"]
        told["headers"] = [*kept, (b"host", host.encode("latin-1"))]
    if client := _last(request, b"x-forwarded-for"):
        told["client"] = [client, 0]
    return request | told


def _last(request: dict[str, Any], name: bytes) -> str:
    """What the nearest proxy said, where several added to a header."""
    return header(request, name).rpartition(",")[2].strip()
