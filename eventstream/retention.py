"""Keeps history within an age and a size from the first day, oldest settled traces first.

Deletes little at a time, in the recorder's thread between two commits, so that watching a busy
cluster and forgetting it do not stand in each other's way.

Age: how old a row is can't be read off its own times, which a wrong clock or a recording may have
set to anything. Instead a `MomentRow` notes now and then which seq had been reached at which time,
the time being that of `believed`; what was not changed since a moment is at least as old as it.

Size: what that is, and how it is kept, is the matter of the engine's `Room`. Room for the next
commit is made before it, so that the writer waits rather than that the limit is passed.
"""

import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import Max, QuerySet

from eventstream.believed import BelievedTime
from eventstream.dialects import dialect
from eventstream.forgetting import forget_objects, forget_places, forget_traces
from eventstream.models import (
    GapRow,
    InstallationRow,
    MemoRow,
    MomentRow,
    StepRow,
    TombstoneRow,
    TraceKeyRow,
    TraceRow,
)
from eventstream.packing.ids import id_bytes
from eventstream.searching import keeping
from eventstream.statements import MEMOS, statements

logger = logging.getLogger(__name__)

DAY = 86_400.0
MEBIBYTE = 1 << 20
TRACES_AT_ONCE = 50
ROWS_AT_ONCE = 500
SLICES = 40
"""So many times as much at most is deleted before one commit."""
INTERVAL = 60.0
"""Seconds between two looks at what is too old."""
MOMENTS = 1000
"""An age is told apart into so many moments."""


class Limits(msgspec.Struct, frozen=True):
    """How much to keep: `age` in seconds, `size` in bytes of the database."""

    age: float
    size: int

    @classmethod
    def from_settings(cls) -> "Limits":
        """BATON_RETENTION_DAYS and BATON_RETENTION_MB of the settings, or 7 days and 512 MiB."""
        days = float(getattr(settings, "BATON_RETENTION_DAYS", 7))
        mebibytes = float(getattr(settings, "BATON_RETENTION_MB", 512))
        if days <= 0 or mebibytes <= 0:
            raise ImproperlyConfigured(
                f"BATON_RETENTION_DAYS ({days:g}) and BATON_RETENTION_MB ({mebibytes:g}) must be "
                "above 0: history cannot keep less than nothing."
            )
        return cls(days * DAY, int(mebibytes * MEBIBYTE))


class Retention:
    """Deletes what is beyond `limits`; from one thread, which also commits.

    `clock` gives unix seconds, `uptime` seconds that only grow.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.time,
        uptime: Callable[[], float] | None = None,
    ) -> None:
        self.limits = limits or Limits.from_settings()
        self.room = dialect().room(self.limits.size)
        self._clock = clock
        self._uptime = uptime or _uptime
        self._time: BelievedTime | None = None
        self._due = 0.0
        self._doubted = False
        self._told_of = ""

    def due(self) -> bool:
        """Whether it is time to look at what is too old."""
        return self._uptime() >= self._due

    def sweep(self) -> bool:
        """Delete a little of what is too old; True when there may be more to delete."""
        self._due = self._uptime() + INTERVAL
        now = self._now()
        _note(now, self.limits.age / MOMENTS)
        more = _forget_up_to(_reached(now - self.limits.age))
        if more:
            self._due = 0.0
        return more

    def make_room(self) -> None:
        """Make room for one commit; raises HeldError where that can't be done.

        The oldest goes, as much as takes, but no more at once than SLICES. Where nothing is left
        to go that is said, and history takes what the cluster's state alone takes.
        """
        self.room.begin()
        for _ in range(SLICES):
            if not self.room.is_short() or not self._forget_oldest():
                break
            self.room.freed()
        self.room.end()

    def _now(self) -> float:
        wall, uptime = self._clock(), self._uptime()
        if self._time is None:
            noted = MomentRow.objects.aggregate(at=Max("at"))["at"]
            self._time = BelievedTime(noted, wall, uptime)
        now = self._time.now(wall, uptime)
        doubted = self._time.ahead(wall, uptime) > self.limits.age / 2
        if doubted and not self._doubted:
            logger.warning(
                "The clock is %.1f days ahead of what history had reached. Nothing is deleted for "
                "it unless it stays so for an hour; set the clock right if it is wrong.",
                self._time.ahead(wall, uptime) / DAY,
            )
        self._doubted = doubted
        return now

    def _forget_oldest(self) -> bool:
        """Delete a slice of the oldest; False where there is nothing left to delete."""
        if _forget_oldest_background() or _forget_traces(TraceRow.objects.filter(settled=True)):
            self._told_of = ""
            return True
        if _forget_rows(StepRow.objects.all()) or _forget_traces(TraceRow.objects.all()):
            self._tell(
                "History exceeds BATON_RETENTION_MB with unsettled traces alone: their oldest "
                "steps are deleted. Raise the limit to keep them."
            )
            return True
        if _forget_rows(GapRow.objects.all()) or _forget_rows(TombstoneRow.objects.all()):
            return True
        if keeping.tidy(keeping.PAGES_MOST):
            return True
        self._tell(
            "History exceeds BATON_RETENTION_MB with what exists in the cluster now alone, and "
            "keeps nothing else. Raise the limit."
        )
        return False

    def _tell(self, what: str) -> None:
        """Log it once, until there is something else to tell."""
        if self._told_of != what:
            logger.warning(what)
        self._told_of = what


def _uptime() -> float:
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


def _note(now: float, apart: float) -> None:
    """Note which seq is reached, unless that was noted or the last note is young."""
    installation = InstallationRow.objects.filter(id=1).first()
    if installation is None:
        return
    last = MomentRow.objects.order_by("-seq").first()
    if last is None or (installation.seq > last.seq and now - last.at >= apart):
        MomentRow.objects.create(seq=installation.seq, at=now)


def _reached(at: float) -> int:
    """The seq that was reached by `at`: what has none above was not changed since."""
    past = MomentRow.objects.filter(at__lte=at).aggregate(seq=Max("seq"))["seq"]
    return -1 if past is None else past


def _forget_up_to(seq: int) -> bool:
    """Delete a slice of what was not changed since `seq`; True when there may be more.

    Settled traces, and the steps of background traces, which may never settle.
    """
    if seq < 0:
        return False
    background = TraceRow.objects.filter(background=True).values("number")
    steps = StepRow.objects.filter(trace__in=background, seq__lte=seq)
    if _forget_traces(TraceRow.objects.filter(settled=True, seq__lte=seq)) or _forget_rows(steps):
        return True
    with transaction.atomic():
        _forget_marks(seq)
        MomentRow.objects.filter(seq__lt=seq).delete()
        forget_places()
    return False


def _forget_traces(traces: QuerySet[TraceRow]) -> bool:
    """Delete a slice of the oldest of `traces` with all that is theirs; False where none is.

    A trace goes after its steps, so that the next slice takes up what this one left.
    """
    found = dict(traces.order_by("seq").values_list("number", "id")[:TRACES_AT_ONCE])
    if not found:
        return False
    # Not the marks as old as these steps, which may have changed after their trace.
    if _delete_some(StepRow.objects.filter(trace__in=found)) < 0:
        with transaction.atomic():
            _forget_marks(_delete(TraceRow.objects.filter(number__in=found)))
            _delete(TombstoneRow.objects.filter(trace__in=found.values()))
            MemoRow.objects.filter(trace__in=found).delete()
            forget_traces(found)
    return True


def _forget_oldest_background() -> bool:
    """Delete the steps of background traces among the oldest; True when those were many.

    A background trace may never settle. Steps whose trace is no more are taken with them.
    """
    oldest = StepRow.objects.order_by("seq").values_list("seq", "trace")[:ROWS_AT_ONCE]
    by_trace: dict[int, list[int]] = {}
    for seq, trace in oldest:
        by_trace.setdefault(trace, []).append(seq)
    others = TraceRow.objects.filter(number__in=by_trace, background=False)
    for trace in others.values_list("number", flat=True):
        del by_trace[trace]
    seqs = [seq for each in by_trace.values() for seq in each]
    with transaction.atomic():
        _forget_marks(_delete(StepRow.objects.filter(seq__in=seqs)))
    return len(seqs) > ROWS_AT_ONCE // 2


def _forget_rows(rows: QuerySet[Any]) -> bool:
    """Delete a slice of the oldest of `rows`, and marks as old; False where none is left."""
    seq = _delete_some(rows)
    with transaction.atomic():
        _forget_marks(seq)
    return seq >= 0


def _forget_marks(seq: int) -> None:
    """Delete tombstones and gaps up to `seq`, and what a trace left that was removed or emptied."""
    marks = TombstoneRow.objects.filter(seq__lte=seq)
    for keys in _keys_of(marks.filter(kind="trace")):
        left = keys.exclude(number__in=TraceRow.objects.values("number"))
        _delete(StepRow.objects.filter(trace__in=left.values("number")))
    for keys in _keys_of(marks):
        forget_traces(keys.values_list("number", flat=True))
    _delete(marks)
    _delete(GapRow.objects.filter(seq__lte=seq))


def _keys_of(marks: QuerySet[TombstoneRow]) -> Iterator[QuerySet[TraceKeyRow]]:
    """The keys of the traces that `marks` are in, a part of them at a time."""
    ids = list(marks.values_list("trace", flat=True).distinct())
    for start in range(0, len(ids), ROWS_AT_ONCE):
        yield TraceKeyRow.objects.filter(id__in=ids[start : start + ROWS_AT_ONCE])


def _delete_some(rows: QuerySet[Any]) -> int:
    """Delete a slice of the oldest of `rows`, of one table; returns as `_delete` does."""
    ids = list(rows.order_by("seq").values_list("pk", flat=True)[:ROWS_AT_ONCE])
    with transaction.atomic():
        return _delete(rows.model._default_manager.filter(pk__in=ids))


def _delete(rows: QuerySet[Any]) -> int:
    """Delete `rows` and return their highest seq, -1 where there are none.

    A page that saw less than that can't be brought up to date row by row any more.
    """
    seq = rows.aggregate(seq=Max("seq"))["seq"]
    if seq is None:
        return -1
    steps = list(rows.values_list("object", "trace", "id")) if rows.model is StepRow else []
    if rows.model is StepRow:
        keeping.forget_steps(rows.values_list("seq", flat=True))
    elif rows.model is TraceRow:
        keeping.forget_traces(rows)
    rows.delete()
    InstallationRow.objects.filter(id=1, floor__lt=seq).update(floor=seq)
    if steps:
        keeping.tidy()
        # Those of a background trace are not done with by its settling.
        statements().remove(MEMOS, [(trace, id_bytes(id_)) for _, trace, id_ in steps])
        forget_objects({object_ for object_, _, _ in steps})
        forget_traces({trace for _, trace, _ in steps})
    return int(seq)
