"""The objects that exist, by kind, namespace and name, and which trace tells how one stands."""

from collections.abc import Iterable

import msgspec

from eventstream.explain.vocabulary.records import ObjectRef, Step, Trace, tells
from eventstream.history import permitted
from eventstream.history.answers import Stored
from eventstream.history.listing import steps_of
from eventstream.history.reading import stored_steps, stored_traces
from eventstream.history.rights import seen
from eventstream.models import ImageRow

ROOTS_MOST = 50
"""Objects of one name may come and go; so many of their traces are looked at."""

CAUSES_MOST = 5000
"""So many causes are asked about at a time; the rest are not told."""


class ObjectsWanted(msgspec.Struct, frozen=True):
    """Which objects to list, by their exact names; what is None is not asked for."""

    namespace: str | None = None
    kind: str | None = None
    type: str | None = None
    name: str | None = None


class Existing(msgspec.Struct, frozen=True):
    """An object that exists; `state` and `node` are a Pod's."""

    ref: ObjectRef
    state: str
    node: str


class ObjectsPage(msgspec.Struct, frozen=True):
    """Some objects in order of their uids, and the last of these where more follow."""

    rows: tuple[Existing, ...]
    next: str | None


def existing(wanted: ObjectsWanted, *, limit: int = 100, after: str = "") -> ObjectsPage:
    """The objects that match, at most `limit`, those behind the uid `after`."""
    rows = permitted.images().exclude(place__kind="")
    for column, asked in (
        ("place__namespace", wanted.namespace),
        ("place__kind", wanted.kind),
        ("place__type", wanted.type),
        ("name", wanted.name),
    ):
        if asked is not None:
            rows = rows.filter(**{column: asked})
    if after:
        rows = rows.filter(uid__gt=after)
    ordered = rows.select_related("place", "resource").order_by("uid")
    found = list(ordered.defer("body")[: limit + 1])
    shown = tuple(map(_existing, found[:limit]))
    return ObjectsPage(shown, shown[-1].ref.uid if len(found) > limit else None)


def _existing(row: ImageRow) -> Existing:
    version = row.resource.name.rpartition("/")[0]
    place = row.place
    ref = ObjectRef(version, place.kind, place.namespace or None, row.name, row.uid)
    return Existing(ref, row.state, row.node)


def own_traces(ref: ObjectRef) -> list[Stored[Trace]]:
    """The traces that an object is the root of, be it without a step of their own, newest first."""
    rows = permitted.traces().filter(kind=ref.kind, namespace=ref.namespace or "", name=ref.name)
    found = stored_traces(rows.order_by("-started", "id")[:ROOTS_MOST])
    return [each for each in found if each.record.root.uid == ref.uid]


def trace_telling(ref: ObjectRef) -> Stored[Trace] | None:
    """The trace that tells how an object stands, None where none does.

    Of those that it is the root of, the one that began last, and before that one that stands still,
    and before any one that nothing overtook; else the latest in which something was done to it.
    """
    if own := own_traces(ref):
        return max(own, key=lambda each: (*tells(each.record), each.record.started))
    numbers = permitted.steps().filter(object__uid=ref.uid).values("trace")
    others = permitted.traces().filter(number__in=numbers).order_by("-started", "id")
    return next(iter(stored_traces(others[:1])), None)


def last_steps(trace_id: str, limit: int) -> list[Stored[Step]]:
    """The last steps of a trace, at most `limit`, in the API server's order."""
    rows = steps_of(trace_id).order_by("-sort", "-id")
    return list(reversed(stored_steps(rows[:limit])))


def seen_causes(steps: Iterable[Step]) -> frozenset[str] | None:
    """The causes of these steps that whoever asks may see; None where that is all of them."""
    if seen().everything:
        return None
    causes = sorted({cause for step in steps for cause in step.causes})[:CAUSES_MOST]
    return frozenset(permitted.steps().filter(id__in=causes).values_list("id", flat=True))
