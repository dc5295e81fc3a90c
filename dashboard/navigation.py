"""The pages that every page links to, in one list: a new page adds its line here."""

import msgspec
from django.urls import reverse


class Place(msgspec.Struct, frozen=True):
    """One entry: its `label`, the name of its address, and names of addresses that lie within."""

    label: str
    name: str
    within: frozenset[str] = frozenset()


PLACES = (
    Place("Now", "now", frozenset({"trace", "step"})),
    Place("Cluster", "cluster", frozenset({"object", "changes", "window"})),
    Place("Learn", "learn"),
    Place("Reference", "reference"),
    Place("Tape", "tape"),
)
"""In the order in which they stand in the header."""


class Entry(msgspec.Struct, frozen=True):
    """A place as a link; `current` is what `aria-current` says of it, "" for other pages."""

    label: str
    address: str
    current: str


def entries(name: str | None) -> list[Entry]:
    """Return all places as seen from the address called `name`, None for a page without one."""
    return [Entry(place.label, reverse(place.name), _current(place, name)) for place in PLACES]


def _current(place: Place, name: str | None) -> str:
    if name == place.name:
        return "page"
    return "true" if name in place.within else ""
