"""Keeps history within an age and a size from the first day, oldest settled traces first.

Deletes little at a time, in the recorder's thread between two commits, so that watching a busy
cluster and forgetting it do not stand in each other's way.
"""

import logging
from pathlib import Path

import msgspec
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.db.models import Max

from eventstream.models import GapRow, InstallationRow, StepRow, TombstoneRow, TraceRow

logger = logging.getLogger(__name__)

DAY = 86_400.0
MEBIBYTE = 1 << 20
TRACES_AT_ONCE = 50
ROWS_AT_ONCE = 1000


class Limits(msgspec.Struct, frozen=True):
    """How much to keep: `age` in seconds, `size` in bytes of the database's files."""

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


def sweep(now: float, limits: Limits | None = None) -> bool:
    """Delete a little of what is too old or too much; True when there may be more to delete."""
    limits = limits or Limits.from_settings()
    oldest = now - limits.age
    return _forget_old_traces(oldest) or _forget_old_rows(oldest) or _shrink(limits.size)


def _forget_old_traces(oldest: float) -> bool:
    old = TraceRow.objects.filter(settled=True, updated__lt=oldest)
    ids = list(old.order_by("updated").values_list("id", flat=True)[:TRACES_AT_ONCE])
    if ids:
        _forget_traces(ids)
    return bool(ids)


def _forget_old_rows(oldest: float) -> bool:
    """Tombstones and gaps; and steps of background traces, which may never settle."""
    background = TraceRow.objects.filter(background=True).values("id")
    steps = StepRow.objects.filter(trace__in=background, at__lt=oldest)
    ids = list(steps.values_list("id", flat=True)[:ROWS_AT_ONCE])
    with transaction.atomic():
        _raise_floor(StepRow.objects.filter(id__in=ids).aggregate(seq=Max("seq"))["seq"])
        StepRow.objects.filter(id__in=ids).delete()
        _forget_marks(oldest)
    return len(ids) == ROWS_AT_ONCE


def _forget_marks(oldest: float) -> None:
    """Delete tombstones and gaps older than `oldest`, and steps that a removed trace left."""
    marks = TombstoneRow.objects.filter(at__lt=oldest)
    gaps = GapRow.objects.filter(at__lt=oldest)
    removed = marks.filter(kind="trace").exclude(row__in=TraceRow.objects.values("id"))
    StepRow.objects.filter(trace__in=removed.values("row")).delete()
    for rows in (marks, gaps):
        _raise_floor(rows.aggregate(seq=Max("seq"))["seq"])
        rows.delete()


def _shrink(size: int) -> bool:
    """Give back free pages, and delete the oldest traces if what is left is still too much."""
    if connection.vendor != "sqlite" or _file_bytes() <= size:
        return False
    _reclaim()
    if _content_bytes() <= size:
        return False
    ids = _oldest_traces()
    if not ids:
        logger.warning("History holds no trace any more, and still exceeds %d bytes.", size)
        return False
    newest = TraceRow.objects.filter(id__in=ids).aggregate(at=Max("updated"))["at"]
    _forget_traces(ids)
    with transaction.atomic():
        _forget_marks(newest or 0.0)
    _reclaim()
    return True


def _oldest_traces() -> list[str]:
    by_age = TraceRow.objects.order_by("updated").values_list("id", flat=True)
    ids = list(by_age.filter(settled=True)[:TRACES_AT_ONCE])
    if not ids:
        ids = list(by_age[:TRACES_AT_ONCE])
        logger.warning(
            "History exceeds BATON_RETENTION_MB with unsettled traces alone: the %d oldest of "
            "them are deleted. Raise the limit to keep them.",
            len(ids),
        )
    return ids


def _forget_traces(ids: list[str]) -> None:
    with transaction.atomic():
        traces = TraceRow.objects.filter(id__in=ids)
        steps = StepRow.objects.filter(trace__in=ids)
        marks = TombstoneRow.objects.filter(trace__in=ids)
        for rows in (traces, steps, marks):
            _raise_floor(rows.aggregate(seq=Max("seq"))["seq"])
            rows.delete()


def _raise_floor(seq: int | None) -> None:
    """A page that saw less than `seq` cannot be brought up to date row by row any more."""
    if seq is not None:
        InstallationRow.objects.filter(id=1, floor__lt=seq).update(floor=seq)


def _file_bytes() -> int:
    path = Path(str(connection.settings_dict["NAME"]))
    files = (path, path.with_name(path.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def _content_bytes() -> int:
    pages, free, page_bytes = map(_pragma, ("page_count", "freelist_count", "page_size"))
    return (pages - free) * page_bytes


def _pragma(name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name}")
        return int(cursor.fetchone()[0])


def _reclaim() -> None:
    connection.ensure_connection()
    with connection.wrap_database_errors:
        # As a script, since each step frees one page and `execute` takes only the first.
        connection.connection.executescript(
            "PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)"
        )
