"""Adds the requests that overlap in time: of those, the order of answers says nothing."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property
from operator import lt, sub

from eventstream.explain.audit.bands import between, bits

_ROUNDING = 1e-3
"""Seconds to look further than the sum of two times that are rounded."""


class Overlaps:
    """Of one group: when each request was received and answered, and which fit each unit.

    `options` are for each unit that is certain the requests that a best alignment pairs it with.
    """

    def __init__(
        self,
        received: Sequence[float],
        answered: Sequence[float],
        fitting: Sequence[int],
        options: Mapping[int, int],
    ) -> None:
        self._received, self._answered = received, answered
        self._fitting, self._options = fitting, options
        self._swaps: dict[int, int] = {}
        self._fit_holders: dict[int, int] = {}

    @cached_property
    def _one_by_one(self) -> bool:
        """Whether each was received after the one before had been answered."""
        return all(map(lt, self._answered, self._received[1:]))

    @cached_property
    def _reach(self) -> float:
        """Seconds that the slowest request took."""
        slowest: float = max(map(sub, self._answered, self._received))
        return max(slowest, 0.0) + _ROUNDING

    def added(self, row: int) -> int:
        """What a unit may be paired with, and all that may as well have made it.

        That is each request that fits and overlaps one of those, and would leave to its own units,
        if it has any, that one in turn.
        """
        paired = found = self._options[row]
        if self._one_by_one:
            return paired
        others = self._fitting[row] & ~paired
        for other in bits(others & self._near(paired)) if others else ():
            if self._swapped(other) & paired:
                found |= 1 << other
        return found

    def _near(self, paired: int) -> int:
        """All that can overlap any of these: no request takes longer than the slowest."""
        first = self._answered[(paired & -paired).bit_length() - 1]
        last = self._answered[paired.bit_length() - 1]
        return between(
            bisect_left(self._answered, first - self._reach),
            bisect_right(self._answered, last + self._reach),
        )

    def _swapped(self, other: int) -> int:
        """The requests that it overlaps and that its own units may have instead."""
        if other not in self._swaps:
            received, answered = self._received[other], self._answered[other]
            first = bisect_left(self._answered, received)
            last = bisect_right(self._answered, answered + self._reach)
            overlapping = 0
            for place in range(first, last):
                if self._received[place] <= answered:
                    overlapping |= 1 << place
            held = self._held().get(other)
            self._swaps[other] = overlapping if held is None else overlapping & held
        return self._swaps[other]

    def _held(self) -> dict[int, int]:
        """For each request that units are paired with, all that fit any of those units."""
        if not self._fit_holders:
            held = self._fit_holders
            for row, paired in self._options.items():
                for place in bits(paired):
                    held[place] = held.get(place, 0) | self._fitting[row]
        return self._fit_holders
