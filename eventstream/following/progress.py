"""Says how following one audit log goes, in words that a person can act on, and in the log."""

import errno
import logging
import os
from collections import deque

from eventstream.objects.observations import AuditLog, AuditLogState, LogPlace, Problem

logger = logging.getLogger(__name__)

BEHIND = 3.0
"""Seconds from which on reading that is not at the end is called behind."""

AGAIN = 15.0
"""Seconds of reading that a restart repeats: by then what was read is joined and stored.

Less than a trace stays open after its last step, so that what is repeated meets what it met.
"""

_LOGGED = 10
_EACH = 1000


class Progress:
    """What was read of `path` in this run, and what not."""

    def __init__(self, path: str, resume: LogPlace | None) -> None:
        self._path = path
        self._marks: deque[tuple[float, LogPlace]] = deque()
        self._first = resume
        self._problem: Problem | None = None
        self._missing = False
        self.reached = 0.0
        self.last_line: float | None = None
        self.records = 0
        self._corrupt: tuple[int, str, float | None] = 0, "", None
        self._missed: tuple[int, str, float | None] = 0, "", None

    def report(self, at: float, place: LogPlace | None) -> AuditLog:
        """How it stands at unix time `at`, with all before `place` taken."""
        if place is not None:
            self._marks.append((at, place))
        while len(self._marks) > 1 and self._marks[1][0] <= at - AGAIN:
            self._marks.popleft()
            self._first = None
        resume = self._first or (self._marks[0][1] if self._marks else None)
        corrupt, missed = self._corrupt, self._missed
        return AuditLog(
            self._path,
            self.state(at),
            at,
            reached=self.reached,
            last_line=self.last_line,
            records=self.records,
            corrupt=corrupt[0],
            last_corrupt=corrupt[1],
            last_corrupt_at=corrupt[2],
            missed=missed[0],
            last_missed=missed[1],
            last_missed_at=missed[2],
            problem=self._problem,
            resume=resume,
        )

    def state(self, at: float) -> AuditLogState:
        """How the file does at unix time `at`."""
        if self._problem is not None:
            return "missing" if self._missing else "unreadable"
        return "behind" if at - self.reached > BEHIND else "following"

    def well(self) -> None:
        """The file is there and can be read."""
        if self._problem is not None:
            logger.info("The audit log %s is being read again.", self._path)
        self._problem = None

    def failed(self, error: OSError) -> None:
        """The file is not there, or cannot be read; said in the log once."""
        self._missing = isinstance(error, FileNotFoundError)
        problem = _missing(self._path) if self._missing else _unreadable(self._path, error)
        if problem != self._problem:
            logger.warning("%s %s %s", problem.message, problem.cause, problem.action)
        self._problem = problem

    def corrupt(self, offset: int, reason: str, at: float) -> None:
        """A line, which begins at this byte, could not be read."""
        count = self._corrupt[0] + 1
        self._corrupt = count, f"byte {offset}: {reason}", at
        if count <= _LOGGED or count % _EACH == 0:
            logger.warning(
                "The audit log %s has a line that cannot be read, at byte %d: %s. It is passed "
                "over, as %d before it.",
                *(self._path, offset, reason, count - 1),
            )

    def missed(self, why: str, at: float) -> None:
        """A stretch was passed over."""
        self._missed = self._missed[0] + 1, why, at
        logger.warning("Part of the audit log %s was passed over: %s", self._path, why)


def _missing(path: str) -> Problem:
    return Problem(
        "audit-log-missing",
        f"The audit log {path} is not there.",
        "The API server has not begun it, writes to another path, or runs on another node.",
        "Compare it with kube-apiserver's --audit-log-path; it is read as soon as it is there.",
    )


def _unreadable(path: str, error: OSError) -> Problem:
    why = error.strerror or str(error)
    cause = "Its disk, or what it is mounted from, does not answer as a file does."
    if error.errno in (errno.EACCES, errno.EPERM):
        cause = f"The user that Baton runs as (uid {os.getuid()}) may not read it."
    return Problem(
        "audit-log-unreadable",
        f"The audit log {path} cannot be read: {why}.",
        cause,
        "Let that user read the file and enter its directory; it is tried again all the time.",
    )
