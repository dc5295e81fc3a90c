"""All writes in order of time, whatever trace they belong to: what changed, where and by whom.

What is looked for decides which index is gone through, each of which has the rows of a place, of an
actor or of all in order of time: only the rows that are shown are read as a whole.
"""

import heapq

import msgspec
from django.db.models import Q, QuerySet

from eventstream.explain.vocabulary.records import Step
from eventstream.history import permitted
from eventstream.history.answers import BadCursorError, Stored
from eventstream.history.reading import stored_steps
from eventstream.models import NameRow, PlaceRow, StepRow
from eventstream.packing.ids import id_bytes, id_text

PLACES_MOST = 12
"""Of so many places at most the newest writes of each are laid together; where there are more, all
writes are gone through by time, among which theirs are then many."""

_Key = tuple[int, bytes]
"""Where a write stands: by its time and its id."""


class LedgerFilter(msgspec.Struct, frozen=True):
    """Which writes to list; what is None is not asked for. `text` matches names of objects."""

    namespace: str | None = None
    kind: str | None = None
    actor: str | None = None
    text: str | None = None


class LedgerPage(msgspec.Struct, frozen=True):
    """Writes, the newest first, and where the next page begins (None: there is none)."""

    rows: tuple[Stored[Step], ...]
    next: str | None


def ledger(
    wanted: LedgerFilter | None = None, *, limit: int = 200, before: str | None = None
) -> LedgerPage:
    """Writes that match, at most `limit`, the newest first; heartbeats are left out.

    `before` is the `next` of the page above. Raises BadCursorError.
    """
    keys = _newest(wanted or LedgerFilter(), limit + 1, before)
    rows = permitted.steps().filter(id__in=[id_ for _, id_ in keys[:limit]])
    stored = {id_bytes(each.id): each for each in stored_steps(rows)}
    found = (stored[id_] for _, id_ in keys[:limit] if id_ in stored)
    at, last = keys[limit - 1] if len(keys) > limit else (0, b"")
    return LedgerPage(
        tuple(each for each in found if each.record.verb != "renew"),
        f"{at}/{id_text(last)}" if last else None,
    )


def _newest(wanted: LedgerFilter, limit: int, before: str | None) -> list[_Key]:
    """Where the newest writes stand that match."""
    rows = permitted.steps()
    if wanted.actor:
        rows = rows.filter(actor__in=list(NameRow.objects.filter(name=wanted.actor)))
    for word in (wanted.text or "").split():
        rows = rows.filter(Q(object__name__icontains=word) | Q(place__namespace__icontains=word))
    if before is not None:
        at, id_ = _place(before)
        # The first condition alone lets the index find the place.
        rows = rows.filter(Q(at__lte=at), Q(at__lt=at) | Q(id__lt=id_))
    places = _places(wanted)
    few = list(places.values_list("id", flat=True)[: PLACES_MOST + 1])
    if wanted.actor or len(few) > PLACES_MOST:
        return _keys(permitted.at_places(rows, places), limit)
    return heapq.nlargest(
        limit, (key for place in few for key in _keys(rows.filter(place=place), limit))
    )


def _places(wanted: LedgerFilter) -> QuerySet[PlaceRow]:
    """The places where what is looked for may be."""
    places = permitted.places().exclude(kind="Lease")
    for column, asked in (("namespace", wanted.namespace), ("kind", wanted.kind)):
        if asked:
            places = places.filter(**{column: asked})
    return places


def _keys(rows: QuerySet[StepRow], limit: int) -> list[_Key]:
    found = rows.order_by("-at", "-id").values_list("at", "id")[:limit]
    return [(at, id_bytes(id_)) for at, id_ in found]


def _place(cursor: str) -> tuple[int, str]:
    at, slash, id_ = cursor.partition("/")
    try:
        if slash:
            return int(at), id_
    except ValueError:
        pass  # Said below, as for a cursor without a slash.
    raise BadCursorError(f"{cursor!r} is no place in the list of changes.")
