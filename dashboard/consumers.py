"""Keeps one open page current over its socket.

History decides what happened; the channel layer only says that there is more, and a poll once a
second makes even that unnecessary, so the writer may be another process and no message need
arrive. A page acknowledges what it has taken in, and one that is slow is simply told less often.
"""

import asyncio
import contextlib
import json
import logging
import time
from typing import Any, ClassVar

import msgspec
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from dashboard import feeds, rendering, status
from dashboard.feeds import Feed, Quiet
from dashboard.protocol import Ack, Hello, ProtocolError, Sub, batches, decode, feed_of, must_reset
from eventstream import history

TICK_SECONDS = 0.1
POLL_SECONDS = 1.0
STATUS_SECONDS = 1.0
KEEPALIVE_SECONDS = 5.0
UNACKED_MOST = 3
SOCKETS_MOST = 256
MESSAGES_A_SECOND = 20
HELLO_SECONDS = 10.0

CLOSE_PROTOCOL = 4400
CLOSE_SILENT = 4408
CLOSE_BUSY = 4429
CLOSE_FAILED = 4500

logger = logging.getLogger(__name__)


class Opening(msgspec.Struct, frozen=True):
    """What a hello or sub led to."""

    feed: Feed
    epoch: str
    seq: int
    reset: bool


def _open(message: Hello | Sub) -> Opening:
    """Return the feed that a page asks for, and whether it must load itself anew."""
    feed, reset = feed_of(message), must_reset(message)
    if not reset:
        feed.begin(message.since)
    return Opening(feed, history.epoch(), history.head() if reset else message.since, reset)


def _status(feed: Feed, now: float) -> dict[str, str]:
    """Return the parts of a page that tell how watching goes, by the id of their element."""
    header = status.context(now)
    parts: dict[str, str] = {"status": rendering.draw("status", **header)}
    if isinstance(feed, feeds.NowFeed):
        parts["empty"] = rendering.draw("empty", **header, empty=feed.empty_state(header))
    return parts


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """One page's socket; see DESIGN "The wire to the browser" for its messages."""

    groups: ClassVar[list[str]] = ["history"]
    open_sockets: ClassVar[int] = 0

    async def connect(self) -> None:
        """Take the socket, unless there are too many, and wait for its hello."""
        self._feed: Feed = Quiet()
        self._cursor = 0
        self._unacked: list[int] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._told: dict[str, str] = {}
        self._told_at = 0.0
        self._budget, self._refilled = float(MESSAGES_A_SECOND), time.monotonic()
        self._counted = LiveConsumer.open_sockets < SOCKETS_MOST
        await self.accept()
        if not self._counted:
            await self._end(CLOSE_BUSY, f"{SOCKETS_MOST} pages are open; close one of them")
            return
        LiveConsumer.open_sockets += 1
        self._task = asyncio.create_task(self._wait_for_hello())

    async def disconnect(self, code: int) -> None:
        """Stop what runs for this page."""
        if self._counted:
            self._counted = False
            LiveConsumer.open_sockets -= 1
        await self._stop()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take one message of the page; what is no message of the protocol ends the socket."""
        try:
            self._spend()
            message = decode(text_data)
            if isinstance(message, Ack):
                self._acknowledge(message.seq)
            else:
                await self._begin(message)
        except ProtocolError as error:
            await self._end(CLOSE_PROTOCOL, str(error))

    async def history_changed(self, message: dict[str, Any]) -> None:
        """Look into history now rather than at the next poll."""
        self._wake.set()

    def _spend(self) -> None:
        """Let a page send MESSAGES_A_SECOND, and twice that for a moment."""
        now = time.monotonic()
        gained = (now - self._refilled) * MESSAGES_A_SECOND
        self._budget = min(self._budget + gained, 2.0 * MESSAGES_A_SECOND) - 1.0
        self._refilled = now
        if self._budget < 0:
            raise ProtocolError(f"more than {MESSAGES_A_SECOND} messages a second")

    def _acknowledge(self, seq: int) -> None:
        self._unacked = [sent for sent in self._unacked if sent > seq]
        self._wake.set()

    async def _begin(self, message: Hello | Sub) -> None:
        """Follow what `message` asks for from now on."""
        await self._stop()
        opening = await database_sync_to_async(_open)(message)
        self._feed = Quiet() if opening.reset else opening.feed
        self._cursor, self._unacked, self._told = opening.seq, [], {}
        await self._send(
            {
                "type": "welcome",
                "epoch": opening.epoch,
                "seq": opening.seq,
                "reset": opening.reset,
                "now": time.time(),
            }
        )
        self._task = asyncio.create_task(self._follow())

    async def _wait_for_hello(self) -> None:
        await asyncio.sleep(HELLO_SECONDS)
        await self._end(CLOSE_SILENT, f"no hello within {HELLO_SECONDS:.0f} s")

    async def _follow(self) -> None:
        """Tell the page what changes, at most once a tick, until the socket ends."""
        try:
            while True:
                self._wake.clear()
                await self._push()
                await self._push_status()
                await asyncio.sleep(TICK_SECONDS)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)
        except Exception:
            logger.exception("A page's socket ends: what it follows could not be read or drawn.")
            await self._end(CLOSE_FAILED, "history could not be read; see the server's log")

    async def _push(self) -> None:
        """Send what is new, as long as the page keeps up."""
        more = True
        while more and len(self._unacked) < UNACKED_MOST:
            update = await database_sync_to_async(self._feed.updates)(self._cursor, time.time())
            before, self._cursor, more = self._cursor, update.seq, update.more
            for gap in update.gaps:
                await self._send({"type": "gap", "gap": msgspec.to_builtins(gap)})
            if update.ops:
                self._unacked.append(update.seq)
            for batch in batches(update, before):
                await self._send(batch)

    async def _push_status(self) -> None:
        """Send how watching goes when it reads differently, and now and then as a sign of life."""
        now = time.time()
        if now - self._told_at < STATUS_SECONDS:
            return
        parts = await database_sync_to_async(_status)(self._feed, now)
        if parts != self._told or now - self._told_at > KEEPALIVE_SECONDS:
            self._told, self._told_at = parts, now
            await self._send({"type": "status", "now": now, "parts": parts})

    async def _stop(self) -> None:
        task, self._task = self._task, None
        if task is not None and task is not asyncio.current_task():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _send(self, message: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(message, separators=(",", ":")))

    async def _end(self, code: int, reason: str) -> None:
        """Close with `code`; the reason goes ahead, because Daphne sends none with a close."""
        await self._stop()
        await self._send({"type": "refused", "code": code, "reason": reason})
        await self.close(code=code)
