"""Who a request or a socket comes from, in each mode."""

from typing import Any

from django.conf import settings
from django.http import parse_cookie

from dashboard.access import header
from dashboard.signin.sessions import COOKIE, sessions
from dashboard.signin.viewers import ANYONE, Viewer


async def viewer_of(request: dict[str, Any]) -> Viewer | None:
    """Return who sent a request (an ASGI scope), None for nobody that is known."""
    if settings.BATON_SIGN_IN.mode == "local":
        return ANYONE
    number = parse_cookie(header(request, b"cookie")).get(COOKIE, "")
    return sessions.find(number) if number else None
