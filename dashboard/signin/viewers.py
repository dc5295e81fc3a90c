"""One viewer: who it is, by what the API server knows it, and what it may see by now.

Rights are asked of the API server when somebody looks, and kept for a minute at most. Where they
can't be asked, nothing is shown; where the server knows the viewer no more, the viewer is nobody.
"""

import asyncio
import hashlib
import time

from dashboard.signin import asking
from eventstream.history import EVERYTHING, Rights
from eventstream.reviewing import Credential, Names, Token, UnrecognisedError

FRESH_SECONDS = 30.0
"""Rights that are older are asked anew, beside what is shown by the ones in hand."""

KEPT_SECONDS = 60.0
"""Rights that are older are not gone by."""


EXPIRED = "Your sign-in has expired. Sign in again."
REFUSED = "The cluster does not accept your sign-in any more. Sign in again."


class SignedOutError(Exception):
    """The viewer is nobody (any more); the message says why, for the page of sign-in."""


class Viewer:
    """A viewer of this process. `until` is when its credential ends, in unix seconds.

    `key` names it among others, and can't be guessed. Used in the event loop, but for `end`.
    """

    def __init__(
        self,
        key: str,
        name: str,
        credential: Credential | None,
        *,
        groups: tuple[str, ...] = (),
        until: float = float("inf"),
    ) -> None:
        self.key = key
        self.name = name
        self.groups = groups
        self.until = until
        self.ended = ""
        self._credential = credential
        self._rights = Rights()
        self._asked_at = float("-inf")
        self._asking: asyncio.Task[Rights] | None = None

    @property
    def signed_in(self) -> bool:
        """Whether somebody signed in: in mode `local` nobody does, and anyone may look."""
        return self._credential is not None

    @property
    def short(self) -> str:
        """The name where there is little room: of a service account its own part."""
        return self.name.rpartition(":")[2] or self.name

    def end(self, why: str) -> None:
        """Make it nobody, for good; its pages are told why."""
        self.ended = self.ended or why

    def check(self) -> None:
        """Raise SignedOutError once it was ended, or its credential has."""
        if time.time() >= self.until:
            self.end(EXPIRED)
        if self.ended:
            raise SignedOutError(self.ended)

    async def rights(self) -> Rights:
        """Return what it may see, as the API server said within the last minute.

        Raises SignedOutError, and UnansweredError where the server can't be asked.
        """
        self.check()
        if self._credential is None:
            return EVERYTHING
        age = time.monotonic() - self._asked_at
        if age >= FRESH_SECONDS and (self._asking is None or self._asking.done()):
            self._asking = asyncio.ensure_future(self._ask(self._credential))
            self._asking.add_done_callback(_told)
        if age >= KEPT_SECONDS and self._asking is not None:
            # Others may wait for the same answer, so that who leaves does not take it away.
            await asyncio.shield(self._asking)
            self.check()
        return self._rights

    async def _ask(self, credential: Credential) -> Rights:
        began = time.monotonic()
        try:
            rights = await asking.ask(credential)
        except UnrecognisedError:
            self._asked_at = float("-inf")
            self.end(REFUSED)
            raise SignedOutError(self.ended) from None
        self._rights, self._asked_at = rights, began
        return rights


def _told(asked: asyncio.Task[Rights]) -> None:
    """Take note of how asking ended, which whoever looks next finds out by asking again."""
    if not asked.cancelled():
        asked.exception()


def key_of(credential: Credential) -> str:
    """Return the name of whoever has that credential, which does not tell it."""
    said = credential.value if isinstance(credential, Token) else repr(credential)
    kind = "names" if isinstance(credential, Names) else "token"
    return hashlib.sha256(f"{kind} {said}".encode()).hexdigest()


ANYONE = Viewer("", "", None)
"""Whoever looks in mode `local`: all are one, and see everything."""
