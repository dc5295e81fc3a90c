"""Mode `oidc`: sign-ins that wait for the provider, known without any client of OpenID Connect.

Who signs people in otherwise loads none: it takes 10 MB of each process.
"""

import threading
import time
from collections import OrderedDict
from secrets import token_urlsafe

import msgspec

BEGUN_MOST = 1000
BEGUN_SECONDS = 600.0
"""So many sign-ins may be under way, for so long; the oldest goes."""


class ProviderError(Exception):
    """Nobody was signed in; the message says why, and what to do."""


class Begun(msgspec.Struct, frozen=True):
    """A sign-in that waits for the provider: what has to come back, and where it leads on to."""

    state: str
    nonce: str
    verifier: str
    redirect: str
    onward: str
    at: float


class _Waiting:
    """The sign-ins that wait, by what the browser holds of them; used by all threads."""

    def __init__(self) -> None:
        self._begun: OrderedDict[str, Begun] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, begun: Begun) -> str:
        number = token_urlsafe(32)
        with self._lock:
            while len(self._begun) >= BEGUN_MOST:
                self._begun.popitem(last=False)
            self._begun[number] = begun
        return number

    def take(self, number: str) -> Begun | None:
        """Return it, once."""
        with self._lock:
            begun = self._begun.pop(number, None)
        late = begun is not None and time.monotonic() - begun.at > BEGUN_SECONDS
        return None if late else begun


waiting = _Waiting()
