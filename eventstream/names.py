"""The numbers by which rows mean what many of them say: names, places, objects and traces.

They are looked up once and remembered with the connection, since nobody else writes. Whoever
deletes such a row, or fails to commit one, has to `forget`: a number that is wrong would be a lie.
Numbers are given out of one counter and never again.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from eventstream.explain.vocabulary.records import ObjectRef, Step
from eventstream.packing.ids import uid_bytes
from eventstream.searching.keeping import add_objects
from eventstream.statements import NAMES, OBJECTS, PLACES, TRACE_KEYS, Table, statements

REMEMBERED = 16_384
"""So many of a sort are remembered at most; then all are looked up anew."""

Take = Callable[[], int]


class Numbered:
    """One table of names. A key is all of a row but its number: bytes or text, or several.

    `added` is told of the new ones.
    """

    def __init__(
        self, table: Table, by: str, added: Callable[[list[tuple[int, Any]]], None] | None = None
    ) -> None:
        self._table = table
        self._added = added
        self._by = by
        self._place = table.columns.index(by) - 1
        self._single = len(table.columns) == 2
        self.known: dict[Any, int] = {}

    def numbers(self, keys: Iterable[Any], take: Take) -> dict[Any, int]:
        """The number of each key, by all keys that are known; new ones get theirs by `take`."""
        known, missing = self.known, self._missing(keys)
        if missing:
            new = [(take(), key) for key in missing]
            rows = [(number, key) if self._single else (number, *key) for number, key in new]
            statements().add(self._table, rows)
            if self._added:
                self._added(new)
            known.update((key, number) for number, key in new)
        return known

    def stored(self, keys: Iterable[Any]) -> dict[Any, int]:
        """The same, where a key that is not known gets no number."""
        self._missing(keys)
        return self.known

    def _missing(self, keys: Iterable[Any]) -> list[Any]:
        """Look up what is not remembered, and return the keys that have no number yet."""
        if len(self.known) > REMEMBERED:
            self.known.clear()
        asked = dict.fromkeys(key for key in keys if key not in self.known)
        if asked:
            self._find(asked)
        return [key for key in asked if key not in self.known]

    def _find(self, keys: Iterable[Any]) -> None:
        asked = keys if self._single else {key[self._place] for key in keys}
        for number, *key in statements().find(self._table, self._table.columns, self._by, asked):
            self.known[key[0] if self._single else tuple(key)] = number


class Names:
    """All tables of names of the database with this `epoch`; `last` is the last number given.

    `texts` are those of steps that were taken into the index lately, by seq.
    """

    def __init__(self, epoch: str, last: int) -> None:
        self.epoch = epoch
        self.last = last
        self.texts: dict[int, str] = {}
        self.names = Numbered(NAMES, "name")
        self.places = Numbered(PLACES, "namespace")
        self.objects = Numbered(OBJECTS, "uid", _searched)
        self.traces = Numbered(TRACE_KEYS, "id")

        self._meant: dict[tuple[ObjectRef, bool], tuple[int, int]] = {}

    def of_objects(self, steps: Sequence[Step]) -> list[tuple[int, int]]:
        """The numbers of the place and of the object of each step."""
        if len(self._meant) > REMEMBERED:
            self._meant.clear()
        keys = [(step.object, step.change_type == "REFUSED") for step in steps]
        missing = [key for key in dict.fromkeys(keys) if key not in self._meant]
        if missing:
            places = {key: _place(*key) for key in missing}
            objects = {key: _object(key[0]) for key in missing}
            self.places.numbers(places.values(), self.take)
            self.objects.numbers(objects.values(), self.take)
            for key in missing:
                place, object_ = self.places.known[places[key]], self.objects.known[objects[key]]
                self._meant[key] = place, object_
        return [self._meant[key] for key in keys]

    def take(self) -> int:
        """The next number."""
        self.last += 1
        return self.last


def _place(ref: ObjectRef, refused: bool) -> tuple[str, str, str]:
    """Where a step is; of a refused request only a log tells, so that no type says who sees it."""
    return ref.namespace or "", ref.kind, "*" if refused else ref.type


def _searched(new: list[tuple[int, tuple[bytes, str, str]]]) -> None:
    """Let new objects be found by their names."""
    add_objects([(number, name) for number, (_, _, name) in new])


def _object(ref: ObjectRef) -> tuple[bytes, str, str]:
    return uid_bytes(ref.uid), ref.api_version, ref.name


_KEPT = "_names_of_history"


def names(epoch: str, last: int) -> Names:
    """The names of this thread's default database, of which these two are stored.

    They are remembered as long as its connection is open and nothing was rolled back.
    """
    wrapper = connections[DEFAULT_DB_ALIAS]
    wrapper.ensure_connection()
    opened, kept = getattr(wrapper, _KEPT, (None, None))
    same = opened is wrapper.connection
    if same and isinstance(kept, Names) and (kept.epoch, kept.last) == (epoch, last):
        return kept
    new = Names(epoch, last)
    setattr(wrapper, _KEPT, (wrapper.connection, new))
    return new


def forget() -> None:
    """Look everything up anew: rows of names were deleted, or not committed."""
    setattr(connections[DEFAULT_DB_ALIAS], _KEPT, (None, None))
