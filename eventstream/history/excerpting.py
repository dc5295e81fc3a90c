"""Cuts a window out of history: its steps, their traces and the gaps, as an excerpt's lines."""

from collections.abc import Iterator

import msgspec
from django.db.models import Count, Q, QuerySet
from msgspec.structs import replace

from eventstream import excerpts
from eventstream.excerpts import End, GapLine, Head, StepLine, TraceLine
from eventstream.explain.vocabulary.records import Step
from eventstream.history import permitted
from eventstream.history.reading import stored_steps, stored_traces
from eventstream.history.relations import gaps_between
from eventstream.history.rights import seen
from eventstream.history.status import cluster
from eventstream.models import StepRow
from eventstream.packing.steps import microseconds
from eventstream.version import VERSION

AT_ONCE = 500
"""So many rows are read at a time."""

GAPS_MOST = 1000
_MICRO = 1_000_000


class Cut(msgspec.Struct, frozen=True):
    """A window (unix seconds), in one namespace or, with None, in all."""

    since: float
    until: float
    namespace: str | None = None


def excerpt(wanted: Cut, now: float, most: int | None = None) -> Iterator[bytes]:
    """Yield the lines of an excerpt: all that whoever asks may see of the window.

    With more than `most` steps it ends before the first that is too much, and its head says so.
    Heartbeats of Leases are left out. `now` is when it is, where no watch has said that.
    """
    window, more = _bounded(wanted, most)
    known, rights = cluster(), seen()
    yield excerpts.written(
        Head(
            format=excerpts.FORMAT,
            baton=VERSION,
            cluster=known.name or known.server if known is not None else "",
            since=window.since,
            until=window.until,
            made=known.heartbeat if known is not None else now,
            namespace=window.namespace,
            whole=rights.everything,
            more=more,
        )
    )
    for gap in gaps_between(window.since, window.until, GAPS_MOST):
        yield excerpts.written(GapLine(gap.record))
    yield from _traces(window)
    count = 0
    for step in _steps(window):
        count += 1
        yield excerpts.written(StepLine(replace(step, sources=(), withheld=())))
    yield excerpts.written(End(count))


def _bounded(wanted: Cut, most: int | None) -> tuple[Cut, bool]:
    """The window, made to end before the step that is one too many, and whether it was."""
    if most is None:
        return wanted, False
    over = list(_rows(wanted).order_by("at", "id").values_list("at", flat=True)[most : most + 1])
    if not over:
        return wanted, False
    until = max((over[0] - 1) / _MICRO, wanted.since)
    return msgspec.structs.replace(wanted, until=until), True


def _rows(window: Cut) -> QuerySet[StepRow]:
    since, until = microseconds(window.since), microseconds(window.until)
    rows = permitted.steps().filter(at__gte=since, at__lte=until).exclude(place__kind="Lease")
    if window.namespace is not None:
        rows = rows.filter(place__namespace=window.namespace)
    return rows


def _steps(window: Cut) -> Iterator[Step]:
    """The steps by time, a few at a time, each once though the table grows meanwhile."""
    found = stored_steps(_rows(window).order_by("at", "id")[:AT_ONCE])
    while found:
        yield from (each.record for each in found)
        at, id_ = found[-1].record.at, found[-1].id
        # From there on, and not from the beginning: what was read is not gone through again.
        rows = _rows(msgspec.structs.replace(window, since=at))
        after = Q(at__gt=microseconds(at)) | Q(at=microseconds(at), id__gt=id_)
        found = stored_steps(rows.filter(after).order_by("at", "id")[:AT_ONCE])


def _traces(window: Cut) -> Iterator[bytes]:
    """The traces of those steps, as far as they may be seen, with how many steps are here."""
    counted = _rows(window).order_by().values_list("trace").annotate(count=Count("*"))
    counts = dict(counted.order_by("trace"))
    numbers = list(counts)
    for start in range(0, len(numbers), AT_ONCE):
        part = permitted.traces().filter(number__in=numbers[start : start + AT_ONCE])
        rows = {row.id: row for row in part.order_by("number")}
        for each in stored_traces(rows.values()):
            steps = counts[rows[each.id].number]
            told = replace(each.record, steps=steps, sources=(), withheld=())
            yield excerpts.written(TraceLine(told))
