"""Decides who may ask, before anything else looks at the request.

Who is signed in is asked by `dashboard.signin`, behind this layer. Two things are checked for every
request and every socket, whoever sends it: the Host is one of ours (else a foreign page could reach
a dashboard on localhost through DNS rebinding), and a socket's Origin is that same scheme, Host and
port (else any page that a browser has open could read along, as sockets know no same-origin
policy). Probes are
the one exception; `dashboard.health` answers them before this layer. `dashboard.admission` asks
the same of a request that has a body, before the body comes.
"""

from collections.abc import Mapping
from typing import Any

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from dashboard.plaintext import refuse, respond


class CheckedHost:
    """ASGI layer that lets through what names an allowed Host, and sockets of the same origin."""

    def __init__(self, inner: ASGI3Application) -> None:
        self._inner = inner

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Handle one connection."""
        if scope["type"] not in {"http", "websocket"}:
            await self._inner(scope, receive, send)
            return
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        if not host_is_allowed(host):
            await self._refuse_host(scope, send, host)
        elif scope["type"] == "websocket" and not same_origin(
            headers.get(b"origin", b""), scope.get("scheme", "ws"), host
        ):
            await refuse(send)
        else:
            await self._inner(scope, receive, send)

    async def _refuse_host(self, scope: Scope, send: ASGISendCallable, host: str) -> None:
        if scope["type"] == "websocket":
            await refuse(send)
            return
        await respond(send, 400, f"{unknown_host(host)}\n")


def header(scope: Mapping[str, Any], name: bytes) -> str:
    """Return a header of an ASGI scope, "" where it is not there; of several the last one."""
    return dict(scope["headers"]).get(name, b"").decode("latin-1")  # type: ignore[no-any-return]


def host_is_allowed(host: str) -> bool:
    """True when `host`, with or without a port, is one of ALLOWED_HOSTS."""
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def unknown_host(host: str) -> str:
    """Return what to tell who asks for a Host that is not ours."""
    return (
        f"Baton does not answer to the Host {host[:200]!r}. If you reach it by that name, "
        "add it to the environment variable BATON_ALLOWED_HOSTS (names separated by commas) "
        "and start Baton again."
    )


def same_origin(origin: bytes, scheme: str, host: str) -> bool:
    """True when a browser's Origin is a page of ours: `host` with its port, over `scheme`.

    A socket's scheme is that of the page that opened it, ws for http. A port that is left out is
    the scheme's own.
    """
    ours = _place(_PAGES.get(scheme, scheme), host)
    theirs, _, their_host = origin.decode("latin-1").lower().partition("://")
    return ours is not None and ours == _place(theirs, their_host)


_PAGES = {"ws": "http", "wss": "https"}
_PORTS = {"http": "80", "https": "443"}


def _place(scheme: str, host: str) -> tuple[str, str, str] | None:
    """Scheme, name and port, None where that names no place of a page."""
    domain, port = split_domain_port(host)
    return (scheme, domain, port or _PORTS[scheme]) if domain and scheme in _PORTS else None
