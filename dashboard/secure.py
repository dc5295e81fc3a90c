"""What is said of HTTPS to browsers that came by it, and how the cookie of forms is kept.

Which that is, `dashboard.signin.forwarded` has found out: a trusted proxy says it.
"""

from collections.abc import Callable
from typing import Any, cast

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from dashboard import prefix

_HEADER = b"strict-transport-security"


class OnlySecure:
    """ASGI layer that has browsers ask by HTTPS alone, once they came by it.

    Django says so of pages; here it is said of what other layers answer, the first one above all:
    that which leads to the page of sign-in.
    """

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Handle one connection."""
        seconds: int = settings.SECURE_HSTS_SECONDS
        if scope["type"] != "http" or scope.get("scheme") != "https" or not seconds:
            await self._inner(scope, receive, send)
            return

        async def said(message: Any) -> None:
            if message["type"] == "http.response.start":
                named = cast("list[tuple[bytes, bytes]]", list(message.get("headers", ())))
                if not any(name.lower() == _HEADER for name, _ in named):
                    named.append((_HEADER, b"max-age=%d" % seconds))
                message = message | {"headers": named}
            await send(message)

        await self._inner(scope, receive, said)


class OwnCookie:
    """Middleware that has a browser keep the cookie of forms for Baton's part of the site alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer as ever; the cookie of a page that came by HTTPS is sent by nothing else."""
        answer = self._get_response(request)
        cookie = answer.cookies.get(settings.CSRF_COOKIE_NAME)
        if cookie is not None:
            cookie["path"] = prefix.root() or "/"
            if request.is_secure():
                cookie["secure"] = True
        return answer
