"""Sessions wherever they began: in this process, or in another that shares a Redis with it.

Without a Redis they are those of this process. What is shared is sealed, see `sealed`.
"""

import asyncio
import time
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import msgspec
from django.conf import settings

from dashboard.signin.begun import BEGUN_SECONDS, Begun, waiting
from dashboard.signin.sessions import IDLE_SECONDS, sessions
from dashboard.signin.viewers import Viewer
from eventstream.reviewing import Identity, Token

if TYPE_CHECKING:
    from dashboard.signin.sealed import Sealed

CHECK_SECONDS = 5.0
"""So often it is seen whether a session ended in another process."""

ELSEWHERE = "This sign-in ended elsewhere, or is not known there any more. Sign in again."
"""Where it was a logout cannot be told from a Redis that lost what it held."""

_SESSION, _BEGUN = "session", "begun"


class _Kept(msgspec.Struct, frozen=True):
    user: str
    groups: tuple[str, ...]
    token: str
    until: float


_sealed: WeakKeyDictionary[asyncio.AbstractEventLoop, "Sealed"] = WeakKeyDictionary()
_checked: WeakKeyDictionary[Viewer, float] = WeakKeyDictionary()


def _shared() -> "Sealed | None":
    """What this process shares with others, None where it has no Redis."""
    where = settings.BATON_REDIS
    if where is None:
        return None
    loop = asyncio.get_running_loop()
    found = _sealed.get(loop)
    if found is None:
        # Who shares nothing loads no Redis client.
        from dashboard.signin.sealed import Sealed  # noqa: PLC0415

        found = _sealed[loop] = Sealed(where.address, where.begins, where.patience)
    return found


async def begin(identity: Identity, token: Token, until: float) -> tuple[str, Viewer]:
    """Sign somebody in until then (unix seconds); returns what the browser is to hold."""
    number, viewer = sessions.begin(identity, token, until)
    shared = _shared()
    if shared is not None:
        kept = _Kept(identity.user, tuple(identity.groups), token.value, viewer.until)
        seconds = min(IDLE_SECONDS, viewer.until - time.time())
        await shared.keep(_SESSION, number, msgspec.json.encode(kept), seconds)
        _checked[viewer] = time.monotonic()
    return number, viewer


async def find(number: str) -> Viewer | None:
    """Return whose session it is, None where it is nobody's (any more); to ask is a look."""
    found, shared = sessions.find(number), _shared()
    if shared is None:
        return found
    await _tell_ended(shared)
    if found is None:
        content = await shared.find(_SESSION, number)
        if content is None:
            return None
        kept = msgspec.json.decode(content, type=_Kept)
        if kept.until <= time.time():
            return None
        found = sessions.go_on(
            number, Identity(kept.user, kept.groups), Token(kept.token), kept.until
        )
    await _check(shared, found)
    return None if found.ended else found


async def look(viewer: Viewer) -> None:
    """Note that somebody looks at an open page, and end it if its session ended elsewhere."""
    shared = _shared()
    if sessions.look(viewer) and shared is not None:
        await _check(shared, viewer)


async def end(viewer: Viewer, why: str) -> None:
    """End a session, for all its pages, in each process."""
    sessions.end(viewer, why)
    shared = _shared()
    if shared is not None:
        await _tell_ended(shared)


async def _check(shared: "Sealed", viewer: Viewer) -> None:
    now = time.monotonic()
    if now - _checked.get(viewer, float("-inf")) < CHECK_SECONDS:
        return
    _checked[viewer] = now
    seconds = min(IDLE_SECONDS, viewer.until - time.time())
    if not await shared.goes_on(_SESSION, viewer.key, max(seconds, 1.0)):
        sessions.end(viewer, ELSEWHERE)


async def _tell_ended(shared: "Sealed") -> None:
    for key in sessions.ended():
        await shared.end(_SESSION, key)


async def send_away(begun: Begun) -> str:
    """Remember a sign-in that waits for the provider; returns what the browser is to hold."""
    number = waiting.add(begun)
    shared = _shared()
    if shared is not None:
        await shared.keep(_BEGUN, number, msgspec.json.encode(begun), BEGUN_SECONDS)
    return number


async def come_back(number: str) -> Begun | None:
    """Return such a sign-in, once, in whichever process it was begun."""
    found, shared = waiting.take(number), _shared()
    if shared is None or not number:
        return found
    content = await shared.take(_BEGUN, number)
    if found is not None:
        return found
    return None if content is None else msgspec.json.decode(content, type=Begun)
