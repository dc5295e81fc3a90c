"""Answers the two probes before any other layer, whatever Host they send.

A kubelet's httpGet probe names the Pod's IP as Host, which can't be in ALLOWED_HOSTS; and a probe
must not hang on templates or sessions. Nothing of the cluster is told here but a plain reason.

`/healthz` (liveness) says whether a restart would help. `observe` answers it before the loop, in
`eventstream.web.door`; what gets here was taken by a loop that turns. `/readyz` (readiness) says
whether pages can be served: history is read, and each kind was listed once or could not be.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from channels.db import database_sync_to_async
from django.db import DatabaseError

from dashboard import status
from dashboard.errors import explanation
from dashboard.plaintext import respond
from eventstream import history

READ_SECONDS = 1.0
"""So long a probe waits for history, and then says so; the kubelet itself would not say why."""

_LATE = (
    f"History did not answer within {READ_SECONDS:.0f} s, and pages wait for it too: its disk is "
    "slow, or another program holds the database."
)

PROBES = frozenset({"/healthz", "/readyz"})
"""Their paths."""


class Probes:
    """ASGI layer that answers `/healthz` and `/readyz` and passes on everything else."""

    def __init__(self, inner: ASGI3Application) -> None:
        self._inner = inner
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="readyz")
        self._looking: asyncio.Future[str] | None = None
        self._listed = False

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Handle one connection."""
        path = scope["path"] if scope["type"] == "http" else ""
        if path == "/healthz":
            await respond(send, 200, "alive\n")
        elif path == "/readyz":
            reason = await self._unready()
            await respond(send, 503 if reason else 200, f"{reason or 'ready'}\n")
        else:
            await self._inner(scope, receive, send)

    async def _unready(self) -> str:
        """Return why pages can't be served, "" when they can, within READ_SECONDS.

        It looks in a thread of its own, where no page is in front of it, and at most once at a
        time: while a look takes long, each probe waits for that one.
        """
        if self._looking is None or self._looking.done():
            look = database_sync_to_async(self._look, thread_sensitive=False, executor=self._thread)
            self._looking = asyncio.ensure_future(look())
        done, _ = await asyncio.wait({self._looking}, timeout=READ_SECONDS)
        return self._looking.result() if done else _LATE

    def _look(self) -> str:
        try:
            with history.only_reading():  # Else it would make anew a file that was deleted.
                if self._listed:  # A kind that comes later is no reason to take all pages away.
                    history.cluster()
                    return ""
                reason = status.unlisted()
        except DatabaseError as error:
            return f"History can't be read. {explanation(error)}"
        self._listed = not reason
        return reason
