"""Answers the two probes before any other layer, whatever Host they send.

A kubelet's httpGet probe names the Pod's IP as Host, which can't be in ALLOWED_HOSTS; and a probe
must not hang on templates or sessions. Anyone may ask: where people sign in, nothing of the cluster
is told here, and names are in the log.

`/healthz` (liveness) says whether a restart would help. `observe` answers it before the loop, in
`eventstream.web.door`; what gets here was taken by a loop that turns. `/readyz` (readiness) says
whether pages can be served: history is read, and each kind was listed once or could not be.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from channels.db import database_sync_to_async
from django.conf import settings
from django.db import DatabaseError

from dashboard import access, prefix, status
from dashboard.errors import explanation
from dashboard.plaintext import respond
from dashboard.status import Unready
from eventstream import history

logger = logging.getLogger(__name__)

READ_SECONDS = 1.0
"""So long a probe waits for history, and then says so; the kubelet itself would not say why."""

_LATE = Unready(
    "History did not answer in time.",
    f"History did not answer within {READ_SECONDS:.0f} s, and pages wait for it too: its disk is "
    "slow, or another program holds the database.",
)

FIRST_SECONDS = 20.0
"""So long a probe waits for the first list of each kind, as it begins before that can be there; a
probe that fails is a Warning Event. Thereafter what is not ready is said at once."""

_AGAIN_SECONDS = 0.25

PROBES = frozenset({"/healthz", "/readyz"})
"""Their paths."""


class Probes:
    """ASGI layer that answers `/healthz` and `/readyz` and passes on everything else."""

    def __init__(self, inner: ASGI3Application, first_seconds: float = FIRST_SECONDS) -> None:
        self._inner = inner
        self._first_seconds = first_seconds
        self._patient_until: float | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="readyz")
        self._looking: asyncio.Future[Unready | None] | None = None
        self._logged = ""
        self._listed = False

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Handle one connection."""
        path = prefix.below(cast("dict[str, Any]", scope)) if scope["type"] == "http" else ""
        if path == "/healthz":
            await respond(send, 200, "alive\n")
        elif path == "/readyz":
            unready = await self._patiently()
            trusted = access.host_is_allowed(access.header(scope, b"host"))
            await respond(send, 503 if unready else 200, f"{self._told(unready, trusted)}\n")
        else:
            await self._inner(scope, receive, send)

    async def _patiently(self) -> Unready | None:
        """Return why pages can't be served; in the first seconds only if that does not end soon."""
        now = asyncio.get_running_loop().time
        if self._patient_until is None:
            self._patient_until = now() + self._first_seconds
        unready = await self._unready()
        while unready is not None and not self._listed and now() < self._patient_until:
            await asyncio.sleep(_AGAIN_SECONDS)
            unready = await self._unready()
        return unready

    def _told(self, unready: Unready | None, trusted: bool) -> str:
        """Return what whoever asks is told, and log once what only some may know.

        Where nobody signs in, a web site that rebinds its name to this address may be asking.
        """
        if unready is None:
            return "ready"
        if trusted and settings.BATON_SIGN_IN.mode == "local":
            return unready.whole
        if unready.whole not in {unready.plain, self._logged}:
            self._logged = unready.whole
            logger.info("Not ready. %s", unready.whole)
        return unready.plain

    async def _unready(self) -> Unready | None:
        """Return why pages can't be served, None when they can, within READ_SECONDS.

        It looks in a thread of its own, where no page is in front of it, and at most once at a
        time: while a look takes long, each probe waits for that one.
        """
        if self._looking is None or self._looking.done():
            look = database_sync_to_async(self._look, thread_sensitive=False, executor=self._thread)
            self._looking = asyncio.ensure_future(look())
        looking = self._looking  # Another probe may begin the next one before this one goes on.
        done, _ = await asyncio.wait({looking}, timeout=READ_SECONDS)
        return looking.result() if done else _LATE

    def _look(self) -> Unready | None:
        try:
            with history.only_reading():  # Else it would make anew a file that was deleted.
                if self._listed:  # A kind that comes later is no reason to take all pages away.
                    history.cluster()
                    return None
                unready = status.unlisted()
        except DatabaseError as error:
            plain = "History can't be read."
            return Unready(plain, f"{plain} {explanation(error)}")
        self._listed = unready is None
        return unready
