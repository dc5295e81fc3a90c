"""The rows of history that whoever asks may see: the only way to them from the rest of this room.

The database filters, so that counts, pages and searches are right; nothing is taken out afterwards.
"""

from collections import defaultdict
from typing import TypeVar

from django.db.models import F, Model, Q, QuerySet

from eventstream.history.rights import Rights, seen
from eventstream.models import GapRow, ImageRow, PlaceRow, StepRow, TraceRow

GROUPS_MOST = 100
"""So many different sets of types one viewer may have in namespaces; the rest is not shown."""

_Row = TypeVar("_Row", bound=Model)


def steps() -> QuerySet[StepRow]:
    """The steps whose objects may be seen, to be found by what else is asked of them.

    Their places only say of each row whether it may be seen: who began with the rows of all
    places would have to sort them. The database is told so by a sum, which no index is of.
    """
    if seen().everything:
        return StepRow.objects.all()
    return at_places(StepRow.objects.all(), places())


def steps_of_places_seen() -> QuerySet[StepRow]:
    """All steps, for whoever asks for those at places that are among `places`, and for no others.

    A statement that is asked for one place after the other need not find out anew which are seen.
    """
    return StepRow.objects.all()


def steps_to_look_in() -> QuerySet[StepRow]:
    """All steps, only to find out where to look: what is there has to be asked for anew."""
    return StepRow.objects.all()


def traces_to_look_in() -> QuerySet[TraceRow]:
    """All traces, for the same."""
    return TraceRow.objects.all()


def at_places(rows: QuerySet[StepRow], those: QuerySet[PlaceRow]) -> QuerySet[StepRow]:
    """Those of the rows that are at `those` places, found by what else is asked of them."""
    return rows.alias(at_place=F("place_id") + 0).filter(at_place__in=those.values("id"))


def steps_by_place() -> QuerySet[StepRow]:
    """The same, to be found by their places: to count them."""
    return _placed(StepRow.objects.all(), seen())


def traces() -> QuerySet[TraceRow]:
    """The traces whose roots may be seen."""
    return _reached(TraceRow.objects.all(), seen())


def images() -> QuerySet[ImageRow]:
    """The live objects that may be seen."""
    return _placed(ImageRow.objects.all(), seen())


def gaps() -> QuerySet[GapRow]:
    """The gaps in watching what may be seen in the whole cluster or somewhere in it."""
    rights = seen()
    if rights.everything:
        return GapRow.objects.all()
    types = rights.everywhere.union(*rights.within.values())
    return GapRow.objects.filter(type__in=types)


def places() -> QuerySet[PlaceRow]:
    """The places that may be seen, by which steps and live objects are."""
    return _reached(PlaceRow.objects.all(), seen())


def _placed(rows: QuerySet[_Row], rights: Rights) -> QuerySet[_Row]:
    if rights.everything:
        return rows
    return rows.filter(place__in=places().values("id"))


def _reached(rows: QuerySet[_Row], rights: Rights) -> QuerySet[_Row]:
    if rights.everything:
        return rows
    alike: dict[frozenset[str], list[str]] = defaultdict(list)
    for namespace, types in rights.within.items():
        alike[types].append(namespace)
    reached = Q(type__in=sorted(rights.everywhere))
    for types, namespaces in list(alike.items())[:GROUPS_MOST]:
        reached |= Q(type__in=sorted(types), namespace__in=sorted(namespaces))
    return rows.filter(reached)
