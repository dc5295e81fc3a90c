"""Gives each trace to a collector once it is settled: noted on the loop, read and sent in a thread.

What is sent is what history holds, so it is redacted as that is, and a trace is sent only once it
is stored. Neither a slow nor a dead collector holds up the watch: what does not fit is counted.
"""

import asyncio
import logging
import os
import time
from collections import deque
from collections.abc import Iterable
from importlib import import_module
from typing import Any, Protocol

import msgspec
from channels.db import database_sync_to_async
from django.db import DatabaseError

from eventstream import history
from eventstream.explain.vocabulary.records import Step, Trace, TraceUpsert, Upsert
from eventstream.metrics.exporting import Exported, note

logger = logging.getLogger(__name__)

WAITING_MOST = 1000
"""So many settled traces wait to be sent; what is one too many is dropped and counted."""

STEPS_MOST = 2000
"""So many steps of a trace are sent, the first of them."""

TAKEN_KEPT = 10_000
"""So many traces are known to have been queued, so that none is sent twice."""

STORED_SECONDS = 1.0
"""After so long a trace that settled is stored, unless the disk is slow."""

TRIES = 5
PAUSE_SECONDS = 30.0
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


class Sends(Protocol):
    """What takes spans; see `eventstream.otlp.sending.Sender`."""

    def send(self, spans: Any) -> bool:
        """Send all; returns whether they were taken."""


def is_asked_for() -> bool:
    """Whether the environment names a collector, and does not switch it off."""
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if os.environ.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() == "none":
        return False
    return any(os.environ.get(name, "").strip() for name in _ENDPOINTS)


def spans_of(trace: Trace, steps: list[Step], cluster: str) -> list[Any]:
    """The spans of a trace; loads OpenTelemetry where that has not been done."""
    return list(import_module("eventstream.otlp.spans").spans(trace, steps, cluster))


def told(trace_id: str) -> tuple[Trace, list[Step]] | None:
    """What history holds of a trace, None where that is nothing."""
    stored = history.trace(trace_id)
    if stored is None:
        return None
    steps = history.steps(trace_id, limit=STEPS_MOST)
    return stored.record, [each.record for each in steps]


class Exporter:
    """Sends settled traces of the cluster of that name. `take` on the loop that `run` runs in."""

    def __init__(self, cluster: str) -> None:
        self._cluster = cluster
        self._sender: Sends = import_module("eventstream.otlp.sending").Sender()
        self._waiting: deque[tuple[str, float]] = deque()
        self._taken: dict[str, None] = {}
        self._some = asyncio.Event()
        self._status = Exported()
        self._note()

    def take(self, upserts: Iterable[Upsert]) -> None:
        """Note which traces have settled. Those in the background are nobody's change."""
        for upsert in upserts:
            if isinstance(upsert, TraceUpsert) and upsert.trace.settled:
                trace = upsert.trace
                if not (trace.background or trace.existing or trace.id in self._taken):
                    self._queue(trace.id)

    def _queue(self, trace_id: str) -> None:
        """Have a trace sent; one whose requests an audit log tells later is not sent again."""
        if len(self._waiting) >= WAITING_MOST:
            self._note(dropped=self._status.dropped + 1)
            return
        if len(self._taken) >= TAKEN_KEPT:
            del self._taken[next(iter(self._taken))]
        self._taken[trace_id] = None
        self._waiting.append((trace_id, time.monotonic()))
        self._note()
        self._some.set()

    async def run(self) -> None:
        """Send one trace after the other, until cancelled."""
        while True:
            await self._some.wait()
            while self._waiting:
                trace_id, since = self._waiting[0]
                await asyncio.sleep(max(0.0, since + STORED_SECONDS - time.monotonic()))
                await self._send(trace_id)
                self._waiting.popleft()
                self._note()
            self._some.clear()

    async def _send(self, trace_id: str) -> None:
        for turn in range(TRIES):
            if turn:
                await asyncio.sleep(PAUSE_SECONDS)
            try:
                spans = await database_sync_to_async(self._read, thread_sensitive=False)(trace_id)
            except DatabaseError as error:
                self._fails(f"history can't be read: {error}")
                continue
            if spans is None:
                self._note(dropped=self._status.dropped + 1)
                return
            if await asyncio.to_thread(self._sender.send, spans):
                self._note(sent=self._status.sent + 1, error="")
                return
            self._fails("the collector did not take it")
        self._note(failed=self._status.failed + 1)

    def _read(self, trace_id: str) -> list[Any] | None:
        with history.only_reading(), history.seeing(history.EVERYTHING):
            found = told(trace_id)
        return None if found is None else spans_of(*found, self._cluster)

    def _fails(self, why: str) -> None:
        if why != self._status.error:
            logger.warning("Traces are not exported: %s.", why)
        self._note(error=why)

    def _note(self, **changed: Any) -> None:
        waiting = len(self._waiting)
        self._status = msgspec.structs.replace(self._status, waiting=waiting, **changed)
        note(self._status)


_tasks: set[asyncio.Task[None]] = set()


def running(cluster: str) -> Exporter | None:
    """Return an exporter that runs as long as this loop does, None where no collector is named.

    It runs beside the watch, which goes on whatever becomes of it.
    """
    if not is_asked_for():
        note(None)
        return None
    exporter = Exporter(cluster)
    task = asyncio.create_task(exporter.run(), name="export")
    _tasks.add(task)
    task.add_done_callback(_ended)
    return exporter


def _ended(task: asyncio.Task[None]) -> None:
    _tasks.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.critical("Exporting traces ended by an error that nothing expected.", exc_info=error)
        note(Exported(error="it ended by itself; start Baton again"))
