"""The writes whose decision looked at one object: whom a late write must be told to."""

from bisect import bisect_left, bisect_right, insort
from typing import TYPE_CHECKING

from eventstream.explain.world.families import by_order

if TYPE_CHECKING:
    from eventstream.explain.world.writes import Write

_FEW = 32


class Askers(dict[int, "Write"]):
    """Writes by identity, and in order: of a hundred thousand, those above an order are few.

    Add with `add` alone, which expects one that is not here yet.
    """

    __slots__ = ("_ordered",)

    def __init__(self) -> None:
        super().__init__()
        self._ordered: list[Write] = []

    def add(self, write: "Write") -> None:
        """Remember a write; mostly it is the newest."""
        self[id(write)] = write
        ordered = self._ordered
        if not ordered or write.order >= ordered[-1].order:
            ordered.append(write)
        else:
            insort(ordered, write, key=by_order)

    def discard(self, write: "Write") -> None:
        """Forget a write; its place goes once half of the places are empty."""
        self.pop(id(write), None)
        if len(self._ordered) > 2 * len(self) + _FEW:
            self._ordered = [each for each in self._ordered if id(each) in self]

    def take_below(self, order: float) -> "list[Write]":
        """Forget those below `order`, and return them in their order."""
        last = bisect_left(self._ordered, order, key=by_order)
        below, self._ordered = self._ordered[:last], self._ordered[last:]
        return [each for each in below if self.pop(id(each), None) is not None]

    def above(self, order: float) -> "list[Write]":
        """Those above `order`, in their order."""
        ordered = self._ordered
        if not ordered or ordered[-1].order <= order:
            return []  # As nearly always.
        first = bisect_right(ordered, order, key=by_order)
        return [each for each in ordered[first:] if id(each) in self]
