"""Takes from a trusted proxy how a browser asked, and from nobody else: all others' words go.

What a client sends of itself in these headers must never be believed: neither who it is, nor where
it comes from, nor by which name, scheme or path it asks.
"""

from typing import Any, cast

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from django.conf import settings

from dashboard import prefix
from dashboard.access import header
from dashboard.plaintext import refuse, respond
from eventstream.clusters import path_prefix

_SECURE = {"http": "https", "ws": "wss"}
_PROTO = {"http": False, "https": True}


class BadPrefixError(ValueError):
    """A trusted proxy names a path that can't be one; the message says so."""


class Forwarded:
    """ASGI layer before all that looks at Host, scheme, path or address."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Handle one connection."""
        if scope["type"] not in {"http", "websocket"}:
            await self._inner(scope, receive, send)
            return
        try:
            asked = as_asked(cast("dict[str, Any]", scope))
        except BadPrefixError as error:
            if scope["type"] == "http":
                await respond(send, 400, f"{error}\n")
            else:
                await refuse(send)
            return
        with prefix.within(asked["root_path"]):
            await self._inner(asked, receive, send)


def as_asked(request: dict[str, Any]) -> dict[str, Any]:
    """Return an ASGI scope as the browser asked for it, as far as that is known.

    Its path begins with its `root_path`. Raises BadPrefixError.
    """
    peer = (request.get("client") or [""])[0]
    if not settings.BATON_SIGN_IN.believes(peer):
        own = [(n, v) for n, v in request["headers"] if not n.startswith(b"x-forwarded-")]
        told = {"headers": own, "proxied": False}
        return request | told | _path(request, settings.BATON_PATH_PREFIX)
    told = {"proxied": True, "headers": list(request["headers"])}
    if _PROTO.get(_last(request, b"x-forwarded-proto").lower()):
        scheme = request.get("scheme", "http")
        told["scheme"] = _SECURE.get(scheme, scheme)
    if host := _last(request, b"x-forwarded-host"):
        kept = [(n, v) for n, v in request["headers"] if n != b"host"]
        told["headers"] = [*kept, (b"host", host.encode("latin-1"))]
    if client := _last(request, b"x-forwarded-for"):
        told["client"] = [client, 0]
    return request | told | _path(request, settings.BATON_PATH_PREFIX or _prefix(request))


def _path(request: dict[str, Any], outer: str) -> dict[str, str]:
    own = path_prefix(settings.BATON_FRONTED)
    return {"root_path": outer + own, "path": prefix.placed(request["path"], outer + own, own)}


def _prefix(request: dict[str, Any]) -> str:
    """What the nearest proxy took away of the path."""
    try:
        return prefix.plain(_last(request, b"x-forwarded-prefix"))
    except ValueError as error:
        raise BadPrefixError(f"The proxy's header X-Forwarded-Prefix: {error}.") from error


def _last(request: dict[str, Any], name: bytes) -> str:
    """What the nearest proxy said, where several added to a header."""
    return header(request, name).rpartition(",")[2].strip()
