"""Where a trace is counted: by the type of its root and its namespace, so many of them at most.

A cluster may have any number of namespaces, and one for each pull request; a monitoring system
keeps each series that it ever saw. So the first that come have a name, and the others share one,
until one that has a name was idle for long.
"""

from typing import NamedTuple

PLACES_MOST = 400
"""So many pairs of a type and a namespace are counted apart."""

TYPES_MOST = 40
"""So many types are told apart where namespaces are not any more."""

IDLE_SECONDS = 3600.0
"""A place where nothing was counted for so long, and nothing is open, may be another's."""

OTHER = "(other)"
"""Stands for what has no name of its own; nothing in Kubernetes can be called so."""


class Place(NamedTuple):
    """A type, as `Deployment.apps`, and a namespace, "" for none; either may be OTHER."""

    type: str
    namespace: str


NOWHERE = Place(OTHER, OTHER)


class Places:
    """Gives each trace its place."""

    def __init__(self) -> None:
        self._named: dict[Place, float] = {}
        self._types: set[str] = set()

    def __len__(self) -> int:
        return len(self._named)

    def find(self, type_: str, namespace: str, now: float) -> Place:
        """Return the place of a type in a namespace, at monotonic time `now`."""
        place = Place(type_, namespace)
        if place in self._named or len(self._named) < PLACES_MOST:
            self._named[place] = now
            return place
        if type_ in self._types or len(self._types) < TYPES_MOST:
            self._types.add(type_)
            return Place(type_, OTHER)
        return NOWHERE

    def touch(self, place: Place, now: float) -> None:
        """Note that something was counted there."""
        if place in self._named:
            self._named[place] = now

    def is_full(self) -> bool:
        """Whether the next place would have no name."""
        return len(self._named) >= PLACES_MOST

    def idle(self, now: float) -> list[Place]:
        """Return the places where nothing was counted for IDLE_SECONDS."""
        return [place for place, at in self._named.items() if now - at > IDLE_SECONDS]

    def free(self, place: Place) -> None:
        """Let another have the name."""
        self._named.pop(place, None)
