"""What changed after a seq: how an open page catches up, after a moment or after an hour."""

from collections.abc import Iterable
from typing import TypeVar

from django.db.models import Model, QuerySet

from eventstream.history import permitted
from eventstream.history.answers import Changes, Filter, Gone, Row, Stored
from eventstream.history.listing import matching, numbers_of, steps_of
from eventstream.history.reading import (
    removed,
    stored_gap,
    stored_steps,
    stored_trace,
    stored_traces,
)
from eventstream.history.status import head
from eventstream.models import TombstoneRow, TraceRow

_Row = TypeVar("_Row", bound=Model)


def changes_since(
    seq: int,
    *,
    limit: int = 500,
    trace: str | None = None,
    filter: Filter | None = None,  # noqa: A002
) -> Changes:
    """Everything with a higher seq than `seq`, in order of seq, at most `limit` rows.

    For the feed (`trace` None): traces, removed traces and gaps; a trace that changed and does
    not match `filter` is given as removed. For a trace: its row, its steps, and what left it.
    A `seq` below `floor()` cannot be continued from: load the page anew.
    """
    # Read the head first: rows that a commit moves past it meanwhile belong to the next answer,
    # and so no transaction, which would stand in the writer's way, is needed.
    until = head()
    rows = (
        _of_feed(seq, until, limit, filter or Filter())
        if trace is None
        else _of(trace, seq, until, limit)
    )
    found = sorted(rows, key=_seq)
    if len(found) > limit:
        return Changes(_seq(found[limit - 1]), tuple(found[:limit]), more=True)
    return Changes(max(seq, until), tuple(found))


def _of_feed(seq: int, until: int, limit: int, filter_: Filter) -> list[Row]:
    buried = TombstoneRow.objects.filter(kind="trace")
    return [
        *_filtered(_between(_fixed(filter_), seq, until, limit), filter_),
        *map(removed, _between(buried, seq, until, limit)),
        *(("gap", stored_gap(row)) for row in _between(permitted.gaps(), seq, until, limit)),
    ]


def _of(trace: str, seq: int, until: int, limit: int) -> list[Row]:
    own = permitted.traces().filter(number__in=numbers_of([trace]))
    steps = steps_of(trace)
    left = TombstoneRow.objects.filter(trace=trace)
    return [
        *(("trace", stored_trace(row)) for row in _between(own, seq, until, limit)),
        *(("step", step) for step in stored_steps(_between(steps, seq, until, limit))),
        *map(removed, _between(left, seq, until, limit)),
    ]


def _between(rows: QuerySet[_Row], seq: int, until: int, limit: int) -> QuerySet[_Row]:
    return rows.filter(seq__gt=seq, seq__lte=until).order_by("seq")[: limit + 1]


def _fixed(filter_: Filter) -> QuerySet[TraceRow]:
    """Traces that match in what never changes of a trace, so that others were never shown."""
    return matching(Filter(filter_.namespace, filter_.kind, background=filter_.background))


def _filtered(rows: Iterable[TraceRow], filter_: Filter) -> list[Row]:
    changed = list(rows)
    shown = set(
        matching(filter_)
        .filter(number__in=[row.number for row in changed])
        .values_list("number", flat=True)
    )
    told = {each.id: each for each in stored_traces(row for row in changed if row.number in shown)}
    return [
        ("trace", told[row.id])
        if row.id in told
        else ("removed", Stored(row.id, row.revision, row.seq, Gone(row.id, "trace")))
        for row in changed
    ]


def _seq(row: Row) -> int:
    return row[1].seq
