"""Sessions of signed-in viewers: the token stays in this process's memory, a browser has a number.

Processes that share a Redis know each other's, see `standing`.

A session ends with its token, when somebody logs out, after a day, after an hour without a look,
for a newer one where there are too many, and when Baton is started again.
"""

import hashlib
import secrets
import threading
import time
from collections import OrderedDict, deque

from dashboard import prefix
from dashboard.signin.viewers import EXPIRED, Viewer
from eventstream.reviewing import Identity, Token

COOKIE = "__Host-baton"
"""The name has browsers refuse it over plain HTTP, from a subdomain, or for a part of the site."""

COOKIE_BELOW = "__Secure-baton"
"""Its name where it is for a part of the site: it is not sent to what others have beside Baton."""

SESSIONS_MOST = 1000
OF_ONE_MOST = 20
"""So many sessions there are, and so many of one user; the one looked at least recently ends."""

LONGEST_SECONDS = 24 * 3600.0
IDLE_SECONDS = 3600.0

_MORE = "You signed in elsewhere too often; this sign-in made room. Sign in again."


class _Session:
    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.looked_at = time.monotonic()


class Sessions:
    """All sessions, by a digest of what the browser holds; used by all threads."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, _Session] = OrderedDict()
        self._ended: deque[str] = deque(maxlen=SESSIONS_MOST)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._open)

    def begin(self, identity: Identity, token: Token, until: float) -> tuple[str, Viewer]:
        """Sign somebody in until then (unix seconds); returns what the browser is to hold."""
        number = secrets.token_urlsafe(32)
        until = min(until, time.time() + LONGEST_SECONDS)
        return number, self.go_on(number, identity, token, until)

    def go_on(self, number: str, identity: Identity, token: Token, until: float) -> Viewer:
        """Have somebody signed in by a number that a browser holds already."""
        viewer = Viewer(_digest(number), identity.user, token, groups=identity.groups, until=until)
        with self._lock:
            known = self._open.get(viewer.key)
            if known is not None:
                return known.viewer
            self._make_room(identity.user)
            self._open[viewer.key] = _Session(viewer)
        return viewer

    def ended(self) -> list[str]:
        """Return the keys of sessions that ended, each once; of many, those that ended last."""
        with self._lock:
            found = list(self._ended)
            self._ended.clear()
        return found

    def find(self, number: str) -> Viewer | None:
        """Return whose session it is, None where it is nobody's (any more); to ask is a look."""
        with self._lock:
            self._sweep()
            found = self._open.get(_digest(number))
            if found is None:
                return None
            found.looked_at = time.monotonic()
            self._open.move_to_end(found.viewer.key)
            return found.viewer

    def look(self, viewer: Viewer) -> bool:
        """Note that somebody looks at an open page: returns whether by a session."""
        with self._lock:
            found = self._open.get(viewer.key)
            if found is not None:
                found.looked_at = time.monotonic()
            return found is not None

    def end(self, viewer: Viewer, why: str) -> None:
        """End a session, for all its pages."""
        with self._lock:
            self._drop(viewer.key, why)

    def end_all(self) -> None:
        """End every session."""
        with self._lock:
            for key in list(self._open):
                self._drop(key, "Baton ended this sign-in. Sign in again.")

    def _make_room(self, user: str) -> None:
        self._sweep()
        own = [key for key, each in self._open.items() if each.viewer.name == user]
        for key in own[: max(0, len(own) - OF_ONE_MOST + 1)]:
            self._drop(key, _MORE)
        while len(self._open) >= SESSIONS_MOST:
            self._drop(next(iter(self._open)), "Too many people are signed in. Sign in again.")

    def _sweep(self) -> None:
        """End what nobody looked at for long, and what is over."""
        oldest, now = time.monotonic() - IDLE_SECONDS, time.time()
        for key, each in list(self._open.items()):
            if each.viewer.ended or each.viewer.until <= now:
                self._drop(key, each.viewer.ended or EXPIRED)
            elif each.looked_at < oldest:
                self._drop(key, "Nobody looked for an hour. Sign in again.")

    def _drop(self, key: str, why: str) -> None:
        found = self._open.pop(key, None)
        if found is not None:
            self._ended.append(key)
            found.viewer.end(why)  # Its open pages find it so, and are closed.


def _digest(number: str) -> str:
    return hashlib.sha256(number.encode(errors="replace")).hexdigest()


def cookie_name() -> str:
    """Return what the session's cookie is called for what is being answered."""
    return COOKIE_BELOW if prefix.root() else COOKIE


sessions = Sessions()
