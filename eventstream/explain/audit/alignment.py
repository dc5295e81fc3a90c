"""Aligns requests with versions: in order, as many as possible, and only what is certain.

Both sides are in order, so an alignment is like that of two texts. A version is matched only if
it is so in every best alignment, and with requests that all tell the same of who asked. Of requests
that overlap in time the order of answers says nothing. A set of requests is a number here, with one
bit for each request of the group in order of its answer.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from heapq import merge
from itertools import islice, pairwise
from operator import le, lt, sub

from eventstream.explain.audit.fitting import Column, Span, by_answer
from eventstream.explain.audit.groups import Group, best_options, between, bits
from eventstream.explain.audit.requests import PROMPT, Request, Unit
from eventstream.explain.world.claims import Match

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


_PAIR = 10_000
LARGEST = 250_000
"""Pairs beyond which a burst is not aligned: there only what all its requests agree on is said."""

LISTED = 8
"""Requests that a match lists at most; of more, the first ones and the one received last."""


def certain(group: Group) -> Iterator[tuple[Unit, Match]]:
    """The units of the group, which has some and requests, whose request is certain, with it."""
    rows, columns = len(group.units), len(group.requests)
    if rows * columns <= LARGEST:
        if rows == columns and _in_pairs(group):
            for unit, request in zip(group.units, group.requests, strict=True):
                yield unit, Match((request.record,))
        else:
            yield from _Alignment(group).certain()
    elif columns >= rows:
        for row, unit in enumerate(group.units):
            if match := agreed(*_ranges(group, row)):
                yield unit, match


def _in_pairs(group: Group) -> bool:
    """Whether each unit, of as many as there are requests, fits the one in its place, as mostly.

    That is the only alignment that leaves none out; it is certain if the requests came one by one.
    """
    fitting, requests = group.fitting, group.requests
    if fitting is None or not all(fit >> row & 1 for row, fit in enumerate(fitting)):
        return False
    return all(one.record.at < other.record.received for one, other in pairwise(requests))


def _ranges(group: Group, row: int) -> tuple[Sequence[Span], Sequence[Request]]:
    if group.fitting is None:
        return group.spans[row], group.named[row]
    return (), [group.requests[bit] for bit in bits(group.fitting[row])]


def agreed(spans: Sequence[Span], named: Sequence[Request] = ()) -> Match | None:
    """What all these requests tell, if they tell the same; of a range hardly any is looked at."""
    askers = {span.column.requests[span.first].asker for span in spans if span.one_asker}
    askers.update(request.asker for request in named)
    if len(askers) != 1 or not all(span.one_asker for span in spans):
        return None
    first = merge(
        *(span.head(LISTED) for span in spans),
        sorted(named, key=by_answer),
        key=by_answer,
    )
    latest = max((*(span.latest() for span in spans), *named), key=_received)
    count = sum(span.last - span.first for span in spans) + len(named)
    return matched(list(islice(first, LISTED)), latest, count)


def matched(first: list[Request], latest: Request, count: int) -> Match:
    """A match of so many like requests, of which these come first and that was received last."""
    if count > LISTED and latest not in first:
        first = [*first[:-1], latest]
    return Match(tuple(request.record for request in first), count - len(first))


def _received(request: Request) -> tuple[float, tuple[float, float, str]]:
    return request.record.received, request.order


class _Alignment:
    """The best alignments of one group."""

    def __init__(self, group: Group) -> None:
        self._units, self._requests = group.units, group.requests
        self._received = [request.record.received for request in group.requests]
        self._answered = [request.record.at for request in group.requests]
        self._fitting = _fitting(group) if group.fitting is None else group.fitting

    def certain(self) -> Iterator[tuple[Unit, Match]]:
        """The units that each best alignment pairs, with what they are paired with in any."""
        options = best_options(self._fitting, self._worth, len(self._requests))
        overlaps = Overlaps(self._received, self._answered, self._fitting, options)
        for row in options:
            paired = overlaps.added(row)
            if not paired & (paired - 1):  # Just one.
                yield self._units[row], Match((self._requests[paired.bit_length() - 1].record,))
            elif self._are_alike(paired):
                yield self._units[row], self._match(paired)

    @cached_property
    def _all_alike(self) -> bool:
        return len({request.asker for request in self._requests}) == 1

    def _are_alike(self, paired: int) -> bool:
        """Whether these requests tell the same of who asked."""
        return self._all_alike or len({self._requests[bit].asker for bit in bits(paired)}) == 1

    def _worth(self, row: int, column: int) -> int:
        """What pairing them is worth: any pair far more than a prompt arrival."""
        at = self._units[row].first.change.at
        return _PAIR + (self._received[column] <= at <= self._answered[column] + PROMPT)

    def _match(self, paired: int) -> Match:
        first = [self._requests[bit] for bit in islice(bits(paired), LISTED)]
        count = paired.bit_count()
        return matched(first, self._latest(paired) if count > LISTED else first[-1], count)

    @cached_property
    def _sound(self) -> bool:
        return all(map(le, self._received, self._answered))

    def _latest(self, paired: int) -> Request:
        """The one received last, found at the end, as each was received before its answer."""
        found = -math.inf, -1
        while paired:
            bit = paired.bit_length() - 1
            if self._answered[bit] < found[0] and self._sound:
                break
            found = max(found, (self._received[bit], bit))
            paired ^= 1 << bit
        return self._requests[found[1]]


def _fitting(group: Group) -> list[int]:
    """For each unit, the requests that fit."""
    place = {request: number for number, request in enumerate(group.requests)}
    own: dict[Column, int] = {}
    for column, (first, last) in _extents(group).items():
        own[column] = _set(place[each] for each in column.requests[first:last] if each in place)
    found: list[int] = []
    for spans, named in zip(group.spans, group.named, strict=True):
        fitting = 0
        for request in named:
            fitting |= 1 << place[request]
        for column, first, last in spans:
            ends = place[column.requests[first]], place[column.requests[last - 1]] + 1
            fitting |= own[column] & between(*ends)
        found.append(fitting)
    return found


def _extents(group: Group) -> dict[Column, tuple[int, int]]:
    """For each column, the stretch that the group's ranges lie in."""
    found: dict[Column, tuple[int, int]] = {}
    for spans in group.spans:
        for column, first, last in spans:
            known = found.get(column, (first, last))
            found[column] = min(first, known[0]), max(last, known[1])
    return found


def _set(places: Iterator[int]) -> int:
    marks = bytearray()
    for place in places:
        if place >= len(marks) * 8:
            marks.extend(bytes(max(place // 8 + 1 - len(marks), len(marks))))
        marks[place // 8] |= 1 << place % 8
    return int.from_bytes(marks, "little")
