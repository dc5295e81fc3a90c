"""Counts of what was turned away, each by a name that is known beforehand."""

import threading


class Tally:
    """Counts by name, which only rise; used by all threads. A name that is not known is an error.

    For what happens seldom: it takes a lock.
    """

    def __init__(self, *names: str) -> None:
        self._counts = dict.fromkeys(names, 0)
        self._lock = threading.Lock()

    def count(self, name: str) -> None:
        """Count one more."""
        with self._lock:
            self._counts[name] += 1

    def so_far(self) -> dict[str, int]:
        """Return each count by its name."""
        with self._lock:
            return self._counts.copy()


refused = Tally(
    *("connection", "waiting", "stalled", "page", "upload", "socket", "silent-socket"),
    *("sign-in", "scrape"),
)
"""What this process turned away at a bound: a `connection` that the loop had no place for, one that
was `waiting` for longest with its request, one whose client took nothing in (`stalled`), a `page`,
an `upload`, a `socket`, one that said nothing (`silent-socket`), an attempt of `sign-in`, a
`scrape` of metrics."""
