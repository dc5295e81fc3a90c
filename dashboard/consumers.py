"""Keeps one open page current over its socket.

History decides what happened; the channel layer only says that there is more, and a poll once a
second makes even that unnecessary, so the writer may be another process and no message need
arrive. A page acknowledges what it has taken in, and one that is slow is simply told less often.

A socket is one coroutine. All that it holds, its place, its tasks and its turn at a thread, is
given back where that coroutine ends, however it does: by `Ended`, by an error, or cancelled.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn, ParamSpec, TypeVar

import msgspec
from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope

from dashboard import feeds, practice, rendering, status
from dashboard.feeds import Feed, Quiet
from dashboard.places import FullError, Lobby, Places
from dashboard.plaintext import refuse
from dashboard.protocol import (
    Ack,
    Allowance,
    Hello,
    ProtocolError,
    Sub,
    batches,
    decode,
    feed_of,
    must_reset,
    written,
)
from dashboard.readers import Readers
from dashboard.shares import Share, share_of
from dashboard.sharing import Sharing
from dashboard.signin.guard import Guard, LeftError
from dashboard.wakeups import WakeUps
from eventstream import history

TICK_SECONDS = 0.1
BATCHES_A_SECOND = 1000
"""So many are sent to all pages together: the more are open, the less often each is told."""
POLL_SECONDS = 1.0
STATUS_SECONDS = 1.0
KEEPALIVE_SECONDS = 5.0
UNACKED_MOST = 3
HELLO_SECONDS = 10.0

CLOSE_PROTOCOL = 4400
CLOSE_SILENT = 4408
CLOSE_BUSY = 4429
CLOSE_FAILED = 4500

pages = Places(512)
lobby = Lobby(64)
readers = Readers(2)
wake_ups = WakeUps()

logger = logging.getLogger(__name__)

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Ended(Exception):  # noqa: N818  # No error: each socket ends by one.
    """The socket is over: its page went (no code), or is to be told why by code and reason."""

    def __init__(self, code: int | None = None, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class Wanted(msgspec.Struct, frozen=True):
    """What a page asked to be told of, and the feed that tells it."""

    message: Hello | Sub
    feed: Feed


class Opening(msgspec.Struct, frozen=True):
    """What a hello or sub led to."""

    epoch: str
    seq: int
    reset: bool


def _open(wanted: Wanted) -> Opening:
    """Begin the feed that a page asks for, unless the page must load itself anew."""
    reset = must_reset(wanted.message)
    if not reset:
        wanted.feed.begin(wanted.message.since)
    return Opening(history.epoch(), history.head() if reset else wanted.message.since, reset)


class Told(msgspec.Struct, frozen=True):
    """What brings a page on to `seq`: messages as they are sent, so many of them batches.

    From there `feed` goes on; `more` when there is more to be asked for.
    """

    since: int
    seq: int
    more: bool
    messages: tuple[str, ...]
    batches: int
    feed: Feed


def _tell(feed: Feed, since: int) -> Told:
    """Read what is new, and write it as it is sent."""
    update = feed.updates(since, time.time())
    gaps = [written({"type": "gap", "gap": msgspec.to_builtins(gap)}) for gap in update.gaps]
    news = tuple(batches(update, since))
    then = update.then or feed
    return Told(since, update.seq, update.more, (*gaps, *news), len(news), then)


def _told_bytes(told: Told) -> int | None:
    """What of an answer is kept; where it says nothing, there may be more for who asks next."""
    return sum(map(len, told.messages)) if told.seq > told.since else None


_tellings = Sharing(_told_bytes)
_statuses: Sharing[dict[str, str]] = Sharing(lambda parts: sum(map(len, parts.values())))


def _status(feed: Feed, now: float) -> dict[str, str]:
    """Return the parts of a page that tell how watching goes, by the id of their element."""
    header = status.context(now)
    parts: dict[str, str] = {"status": rendering.draw("status", **header)}
    if isinstance(feed, feeds.NowFeed):
        shown = header | {"empty": feed.empty_state(header), "practice": practice.practised()}
        parts["empty"] = rendering.draw("empty", **shown)
    return parts


class LiveConsumer:
    """One page's socket; see DESIGN "The wire to the browser" for its messages."""

    @staticmethod
    def as_asgi() -> Any:
        """Return the ASGI application that serves a page's socket until it ends."""

        async def live(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
            share = share_of(scope["viewer"])  # type: ignore[typeddict-item]  # Of the layer SignIn.
            try:
                with share.sockets.taken():
                    await LiveConsumer(receive, send, Guard.of(scope), share).run()
            except FullError:  # Whoever does not stop is not even told why.
                await refuse(send)

        return live

    def __init__(self, receive: Any, send: Any, guard: Guard, share: Share) -> None:
        self._receive, self._hand_over = receive, send
        self._guard = guard
        self._share = share
        self._allowance = Allowance()
        self._wanted: Wanted | None = None
        self._feed: Feed = Quiet()
        self._epoch = ""
        self._cursor = 0
        self._unacked: list[int] = []
        self._wake = asyncio.Event()
        self._told: dict[str, str] = {}
        self._told_at = 0.0

    async def run(self) -> None:
        """Keep the page current until its socket ends."""
        await self._receive()  # That it wants to be opened.
        await self._hand_over({"type": "websocket.accept"})
        try:
            for places in (pages, self._share.pages):
                places.check()
            self._wanted = await self._first()
            with self._share.pages.taken(), pages.taken(), wake_ups.heard_by(self._wake):
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._follow())
                    tasks.create_task(self._watch_over())
                    await self._listen()
        except* FullError as full:
            await self._close(CLOSE_BUSY, str(full.exceptions[0]))
        except* Ended as ends:
            end = ends.exceptions[0]
            if isinstance(end, Ended) and end.code is not None:
                await self._close(end.code, end.reason)

    async def _watch_over(self) -> NoReturn:
        """End the socket once its viewer is nobody any more, or may see less."""
        try:
            await self._guard.stand()
        except LeftError as left:
            raise Ended(left.code, str(left)) from left

    async def _first(self) -> Wanted:
        """Return what the page wants to be told of first; what it acknowledges before is nothing.

        Raises Ended when the page does not say so in time.
        """
        try:
            async with asyncio.timeout(HELLO_SECONDS) as limit:
                with self._share.lobby.waiting(limit), lobby.waiting(limit):
                    while not (wanted := await self._message()):
                        pass
                    return wanted
        except TimeoutError:
            raise Ended(CLOSE_SILENT, f"no hello within {HELLO_SECONDS:.0f} s") from None

    async def _listen(self) -> NoReturn:
        """Take in what the page says until it goes; of what it wants, only the newest counts."""
        while True:
            if wanted := await self._message():
                self._wanted = wanted
                self._wake.set()

    async def _message(self) -> Wanted | None:
        """Return what the page's next message asks for, None if it acknowledges.

        Raises Ended when the page has gone, or for what is no message of the protocol.
        """
        event = await self._receive()
        if event["type"] == "websocket.disconnect":
            raise Ended
        try:
            for allowance in (self._allowance, self._share.allowance):
                allowance.spend(time.monotonic())
            message = decode(event.get("text"))
            if not isinstance(message, Ack):
                return Wanted(message, feed_of(message))
        except ProtocolError as error:
            raise Ended(CLOSE_PROTOCOL, str(error)) from error
        if len(self._unacked) >= UNACKED_MOST:
            self._wake.set()  # There may be more for it, which nothing else wakes it up for.
        self._unacked = [sent for sent in self._unacked if sent > message.seq]
        return None

    async def _follow(self) -> NoReturn:
        """Tell the page what changes, at most once a tick; its only way to history.

        So no more than one query of it is under way, whatever it sends meanwhile.
        """
        try:
            while True:
                self._wake.clear()
                await self._begin()
                await self._push()
                await self._push_status()
                await asyncio.sleep(max(TICK_SECONDS, len(pages) / BATCHES_A_SECOND))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._wake.wait()
        except Exception as error:
            logger.exception("A page's socket ends: what it follows could not be read or drawn.")
            raise Ended(CLOSE_FAILED, "history could not be read; see the server's log") from error

    async def _begin(self) -> None:
        """Follow what the page asked for last, if it asked for anything anew."""
        wanted, self._wanted = self._wanted, None
        if wanted is None:
            return
        opening = await self._read(_open, wanted)
        self._feed = Quiet() if opening.reset else wanted.feed
        self._epoch, self._cursor = opening.epoch, opening.seq
        self._unacked, self._told = [], {}
        welcome = {"epoch": opening.epoch, "seq": opening.seq, "reset": opening.reset}
        await self._send(written({"type": "welcome", **welcome, "now": time.time()}))

    async def _push(self) -> None:
        """Send what is new, as long as the page keeps up and wants nothing else."""
        more = True
        while more and len(self._unacked) < UNACKED_MOST:
            told = await self._told_next()
            if self._wanted is not None:
                return
            self._cursor, self._feed, more = told.seq, told.feed, told.more
            if told.batches:
                self._unacked.append(told.seq)
            for _ in range(told.batches):
                self._allowance.owe()
                self._share.allowance.owe()
            for message in told.messages:
                await self._send(message)

    async def _told_next(self) -> Told:
        """Return what is new for the page, read once for all that are in its position."""
        feed, since = self._feed, self._cursor
        ask = partial(self._read, _tell, feed, since)
        if feed.shared is None:
            return await ask()
        return await _tellings.get((self._epoch, feed.shared, since), ask)

    async def _push_status(self) -> None:
        """Send how watching goes when it reads differently, and now and then as a sign of life."""
        now = time.time()
        if now - self._told_at < STATUS_SECONDS:
            return
        wanted = self._feed.wanted if isinstance(self._feed, feeds.NowFeed) else None
        ask = partial(self._read, _status, self._feed, now)
        parts = await _statuses.get((self._epoch, wanted, now // STATUS_SECONDS), ask)
        if parts != self._told or now - self._told_at > KEEPALIVE_SECONDS:
            self._told, self._told_at = parts, now
            await self._send(written({"type": "status", "now": now, "parts": parts}))

    async def _read(self, query: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Return what `query` reads of history, in this viewer's turn."""
        async with self._share.reading:
            return await readers.read(query, *args, **kwargs)

    async def _send(self, text: str) -> None:
        await self._hand_over({"type": "websocket.send", "text": text})

    async def _close(self, code: int, reason: str) -> None:
        """Close with `code`; the reason goes ahead, because Daphne sends none with a close."""
        await self._send(written({"type": "refused", "code": code, "reason": reason}))
        await self._hand_over({"type": "websocket.close", "code": code})
