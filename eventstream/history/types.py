"""Which types history knows by their resources, and in which namespaces there is anything."""

import msgspec

from eventstream.explain.vocabulary.records import type_name
from eventstream.history.rights import seen
from eventstream.models import CoverageRow, ImageRow, PlaceRow, TraceRow
from eventstream.objects.observations import Coverage

PLACES_MOST = 2000
"""So many namespaces are told of."""

_coverage = msgspec.json.Decoder(Coverage)


class WatchedType(msgspec.Struct, frozen=True):
    """A type by the name that rights have for it, and the resource by which it is asked for."""

    name: str
    group: str
    plural: str
    namespaced: bool


def types() -> tuple[WatchedType, ...]:
    """Return each type that Baton watches or would, once for each of its resources, by name."""
    bodies = CoverageRow.objects.order_by("resource").values_list("body", flat=True)
    found = {
        WatchedType(
            type_name(each.group, each.kind), each.group, each.plural, namespaced=each.namespaced
        )
        for each in (_coverage.decode(bytes(body)).resource for body in bodies)
        if each.kind
    }
    return tuple(sorted(found, key=lambda each: (each.name, each.plural)))


def places() -> tuple[str, ...]:
    """Return the namespaces that hold something or had a trace, PLACES_MOST at most, sorted."""
    found: set[str] = set()
    held = PlaceRow.objects.filter(id__in=ImageRow.objects.values("place"))
    for rows in (held, TraceRow.objects.all()):
        named = rows.exclude(namespace="").order_by("namespace")
        found.update(named.values_list("namespace", flat=True).distinct()[:PLACES_MOST])
    names = sorted(found)[:PLACES_MOST]
    return tuple(name for name in names if seen().everything or name in seen().within)
