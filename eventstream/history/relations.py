"""What stands beside a trace or a step in history, and what nobody saw meanwhile."""

from collections.abc import Collection, Iterable

from django.db.models import Q

from eventstream.explain.vocabulary.records import ObjectRef, Step, Trace
from eventstream.history import permitted
from eventstream.history.answers import Stored
from eventstream.history.listing import numbers_of, steps_of
from eventstream.history.reading import (
    first_step,
    step_place,
    stored_gap,
    stored_steps,
    stored_trace,
    stored_traces,
)
from eventstream.objects.observations import Gap
from eventstream.packing.steps import microseconds

REVISIONS_MOST = 200
"""Objects of one name may come and go, with their revisions; so many of these are looked at."""

_LOOKED_AT = 20
"""Objects of one name may come and go; so many of their traces are looked at."""


def trace_before(trace: Trace) -> Stored[Trace] | None:
    """The latest trace of the same root object that began before; None if none is kept."""
    return _beside(trace, Q(started__lt=trace.started), "-started")


def trace_after(trace: Trace) -> Stored[Trace] | None:
    """The next trace of the same root object that began after; None if there is none."""
    return _beside(trace, Q(started__gt=trace.started), "started")


def earlier_revisions(root: ObjectRef) -> list[Stored[Trace]]:
    """The revisions that an object had before watching began, as traces, the newest first."""
    rows = permitted.traces().filter(
        background=True,
        existing=True,
        kind=root.kind,
        namespace=root.namespace or "",
        name=root.name,
    )
    found = [
        (each.record.revision.number, each)
        for each in stored_traces(rows.order_by("-started", "id")[:REVISIONS_MOST])
        if each.record.revision is not None and each.record.root.uid == root.uid
    ]
    return [each for _, each in sorted(found, key=lambda found: -found[0])]


def revisions_beside(trace: Trace) -> tuple[Stored[Trace] | None, Stored[Trace] | None]:
    """The revisions of the same object before and after this one, from before watching began."""
    own = trace.revision.number if trace.revision is not None else 0
    found = [
        (each.record.revision.number, each)
        for each in earlier_revisions(trace.root)
        if each.record.revision is not None
    ]
    before = max((each for each in found if each[0] < own), default=None, key=lambda each: each[0])
    after = min((each for each in found if each[0] > own), default=None, key=lambda each: each[0])
    return before[1] if before else None, after[1] if after else None


def _beside(trace: Trace, where: Q, order: str) -> Stored[Trace] | None:
    root = trace.root
    rows = permitted.traces().filter(
        where, kind=root.kind, namespace=root.namespace or "", name=root.name, background=False
    )
    for row in rows.exclude(id=trace.id).order_by(order)[:_LOOKED_AT]:
        found = stored_trace(row)
        if found.record.root.uid == root.uid:
            return found
    return None


def steps_beside(step: Stored[Step]) -> tuple[Stored[Step] | None, Stored[Step] | None]:
    """The steps before and after `step` in its trace's order; None at either end."""
    key, id_ = step_place(step.cursor)
    rows = steps_of(step.record.trace)
    before = rows.filter(Q(sort__lt=key) | Q(sort=key, id__lt=id_))
    after = rows.filter(Q(sort__gt=key) | Q(sort=key, id__gt=id_))
    return first_step(before.order_by("-sort", "-id")), first_step(after.order_by("sort", "id"))


def gaps_between(
    since: float, until: float, limit: int = 50, types: Collection[str] | None = None
) -> list[Stored[Gap]]:
    """Gaps that overlap a stretch of time (unix seconds), the earliest first, at most `limit`.

    Of these types; None for all.
    """
    rows = permitted.gaps().filter(at__gte=since)
    if types is not None:
        rows = rows.filter(type__in=types)
    found = (stored_gap(row) for row in rows.order_by("at")[: 4 * limit])
    return [gap for gap in found if gap.record.since <= until][:limit]


def between(
    since: float, until: float, namespace: str | None = None, *, limit: int = 1000
) -> list[Stored[Step]]:
    """The steps of a stretch of time (unix seconds), of all traces, in order of time.

    Renewals of Leases are left out; at most `limit`.
    """
    rows = permitted.steps().filter(at__gte=microseconds(since), at__lte=microseconds(until))
    rows = rows.exclude(place__kind="Lease")
    if namespace is not None:
        rows = rows.filter(place__namespace=namespace)
    return stored_steps(rows.order_by("at", "sort")[:limit])


def traces_of(ids: Iterable[str], limit: int) -> list[Stored[Trace]]:
    """Those of these traces that are no background, the stuck ones first, at most `limit`."""
    rows = permitted.traces().filter(number__in=numbers_of(ids), background=False)
    return stored_traces(rows.order_by("rank", "-updated", "id")[:limit])
