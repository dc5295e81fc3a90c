"""Says once what is logged again and again, and then, once a minute, how many times more it was.

A cluster can make the same line come a thousand times a second, or ever new ones of one kind: then
a log neither says anything nor ends.
"""

import copy
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from eventstream.logs.lines import REPEATED

PERIOD_SECONDS = 60.0
"""A line is said once in so long."""
ALIKE_MOST = 20
"""Lines of one kind, which differ in what is filled in, that are said in a period."""
LINES_MOST = 500
"""Lines that are remembered; further ones in that period are only counted, all together."""

Key = tuple[str, int, str]


class _Said:
    """When a line was last said, and how many more came since; `last` is the latest of them."""

    def __init__(self, at: float, kind: Key) -> None:
        self.at = at
        self.kind = kind
        self.more = 0
        self.last: logging.LogRecord | None = None


class Sparing(logging.StreamHandler):  # type: ignore[type-arg]  # as logging.config makes it
    """Writes to the standard error; what it withholds is counted, and told at the end at latest."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[Key, _Said] = {}
        self._told_at = clock()
        self._timer: threading.Timer | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, or count it."""
        try:
            said = self._alike(record)
        except Exception:  # noqa: BLE001 - a log never breaks what logs
            self.handleError(record)
            return
        if said is None:
            super().emit(record)
            return
        said.more += 1
        said.last = _bare(record)
        self._tell_later()

    def tell(self, *, all_: bool = False) -> None:
        """Write how often what was said a period ago came again; `all_` waits for no period.

        Where what it wrote to was closed meanwhile, nobody is left to be told.
        """
        now = self._told_at = self._clock()
        if self.stream.closed:
            self._said.clear()
        for key, said in list(self._said.items()):
            if now - said.at < PERIOD_SECONDS and not all_:
                continue
            if said.last is None:
                del self._said[key]
                continue
            super().emit(_counted(said.last, said.more, now - said.at, same=key != said.kind))
            said.at, said.more, said.last = now, 0, None

    def close(self) -> None:
        """Tell what is still to be told."""
        with _held(self.lock):
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self.tell(all_=True)
            self._said.clear()
        super().close()

    def _tell_later(self) -> None:
        """Tell when the period is over, also if nothing is logged any more."""
        if self._timer is None:
            self._timer = threading.Timer(PERIOD_SECONDS, self._now)
            self._timer.daemon = True
            self._timer.start()

    def _now(self) -> None:
        with _held(self.lock):
            self._timer = None
            self.tell()
            if any(said.more for said in self._said.values()):
                self._tell_later()

    def _alike(self, record: logging.LogRecord) -> _Said | None:
        """Return with what the record is counted; None for one that is to be written."""
        now, text = self._clock(), record.getMessage()
        exact: Key = (record.name, record.levelno, text)
        first = self._said.get(exact)
        if now - self._told_at >= PERIOD_SECONDS or (first and now - first.at >= PERIOD_SECONDS):
            self.tell()
            first = self._said.get(exact)
        if first is not None:
            return first
        kind: Key = (record.name, record.levelno, f"{record.msg}\0")
        if len(self._said) >= LINES_MOST:
            kind = ("", 0, "\0")
        elif Counter(said.kind for said in self._said.values())[kind] < ALIKE_MOST:
            self._said[exact] = _Said(now, kind)
            return None
        return self._said.setdefault(kind, _Said(now, kind))


def _held(lock: "threading.RLock | None") -> AbstractContextManager[object]:
    return nullcontext() if lock is None else lock


def _bare(record: logging.LogRecord) -> logging.LogRecord:
    """Return the record with nothing that it would keep alive: arguments, traceback."""
    bare = copy.copy(record)
    bare.msg, bare.args = record.getMessage(), ()
    bare.exc_info = bare.exc_text = bare.stack_info = None
    return bare


def _counted(
    last: logging.LogRecord, more: int, seconds: float, *, same: bool
) -> logging.LogRecord:
    """Return a record that tells of `more` of them, the latest of which was `last`."""
    times = f"{more} more time{'s' * (more != 1)}" if same else f"{more} more like it"
    last.msg = f"{last.msg} ({times} in the last {seconds:.0f} s)"
    setattr(last, REPEATED, more)
    return last
