"""Decides who may ask, before anything else looks at the request.

The page shows a whole cluster and has no sign-in yet, so two things are checked for every
request and every socket: the Host is one of ours (else a foreign page could reach a dashboard on
localhost through DNS rebinding), and a socket's Origin is that same Host (else any page that a
browser has open could read along, as sockets know no same-origin policy). Probes are the one
exception; `dashboard.health` answers them before this layer.
"""

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
        elif scope["type"] == "websocket" and not _same_origin(headers.get(b"origin", b""), host):
            await refuse(send)
        else:
            await self._inner(scope, receive, send)

    async def _refuse_host(self, scope: Scope, send: ASGISendCallable, host: str) -> None:
        if scope["type"] == "websocket":
            await refuse(send)
            return
        await respond(
            send,
            400,
            f"Baton does not answer to the Host {host[:200]!r}. If you reach it by that name, "
            "add it to the environment variable BATON_ALLOWED_HOSTS (names separated by commas) "
            "and start Baton again.\n",
        )


def host_is_allowed(host: str) -> bool:
    """True when `host`, with or without a port, is one of ALLOWED_HOSTS."""
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def _same_origin(origin: bytes, host: str) -> bool:
    """True when a browser's Origin is a web page of `host` itself, port included."""
    page, ours = origin.decode("latin-1").lower(), host.lower()
    return page in {f"http://{ours}", f"https://{ours}"}
