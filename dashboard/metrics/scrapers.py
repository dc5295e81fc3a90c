"""Who may read metrics, and which names these may tell: as the API server says of their own token.

A Prometheus signs in to nothing. It sends a token of the cluster, as it does to other programs
there, and is asked for by that token: whether it may get the path /metrics, which is the right that
Kubernetes' own parts ask for, and which kinds it may list and watch in the whole cluster. Baton
needs no right of its own for that.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable
from typing import TypeVar

from dashboard.signin import asking
from dashboard.signin.limits import Attempts
from dashboard.signin.tokens import plain
from dashboard.signin.viewers import KEPT_SECONDS, key_of
from eventstream import reviewing
from eventstream.history import EVERYTHING, Rights
from eventstream.reviewing import Token, UnrecognisedError

_T = TypeVar("_T")

PATH = "/metrics"
"""Where metrics are, and what a token has to be allowed to get."""

SCRAPERS_MOST = 32
"""So many tokens are known at a time; the one that came least recently is asked about anew, those
first that may not read: whoever sends made-up ones puts out nobody."""


class TurnedAwayError(Exception):
    """Whoever asks is told no metrics: by that status, for the reason in the message."""

    def __init__(self, status: int, why: str, retry_after: float = 0.0) -> None:
        super().__init__(why)
        self.status = status
        self.retry_after = retry_after


class Scraper:
    """One token, and what the API server said of it of late; `refused` says that it said no."""

    def __init__(self, token: Token) -> None:
        self._token = token
        self._asking = asyncio.Lock()
        self._allowed_at = self._rights_at = float("-inf")
        self._rights = Rights()
        self.refused = False

    @property
    def allowed(self) -> bool:
        """Whether the API server said at any time that it may read, and not otherwise since."""
        return self._allowed_at > float("-inf") and not self.refused

    async def check(self) -> None:
        """Return if it may read metrics.

        Raises TurnedAwayError, UnrecognisedError or UnansweredError.
        """
        async with self._asking:
            if _is_young(self._allowed_at):
                return
            began = time.monotonic()
            allowed = await self._asked(reviewing.reviewer().may_get(self._token, PATH))
            self.refused = not allowed
            if not allowed:
                raise TurnedAwayError(403, _NOT_ALLOWED)
            self._allowed_at = began

    async def rights(self, types: frozenset[str]) -> Rights:
        """Return which of these types it may list and watch in the whole cluster.

        Raises UnrecognisedError or UnansweredError.
        """
        async with self._asking:
            if not _is_young(self._rights_at):
                began = time.monotonic()
                self._rights = await self._asked(asking.ask_everywhere(self._token, types))
                self._rights_at = began
            return self._rights

    async def _asked(self, answer: Awaitable[_T]) -> _T:
        """Return what the API server says; one that it does not know (any more) is refused."""
        try:
            return await answer
        except UnrecognisedError:
            self._allowed_at, self.refused = float("-inf"), True
            raise


class Anyone:
    """Whoever asks in mode `local`, where everybody sees everything."""

    async def check(self) -> None:
        """Return."""

    async def rights(self, _: frozenset[str]) -> Rights:
        """Return that all is seen."""
        return EVERYTHING


class Scrapers:
    """Those that came of late, by what names their token without telling it."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Scraper] = OrderedDict()
        self._attempts = Attempts()

    def find(self, authorization: str, address: str) -> Scraper:
        """Return who sends that header from an address; raises TurnedAwayError."""
        scheme, _, sent = authorization.partition(" ")
        token = plain(sent) if scheme.lower() == "bearer" else None
        if token is None:
            raise TurnedAwayError(401, _UNSENT)
        key = key_of(token)
        found = self._known.pop(key, None)
        if found is None or found.refused:
            wait = self._attempts.spend(address)
            if wait:
                raise TurnedAwayError(429, "Too many tokens that are not known. Ask later.", wait)
            found = Scraper(token)
        while len(self._known) >= SCRAPERS_MOST:
            strangers = (each for each, known in self._known.items() if not known.allowed)
            del self._known[next(strangers, next(iter(self._known)))]
        self._known[key] = found
        return found

    def forget(self) -> None:
        """Know nobody any more."""
        self._known.clear()
        self._attempts.forget()


def _is_young(at: float) -> bool:
    return time.monotonic() - at < KEPT_SECONDS


_UNSENT = (
    "Metrics are for who sends a bearer token of the cluster (Authorization: Bearer …) that may "
    "get /metrics. docs/metrics.md says how a Prometheus is given one."
)
_NOT_ALLOWED = (
    "This token may not get /metrics. It needs a ClusterRole with nonResourceURLs [/metrics] and "
    "the verb get, as in deploy/prometheus."
)

scrapers = Scrapers()
