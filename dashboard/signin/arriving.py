"""Who a request or a socket comes from, in each mode."""

from typing import Any

from django.conf import settings
from django.http import parse_cookie

from dashboard.access import header
from dashboard.signin import standing
from dashboard.signin.proxied import known
from dashboard.signin.sessions import cookie_name
from dashboard.signin.viewers import ANYONE, Viewer


async def viewer_of(request: dict[str, Any]) -> Viewer | None:
    """Return who sent a request (an ASGI scope), None for nobody that is known.

    Raises SignedOutError and UnansweredError.
    """
    if settings.BATON_SIGN_IN.mode == "local":
        return ANYONE
    if settings.BATON_SIGN_IN.mode == "proxy":
        return await known.viewer(request)
    number = parse_cookie(header(request, b"cookie")).get(cookie_name(), "")
    return await standing.find(number) if number else None
