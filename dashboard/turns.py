"""Lets a few pages be made at a time, the others wait in the order in which they were asked for.

Django makes each in a thread of its own: hundreds of threads share one interpreter, and neither the
watching nor a probe gets its turn between them.
"""

import asyncio
from typing import Any
from weakref import WeakKeyDictionary

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope

from dashboard.plaintext import respond
from eventstream.metrics import refused

AT_ONCE_MOST = 4
WAITING_MOST = 200
"""So many more wait; whoever comes then is told to come again."""

BODY = "baton.body"
"""The ASGI extension by which the server hands over a body that is still coming."""


class Turns:
    """ASGI layer before pages. Uploads go past it: they are slow, and the server counts them."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        # One for each loop, of which only tests have several.
        self._free = WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]()
        self._there = 0

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Handle one request, in its turn."""
        extensions: Any = scope.get("extensions") or {}
        if BODY in extensions:
            await self._inner(scope, receive, send)
            return
        if self._there >= AT_ONCE_MOST + WAITING_MOST:
            refused.count("page")
            await respond(send, 503, f"{self._there} pages are being asked for. Ask again later.\n")
            return
        self._there += 1
        loop = asyncio.get_running_loop()
        try:
            async with self._free.setdefault(loop, asyncio.Semaphore(AT_ONCE_MOST)):
                await self._inner(scope, receive, send)
        finally:
            self._there -= 1
