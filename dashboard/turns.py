"""Lets a few pages be made at a time, the others wait in the order in which they were asked for.

Django makes each in a thread of its own: hundreds of threads share one interpreter, and neither the
watching nor a probe gets its turn between them. One viewer, or one address that is nobody's, has
half of the turns at most, so that the others need not wait for all that it asks for.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast
from weakref import WeakKeyDictionary

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope

from dashboard.plaintext import respond
from dashboard.signin.whose import asker
from eventstream.metrics import refused

AT_ONCE_MOST = 4
WAITING_MOST = 200
"""So many more wait; whoever comes then is told to come again."""

AT_ONCE_OF_ONE = 2
WAITING_OF_ONE = 50
"""So many of one viewer, or of one address of which nobody is known."""

UPLOADS_OF_ONE = 1
"""So many recordings does one viewer send at a time."""

BODY = "baton.body"
"""The ASGI extension by which the server hands over a body that is still coming."""


class Turns:
    """ASGI layer before pages. Uploads go past it: they are slow, and the server counts them."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        # One for each loop, of which only tests have several.
        self._free = WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]()
        self._there = 0
        self._of: Counter[str] = Counter()
        self._own: dict[str, asyncio.Semaphore] = {}
        self._uploads: Counter[str] = Counter()

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Handle one request, in its turn."""
        request = cast("dict[str, Any]", scope)
        who, upload = asker(request), BODY in (request.get("extensions") or {})
        refusal = self._no_upload(who) if upload else self._no_turn(who)
        if refusal:
            refused.count("upload" if upload else "page")
            await respond(send, 503, f"{refusal}\n", [(b"retry-after", b"5")])
            return
        async with self._sent(who) if upload else self._turn(who):
            await self._inner(scope, receive, send)

    def _no_upload(self, who: str) -> str:
        if who and self._uploads[who] >= UPLOADS_OF_ONE:
            return "You are sending a recording already. Send this one when that has come."
        return ""

    def _no_turn(self, who: str) -> str:
        if self._there >= AT_ONCE_MOST + WAITING_MOST:
            return f"{self._there} pages are being asked for. Ask again later."
        if who and self._of[who] >= AT_ONCE_OF_ONE + WAITING_OF_ONE:
            return f"You are asking for {self._of[who]} pages already. Ask again later."
        return ""

    @asynccontextmanager
    async def _sent(self, who: str) -> AsyncIterator[None]:
        with _counted(self._uploads, who):
            yield

    @asynccontextmanager
    async def _turn(self, who: str) -> AsyncIterator[None]:
        """Wait for a turn of the own, then for one of all; within the block it is held."""
        free = self._free.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE_MOST))
        self._there += 1
        try:
            with _counted(self._of, who):
                async with self._own_turn(who), free:
                    yield
        finally:
            self._there -= 1
            if who not in self._of:
                self._own.pop(who, None)

    def _own_turn(self, who: str) -> asyncio.Semaphore:
        most = AT_ONCE_OF_ONE if who else AT_ONCE_MOST + WAITING_MOST
        return self._own.setdefault(who, asyncio.Semaphore(most))


@contextmanager
def _counted(counts: Counter[str], who: str) -> Iterator[None]:
    """Count one more of theirs within this block; who has none left is forgotten."""
    counts[who] += 1
    try:
        yield
    finally:
        counts[who] -= 1
        if not counts[who]:
            del counts[who]
