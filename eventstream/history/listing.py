"""Which traces a filter shows, and one trace's steps in order, a page at a time."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from eventstream.explain.vocabulary.records import Step, Trace
from eventstream.history import permitted, runs
from eventstream.history.answers import Filter, Stored
from eventstream.history.reading import (
    first_step,
    step_place,
    stored_steps,
    stored_trace,
    stored_traces,
)
from eventstream.models import StepRow, TraceKeyRow, TraceRow
from eventstream.objects.kinds import is_built_in


def matching(filter_: Filter) -> QuerySet[TraceRow]:
    """The rows that `filter_` shows, in no order."""
    rows = permitted.traces()
    if not shows_background(filter_):
        rows = rows.filter(background=False)
    for column in ("namespace", "kind", "state"):
        if wanted := getattr(filter_, column):
            rows = rows.filter(**{column: wanted})
    if filter_.actor:
        acted = permitted.steps().filter(actor__name=filter_.actor, trace=OuterRef("number"))
        rows = rows.filter(Q(holder=filter_.actor) | Exists(acted.order_by()))
    for word in (filter_.text or "").split():
        rows = rows.filter(
            Q(title__icontains=word) | Q(name__icontains=word) | Q(namespace__icontains=word)
        )
    return rows


def shows_background(filter_: Filter) -> bool:
    """Whether `filter_` also shows traces in the background."""
    return filter_.background or filter_.state == "unknown"


def numbers_of(ids: Iterable[str]) -> QuerySet[Any, Any]:
    """The numbers of these traces."""
    return TraceKeyRow.objects.filter(id__in=list(ids)).values("number")


def steps_of(trace_id: str) -> QuerySet[StepRow]:
    """The steps of one trace, in no order. That it is one lets an index give them in theirs."""
    return permitted.steps().filter(trace=numbers_of([trace_id])[:1])


def begun(kind: str = "", *, limit: int = 20) -> list[Stored[Trace]]:
    """The traces whose beginning was seen, at most `limit`, the one that began last first.

    Of objects of `kind`; with "" of custom resources, of whatever kind.
    """
    types = [type_ for type_ in runs.types(background=False) if _is_of(kind, type_)]
    rows = permitted.traces().filter(existing=False, background=False, type__in=types)
    # First which ones, so that the bodies of all others are left alone.
    last = list(rows.order_by("-started", "id").values_list("number", flat=True)[:limit])
    found = permitted.traces().filter(number__in=last)
    return stored_traces(found.order_by("-started", "id"))


def _is_of(kind: str, type_: str) -> bool:
    """Whether a type is of the kind; with "" whether it is one of custom resources."""
    name, _, group = type_.partition(".")
    return name == kind if kind else not is_built_in(f"{group}/" if group else "")


def trace(id: str) -> Stored[Trace] | None:  # noqa: A002
    """One trace, None when history does not hold it."""
    row = permitted.traces().filter(number__in=numbers_of([id])).first()
    return None if row is None else stored_trace(row)


def steps(trace_id: str, *, after: str | None = None, limit: int = 500) -> list[Stored[Step]]:
    """A trace's steps in the API server's order, at most `limit`, behind the cursor `after`.

    The order is that of resourceVersions; a step without one stands behind those that were
    written before its time. Raises BadCursorError.
    """
    rows = steps_of(trace_id)
    if after is not None:
        key, id_ = step_place(after)
        rows = rows.filter(Q(sort__gt=key) | Q(sort=key, id__gt=id_))
    return stored_steps(rows.order_by("sort", "id")[:limit])


def steps_up_to(trace_id: str, cursor: str) -> int:
    """How many steps of a trace stand up to and at `cursor`. Raises BadCursorError."""
    key, id_ = step_place(cursor)
    rows = steps_of(trace_id)
    return rows.filter(Q(sort__lt=key) | Q(sort=key, id__lte=id_)).count()


def step(id: str) -> Stored[Step] | None:  # noqa: A002
    """One step, None when history does not hold it."""
    return first_step(permitted.steps().filter(id=id))
