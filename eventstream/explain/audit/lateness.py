"""Knows whether the audit logs are read as far as the watch: until they are, nothing settles.

A settled trace is let go, and a record that comes after that can upgrade nothing. So a trace
stays open while a log is behind, but no longer than requests are kept for their writes anyway.
"""

import math

from eventstream.objects.observations import AuditLog

BEHIND = 10.0
"""Seconds by which a log may be read late without anything waiting for it."""

CAUGHT_UP = 20.0
"""Seconds after which a log that was behind has told all that it had to tell.

With BEHIND that is the quiet time of a trace, so that a restart, which reads the last seconds
again, meets no record of a trace that has settled since.
"""


class Lateness:
    """How far each log is read; without any, nothing is waited for."""

    def __init__(self) -> None:
        self._reached: dict[str, float] = {}
        self._behind_at = -math.inf

    def take(self, log: AuditLog) -> None:
        """Take note of how far a log is read."""
        if log.at - self._reached.get(log.path, log.at) > BEHIND:
            self._behind_at = log.at
        self._reached[log.path] = log.reached

    def holds(self, updated: float, now: float, longest: float) -> bool:
        """Whether a trace last `updated` then (unix seconds) may still hear of its writes.

        `longest` is for how many seconds that can be.
        """
        if any(now - reached > BEHIND for reached in self._reached.values()):
            self._behind_at = now
        return now - self._behind_at < CAUGHT_UP and now - updated < longest
