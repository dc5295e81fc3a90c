"""Answers what asks how the process in front does: `/healthz`, `/readyz` and `/metrics`.

No cluster is named, so that anyone may ask. Each cluster answers the same below its own path.
"""

import asyncio
from collections import Counter
from typing import Any, cast

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope

from dashboard import prefix
from dashboard.access import header
from dashboard.metrics.exposition import Sample, text
from dashboard.metrics.scrapers import PATH
from dashboard.plaintext import respond, respond_as
from eventstream.clusters import STATES, board, restarts
from eventstream.version import VERSION

FIRST_SECONDS = 20.0
"""So long `/readyz` waits for a first cluster, as it begins before that can be there."""

_AGAIN_SECONDS = 0.25


class Probes:
    """ASGI layer that answers these and passes on everything else."""

    def __init__(self, inner: Any, first_seconds: float = FIRST_SECONDS) -> None:
        self._inner = inner
        self._first_seconds = first_seconds
        self._patient_until: float | None = None

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Handle one connection."""
        request = cast("dict[str, Any]", scope)
        path = prefix.below(request) if scope["type"] == "http" else ""
        if path == "/healthz":
            await respond(send, 200, "alive\n")
        elif path == "/readyz":
            ready = await self._patiently()
            await respond(send, 200 if ready else 503, "ready\n" if ready else f"{_unready()}\n")
        elif path == PATH:
            body, type_ = text(_samples(), header(request, b"accept")[:200])
            await respond_as(send, 200, body, type_)
        else:
            await self._inner(scope, receive, send)

    async def _patiently(self) -> bool:
        now = asyncio.get_running_loop().time
        if self._patient_until is None:
            self._patient_until = now() + self._first_seconds
        ready = _ready()
        while not ready and now() < self._patient_until:
            await asyncio.sleep(_AGAIN_SECONDS)
            ready = _ready()
        return ready


def _ready() -> bool:
    """Whether a cluster is up: its pages can be served, whatever becomes of the others."""
    return any(each.state == "up" for each in board.values())


def _unready() -> str:
    count = len(board)
    return f"None of {count} cluster{'s' * (count != 1)} is up."


def _samples() -> list[Sample]:
    counted = Counter(each.state for each in board.values())
    return [
        Sample("baton_info", 1, (VERSION,)),
        *(Sample("baton_clusters", counted[state], (state,)) for state in STATES),
        Sample("baton_cluster_restarts_total", restarts.count),
    ]
