"""Lets pages and sockets only read, and gives the connections of each request back at its end.

Django gives each request a thread of its own, and closes its connections only where it could send
the whole answer: those of a request whose reader went away would be lost with the thread.
"""

import asyncio
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from django.db import connections

from eventstream import history


class OnlyReading:
    """ASGI layer: whatever the layers within do, no database can be changed by it."""

    def __init__(self, inner: ASGI3Application) -> None:
        self._inner = inner

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Handle one connection."""
        with history.only_reading():
            await self._inner(scope, receive, send)


class OwnThread:
    """ASGI layer of requests: each has a thread, and what was opened in it is given back."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Handle one request; returns when its thread has nothing left to do."""
        async with ThreadSensitiveContext():
            try:
                await self._inner(scope, receive, send)
            finally:
                await _whatever_comes(asyncio.ensure_future(sync_to_async(connections.close_all)()))


async def _whatever_comes(task: asyncio.Future[None]) -> None:
    """Wait for `task` even while being cancelled; then be so."""
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
