"""Sends what changes in history as server-sent events, before pages: each lasts for long.

As a socket does: history decides what happened, a wake-up only says that there is more, rights are
asked for again while it lasts, and a client that is slow is told the newest of each row.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any, NoReturn, cast

import msgspec
from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from django.core.exceptions import TooManyFieldsSent
from django.db import DatabaseError
from django.http import QueryDict

from dashboard import prefix, wording
from dashboard.access import header
from dashboard.api import asked, documents, events
from dashboard.api.declared import WATCH
from dashboard.api.problems import UNREADABLE
from dashboard.places import FullError, Places
from dashboard.plaintext import respond
from dashboard.readers import Readers
from dashboard.shares import Share, share_of
from dashboard.signin.guard import Guard, LeftError
from dashboard.signin.layer import CLOSE_RIGHTS, CLOSE_SIGNED_OUT
from dashboard.wakeups import WakeUps
from eventstream import history

ROWS_MOST = 100
"""So many changes are read and sent at a time."""

TICK_SECONDS = 0.2
POLL_SECONDS = 1.0
BOOKMARK_SECONDS = 15.0
LONGEST_SECONDS = 3600.0
"""A watch ends after so long; who goes on from its last event misses nothing."""

streams = Places(64, "watches are open")
readers = Readers(1)
wake_ups = WakeUps()

logger = logging.getLogger(__name__)

_LESS = "You may see less of the cluster than before: list anew."
_STATUS = {CLOSE_SIGNED_OUT: 401, CLOSE_RIGHTS: 403}
_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-accel-buffering", b"no"),  # Else nginx would gather them.
]


class _Ended(Exception):  # noqa: N818  # No error: each watch ends by one.
    """The watch is over: the client went (no status), or is told why."""

    def __init__(self, status: int = 0, why: str = "") -> None:
        super().__init__(why)
        self.status = status
        self.why = why


class _Opening(msgspec.Struct, frozen=True):
    """Where a watch begins; `reset` says why not where it was asked to."""

    epoch: str
    seq: int
    reset: str = ""


class Streams:
    """ASGI layer that answers GET of WATCH and passes on everything else."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Handle one connection."""
        request = cast("dict[str, Any]", scope)
        if prefix.below(request) != WATCH or request["method"] != "GET":
            await self._inner(scope, receive, send)
            return
        if header(request, b"sec-fetch-site") == "cross-site":
            await respond(send, 403, "A page of another site may not watch.\n")
            return
        try:
            wanted = asked.query(QueryDict(request["query_string"]), asked.Watch)
        except asked.BadQueryError as error:
            await respond(send, 400, f"{error}\n")
            return
        except TooManyFieldsSent:
            await respond(send, 400, "The query holds too much.\n")
            return
        share = share_of(request["viewer"])
        try:
            share.streams.check()
            with streams.taken(), share.streams.taken():
                since = header(request, b"last-event-id")[:400] or wanted.since or ""
                watch = _Watch(receive, send, Guard.of(request), share)
                if wanted.trace is not None and not await watch.finds(wanted.trace):
                    await respond(send, 404, "History holds no such trace that you may see.\n")
                    return
                await watch.run(wanted, since)
        except FullError as full:
            status = 429 if len(share.streams) >= share.streams.most else 503
            await respond(send, status, f"{full}\n", [(b"retry-after", b"5")])
        except DatabaseError:
            logger.exception("A watch does not begin: history can't be read.")
            await respond(send, 503, f"{UNREADABLE}\n", [(b"retry-after", b"5")])


class _Watch:
    """One watch, until its client goes or it is ended."""

    def __init__(self, receive: Any, send: Any, guard: Guard, share: Share) -> None:
        self._receive, self._send = receive, send
        self._guard = guard
        self._share = share
        self._wake = asyncio.Event()
        self._told_at = time.monotonic()

    async def finds(self, trace: str) -> bool:
        """Whether there is such a trace that may be seen; raises DatabaseError."""
        return bool(await self._read(lambda: _is_told(trace)))

    async def run(self, wanted: asked.Watch, since: str) -> None:
        """Tell what changes until it is over."""
        start = {"type": "http.response.start", "status": 200, "headers": _HEADERS}
        await self._send(start | {"trailers": False})
        try:
            with wake_ups.heard_by(self._wake):
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._follow(wanted, since))
                    tasks.create_task(self._watch_over())
                    tasks.create_task(self._end_in_time())
                    await self._listen()
        except* _Ended as ends:
            end = ends.exceptions[0]
            if isinstance(end, _Ended) and end.status:
                phrase = documents.Problem("The watch ended", end.status, end.why)
                await self._write(events.written("end", phrase))
                last = {"type": "http.response.body", "body": b"", "more_body": False}
                await self._send(last)

    async def _listen(self) -> NoReturn:
        """Wait until the client goes."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
        raise _Ended

    async def _watch_over(self) -> NoReturn:
        """End it once its viewer is nobody any more, or may see less."""
        try:
            await self._guard.stand()
        except LeftError as left:
            why = _LESS if left.code == CLOSE_RIGHTS else str(left)  # Here no page is loaded.
            raise _Ended(_STATUS.get(left.code, 503), why) from left

    async def _end_in_time(self) -> NoReturn:
        await asyncio.sleep(LONGEST_SECONDS)
        raise _Ended(200, "It lasted long enough; go on from the last event.")

    async def _follow(self, wanted: asked.Watch, since: str) -> NoReturn:
        try:
            opening = await self._read(lambda: _open(since))
            if opening.reset:
                id_ = f"{opening.epoch}-{opening.seq}"
                await self._write(events.written("reset", events.Reset(opening.reset), id_))
            await self._tell(wanted, opening)
        except _Ended:
            raise
        except Exception as error:
            logger.exception("A watch ends: what it follows could not be read.")
            raise _Ended(503, UNREADABLE) from error

    async def _tell(self, wanted: asked.Watch, opening: _Opening) -> NoReturn:
        epoch, seq, more = opening.epoch, opening.seq, False
        await self._bookmark(f"{epoch}-{seq}")
        while True:
            if not more:
                await asyncio.sleep(TICK_SECONDS)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._wake.wait()
                self._wake.clear()
            at = seq
            found, seq, more = await self._read(lambda at=at: _changes(epoch, at, wanted))  # type: ignore[misc]
            if found:
                await self._write(b"".join(found))
            if not more and time.monotonic() - self._told_at >= BOOKMARK_SECONDS:
                await self._bookmark(f"{epoch}-{seq}")

    async def _bookmark(self, id_: str) -> None:
        mark = events.Bookmark(wording.json_time(time.time()))
        await self._write(events.written("bookmark", mark, id_))

    async def _read(self, query: Callable[[], Any]) -> Any:
        """Return what `query` reads of history, in this viewer's turn."""
        async with self._share.reading:
            return await readers.read(query)

    async def _write(self, body: bytes) -> None:
        self._told_at = time.monotonic()
        await self._send({"type": "http.response.body", "body": body, "more_body": True})


def _is_told(trace: str) -> bool:
    """Whether there is such a trace that whoever asks may see."""
    return history.trace(trace) is not None


def _open(since: str) -> _Opening:
    """Find out where to begin: where it is asked for, else now."""
    epoch, head, floor = history.epoch(), history.head(), history.floor()
    if not since:
        return _Opening(epoch, head)
    theirs, _, seq = since.rpartition("-")
    if not (seq.isascii() and seq.isdigit() and len(seq) < 20) or theirs != epoch:
        return _Opening(epoch, head, "This history has no such place: it was begun anew since.")
    if not floor <= int(seq) <= head:
        return _Opening(epoch, head, "History no longer reaches back that far.")
    return _Opening(epoch, int(seq))


def _changes(epoch: str, seq: int, wanted: asked.Watch) -> tuple[list[bytes], int, bool]:
    """What changed since, as events, up to which seq, and whether there is more."""
    if history.epoch() != epoch or seq < history.floor():
        raise _Ended(410, "History no longer reaches back that far, or was begun anew: list anew.")
    if wanted.trace is not None and not _is_told(wanted.trace):
        raise _Ended(404, "History holds no such trace any more that you may see.")
    found = history.changes_since(seq, limit=ROWS_MOST, trace=wanted.trace, filter=wanted.filter)
    return events.of_rows(epoch, found.rows), found.seq, found.more
