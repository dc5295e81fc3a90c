"""Answers the two probes before any other layer, whatever Host they send.

A kubelet's httpGet probe names the Pod's IP as Host, which can't be in ALLOWED_HOSTS; and a probe
must not hang on templates or sessions. Nothing of the cluster is told here but a plain reason.
"""

import time

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from channels.db import database_sync_to_async
from django.db import DatabaseError

from dashboard import status
from dashboard.plaintext import respond

PROBES = frozenset({"/healthz", "/readyz"})
"""Their paths."""


class Probes:
    """ASGI layer that answers `/healthz` and `/readyz` and passes on everything else."""

    def __init__(self, inner: ASGI3Application) -> None:
        self._inner = inner

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Handle one connection."""
        path = scope["path"] if scope["type"] == "http" else ""
        if path == "/healthz":
            await respond(send, 200, "alive\n")
        elif path == "/readyz":
            reason = await database_sync_to_async(_unready)()
            await respond(send, 503 if reason else 200, f"{reason or 'ready'}\n")
        else:
            await self._inner(scope, receive, send)


def _unready() -> str:
    """Return why history can't be shown, "" when it can."""
    try:
        return status.unready(time.time())
    except DatabaseError as error:
        return f"History can't be read: {error}. Start `manage.py observe`, which prepares it."
