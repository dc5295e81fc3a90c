"""Finds out who asks, before pages and sockets: whoever is nobody reaches none of them.

What is within this layer is told who the viewer is (`scope["viewer"]`), and sees what the
viewer's rights reach, on every way to history: see `eventstream.history.rights`.
"""

import logging
import math
from typing import Any, cast
from urllib.parse import quote, urlencode

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from django.conf import settings
from django.urls import Resolver404, resolve

from dashboard import prefix
from dashboard.access import header
from dashboard.api.problems import is_below
from dashboard.plaintext import close, redirect, respond
from dashboard.signin import arriving, proxied
from dashboard.signin.addresses import decision_of
from dashboard.signin.bearers import CHALLENGE, TooOftenError, bearers
from dashboard.signin.decisions import Decision
from dashboard.signin.returning import own_address
from dashboard.signin.viewers import SignedOutError, Viewer
from eventstream import history
from eventstream.reviewing import UnansweredError

logger = logging.getLogger(__name__)

CLOSE_SIGNED_OUT = 4401
CLOSE_RIGHTS = 4403
CLOSE_UNANSWERED = 4503

_ASK = "Sign in to see this."


class SignIn:
    """ASGI layer that lets viewers through, and anyone to what is for anyone."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Handle one connection."""
        if scope["type"] not in {"http", "websocket"}:
            await self._inner(scope, receive, send)
            return
        request = cast("dict[str, Any]", scope)
        if scope["type"] == "http" and decision_at(prefix.below(request)) is Decision.ANYONE:
            with history.seeing(history.NOTHING):
                await self._inner(request | {"viewer": await _glance(request)}, receive, send)
            return
        try:
            viewer = await _viewer(request)
            if viewer is None:
                raise SignedOutError(_ASK)
            rights = await viewer.rights()
        except TooOftenError as error:
            after = str(math.ceil(error.wait)).encode()
            await respond(send, 429, f"{error}\n", [(b"retry-after", after)])
            return
        except SignedOutError as error:
            await _turn_away(request, receive, send, str(error))
            return
        except UnansweredError as error:
            logger.warning("What a viewer may see is not known. %s", error)
            await _unknown(request, receive, send, str(error))
            return
        with history.seeing(rights) as seeing:
            known = {"viewer": viewer, "seeing": seeing}
            await self._inner(request | known, receive, send)


def decision_at(path: str) -> Decision:
    """Return whom an address is for; one that leads nowhere is for viewers, who are told so.

    `path` is without the prefix.
    """
    if path.startswith(settings.STATIC_URL):
        return Decision.ANYONE
    try:
        found = resolve(path)
    except Resolver404:
        return Decision.VIEWERS
    return decision_of(found.url_name)


async def _viewer(request: dict[str, Any]) -> Viewer | None:
    """Return who asks; a program that asks the API may send a token in place of a cookie."""
    found = await bearers.viewer(request) if is_below(request) else None
    return found or await arriving.viewer_of(request)


async def _glance(request: dict[str, Any]) -> Viewer | None:
    """Return who it is, if that is known without asking anybody."""
    if settings.BATON_SIGN_IN.mode == "proxy":
        return proxied.known.glance(request)
    try:
        return await arriving.viewer_of(request)
    except (SignedOutError, UnansweredError):
        return None


async def _turn_away(
    request: dict[str, Any], receive: ASGIReceiveCallable, send: ASGISendCallable, why: str
) -> None:
    """Send a person to the page of sign-in, and tell a program or a socket that it is nobody."""
    if request["type"] == "websocket":
        await close(receive, send, CLOSE_SIGNED_OUT, why)
    elif is_below(request):
        await respond(send, 401, f"{why}\n", [CHALLENGE])
    elif settings.BATON_SIGN_IN.mode == "proxy":
        await respond(send, 401, f"{why}\n")
    elif header(request, b"hx-request"):
        await respond(send, 401, f"{why}\n", [(b"hx-refresh", b"true")])
    elif request["method"] in {"GET", "HEAD"} and _wants_page(request):
        await _to_sign_in(request, send)
    else:
        await respond(send, 401, f"{why}\n")


def _wants_page(request: dict[str, Any]) -> bool:
    """Whether a browser asks for a page to show, as far as it says what it asks for."""
    wanted = header(request, b"sec-fetch-dest")
    return wanted in {"", "document"} and "text/html" in header(request, b"accept")


async def _to_sign_in(request: dict[str, Any], send: ASGISendCallable) -> None:
    """Send to the page of sign-in, and from there back to what was asked for.

    A browser that follows a link on another site brings no cookie, though the viewer may be
    signed in: it is told to ask for the same again, of its own accord.
    """
    query = request["query_string"].decode("latin-1")
    asked = own_address(quote(request["path"]) + (f"?{query}" if query else ""))
    if header(request, b"sec-fetch-site") == "cross-site":
        await redirect(send, asked, by_page=True)
    else:
        onward = "?" + urlencode({"next": asked}) if asked != prefix.at("/") else ""
        await redirect(send, prefix.at("/login") + onward)


async def _unknown(
    request: dict[str, Any], receive: ASGIReceiveCallable, send: ASGISendCallable, why: str
) -> None:
    """Show nothing while the API server can't be asked."""
    said = f"What you may see is not known, so nothing is shown. {why}"
    if request["type"] == "websocket":
        await close(receive, send, CLOSE_UNANSWERED, said)
    else:
        await respond(send, 503, f"{said}\n")
