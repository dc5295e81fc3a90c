"""What is wrong with the database, in words that lead on: for pages and for the log alike."""

import threading
import time

import msgspec

from eventstream.objects.observations import Problem
from eventstream.postgresql import problems as postgresql
from eventstream.sqlite import problems as sqlite


def cause_of(error: BaseException) -> tuple[str, str] | None:
    """The likely cause of what the database said, and what to do; None where it is not known."""
    return postgresql.cause_of(error) or sqlite.cause_of(error) or postgresql.by_words(error)


class Trouble(msgspec.Struct, frozen=True):
    """Why the observer of this process can't store, and since when (unix seconds)."""

    problem: Problem
    since: float


class Storing:
    """Whether the observer of this process can store what it sees; used by all threads.

    A store that fails can't be told of in itself, so this is kept beside it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._trouble: Trouble | None = None

    def failed(self, problem: Problem) -> bool:
        """Note that it can't; True when that, or its cause, is new."""
        with self._lock:
            before = self._trouble
            self._trouble = Trouble(problem, before.since if before else time.time())
        return before is None or before.problem.cause != problem.cause

    def well(self) -> Trouble | None:
        """Note that nothing is wrong (any more), and return what was."""
        with self._lock:
            before, self._trouble = self._trouble, None
        return before

    def trouble(self) -> Trouble | None:
        """What is wrong, None when nothing is known to be."""
        return self._trouble


storing = Storing()
