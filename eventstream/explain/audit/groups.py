"""Parts units and requests into groups that do not concern each other, and each group into a band.

A request that names the version before a unit is looked up by that, all others by ranges of
columns: the pairs themselves are never listed. Sets of columns are numbers, one bit for each. How
many pairs there can be at most is found for all columns of a row at once. It says how many rows
and columns a best alignment leaves out, and so how far it can go from the diagonal: only that band
is looked at. With as many columns as rows, all of which can be paired, that is the diagonal alone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from operator import and_, or_

import msgspec

from eventstream.explain.audit.fitting import Index, Span, by_answer, fits, is_prompt
from eventstream.explain.audit.requests import Request, Unit
from eventstream.explain.world.families import by_order


class Group(msgspec.Struct, gc=False):
    """Units and requests that only concern each other, each in order.

    Which requests fit a unit, `fitting` says in bits, one for each request in order; where there
    are too many for that, `spans` as ranges and `named` one by one. A group that is `exact` is one
    unit with the one request that names the version before it, as good as proven: `settled` if no
    other kind of request can compete.
    """

    units: list[Unit]
    requests: list[Request]
    fitting: list[int] | None = None
    spans: Sequence[Sequence[Span]] = ()
    named: Sequence[Sequence[Request]] = ()
    exact: bool = False
    settled: bool = False


_FEW = 24
"""Pairs that are sooner tried than looked up."""


def groups(units: list[Unit], requests: list[Request]) -> list[Group]:
    """All of them in groups, those included that nothing fits."""
    if not units or not requests:
        return _alone(units, requests)
    if len(units) == 1 == len(requests):
        return _paired(units[0], requests[0])
    units.sort(key=by_order)
    if len(units) * len(requests) <= _FEW:
        return _tried(units, requests)
    return _looked_up(units, requests)


def _alone(units: Iterable[Unit], requests: Iterable[Request]) -> list[Group]:
    found = [Group([unit], []) for unit in units]
    found.extend([Group([], [request]) for request in requests])
    return found


def _paired(unit: Unit, request: Request) -> list[Group]:
    """One unit and one request, as they mostly come."""
    if not fits(unit, request):
        return _alone([unit], [request])
    exact = bool(request.version)
    settled = exact and is_prompt(unit, request.record)
    return [Group([unit], [request], [1], exact=exact, settled=settled)]


def _tried(units: list[Unit], requests: list[Request]) -> list[Group]:
    """Of a few: each request is tried on each unit."""
    requests.sort(key=by_answer)
    naming = sum([1 << place for place, each in enumerate(requests) if each.version])
    found: list[Group] = []
    left: list[tuple[Unit, int]] = []
    taken = 0
    for unit in units:
        fitting = sum([1 << place for place, each in enumerate(requests) if fits(unit, each)])
        exact = fitting & naming
        if exact.bit_count() == 1:
            request = requests[exact.bit_length() - 1]
            settled = is_prompt(unit, request.record)
            if settled or fitting == exact:
                taken |= exact
                found.append(Group([unit], [request], [1], exact=True, settled=settled))
                continue
        left.append((unit, fitting))
    parts = _connected([(unit, fitting & ~taken) for unit, fitting in left])
    found.extend(_narrowed(*part, requests) for part in parts)
    used = taken | reduce(or_, [fitting for _, fitting, _ in parts], 0)
    found.extend(_alone((), (each for at, each in enumerate(requests) if not used >> at & 1)))
    return found


_Part = tuple[list[Unit], int, list[int]]
"""Units in order, the requests that fit any of them, and those that fit each."""


def _connected(rows: list[tuple[Unit, int]]) -> list[_Part]:
    """The connected parts; a unit that nothing fits is one of its own."""
    fitting = [each for _, each in rows]
    common: int = reduce(and_, fitting) if fitting else 0
    if common:  # As mostly: a request that fits them all.
        return [([unit for unit, _ in rows], reduce(or_, fitting), fitting)]
    parts: list[tuple[int, list[int]]] = []
    for number, fit in enumerate(fitting):
        met = [part for part in parts if part[0] & fit]
        if met:
            parts = [part for part in parts if not part[0] & fit]
        numbers = [each for _, own in met for each in own]
        parts.append((reduce(or_, [one for one, _ in met], fit), sorted([*numbers, number])))
    return [
        ([rows[number][0] for number in numbers], fit, [fitting[number] for number in numbers])
        for fit, numbers in parts
    ]


def _narrowed(units: list[Unit], fitting: int, each: list[int], requests: list[Request]) -> Group:
    """The group of a part, with only the requests that are in it."""
    if fitting == (1 << len(requests)) - 1:
        return Group(units, requests, each)
    places = [*bits(fitting)]
    own = [sum([1 << n for n, at in enumerate(places) if one >> at & 1]) for one in each]
    return Group(units, [requests[place] for place in places], own)


def _looked_up(units: list[Unit], requests: list[Request]) -> list[Group]:
    """Of many: by the version that they name, and by columns."""
    index = Index(each for each in requests if not each.version)
    naming: dict[str, list[Request]] = {}
    for request in requests:
        if request.version:
            naming.setdefault(request.version, []).append(request)
    left, taken, found = _Left(), set[Request](), list[Group]()
    for unit in units:
        exact = [each for each in naming.get(unit.version, ()) if fits(unit, each)]
        settled = _settles(unit, exact)
        spans = () if settled else index.spans(unit)
        if settled or (len(exact) == 1 and not spans):
            taken.add(exact[0])
            found.append(Group([unit], exact, [1], exact=True, settled=settled))
        else:
            left.add(unit, spans, exact)
    found.extend(left.groups(taken))
    unfit = (each for each in requests if each not in left.holder and each not in taken)
    found.extend(_alone((), unfit))
    return found


def _settles(unit: Unit, exact: list[Request]) -> bool:
    """Whether it is one request that named the version before, sent when the next one came.

    It may have changed nothing: then the next version is another's, and came when that was sent.
    """
    return len(exact) == 1 and is_prompt(unit, exact[0].record)


class _Left:
    """The units whose request is still open, joined by the requests that fit several of them.

    `holder` is for each such request one of the units.
    """

    def __init__(self) -> None:
        self.holder: dict[Request, int] = {}
        self._units: list[Unit] = []
        self._spans: list[Sequence[Span]] = []
        self._named: list[list[Request]] = []
        self._parent: list[int] = []

    def add(self, unit: Unit, spans: Sequence[Span], named: list[Request]) -> None:
        """Take a unit; they come in order."""
        self._parent.append(len(self._units))
        self._units.append(unit)
        self._spans.append(spans)
        self._named.append(named)

    def groups(self, taken: set[Request]) -> Iterator[Group]:
        """The connected ones together; those `taken` by others are nobody's."""
        for row, named in enumerate(self._named):
            if taken:
                named[:] = [request for request in named if request not in taken]
            self._hold(named, row)
        for requests, row in self._runs():
            self._hold(requests, row)
        rows: dict[int, list[int]] = {}
        for row in range(len(self._units)):
            rows.setdefault(self._root(row), []).append(row)
        held: dict[int, list[Request]] = {root: [] for root in rows}
        for request, row in self.holder.items():
            held[self._root(row)].append(request)
        for root, own in rows.items():
            yield Group(
                [self._units[row] for row in own],
                sorted(held[root], key=by_answer),
                spans=[self._spans[row] for row in own],
                named=[self._named[row] for row in own],
            )

    def _runs(self) -> Iterator[tuple[Sequence[Request], int]]:
        """Stretches of columns in which one range overlaps the next, each with one of its units."""
        ranges: dict[int, list[tuple[int, int, int, Span]]] = {}
        for row, spans in enumerate(self._spans):
            for span in spans:
                entry = span.first, span.last, row, span
                ranges.setdefault(id(span.column), []).append(entry)
        for of_column in ranges.values():
            of_column.sort(key=_beginning)
            column = of_column[0][3].column
            first, last, held, _ = of_column[0]
            for begin, end, row, _ in of_column:
                if begin < last:
                    self._join(held, row)
                    last = max(last, end)
                    continue
                yield column.requests[first:last], held
                first, last, held = begin, end, row
            yield column.requests[first:last], held

    def _hold(self, requests: Sequence[Request], row: int) -> None:
        for request in requests:
            self._join(self.holder.setdefault(request, row), row)

    def _join(self, row: int, other: int) -> None:
        row, other = self._root(row), self._root(other)
        if row != other:
            self._parent[max(row, other)] = min(row, other)

    def _root(self, row: int) -> int:
        parent = self._parent
        while parent[row] != row:
            parent[row] = row = parent[parent[row]]
        return row


def _beginning(entry: tuple[int, int, int, Span]) -> int:
    return entry[0]


Worth = Callable[[int, int], int]
"""What a row and a column that fit are worth as a pair; one pair more beats all worths."""


def best_options(fitting: Sequence[int], worth: Worth, columns: int) -> dict[int, int]:
    """For each row that every best alignment pairs, the columns that any of them pairs it with."""
    rows = len(fitting)
    most = _most(fitting, columns)
    above, beside = rows - most, columns - most
    if not above and not beside:
        return {row: 1 << row for row in range(rows)}
    lines = [_line(row, fitting[row], worth, above, beside) for row in range(rows)]
    ahead = _best(lines)
    behind = _best([line[::-1] for line in lines[::-1]])[::-1]
    total = ahead[rows][beside]
    found: dict[int, int] = {}
    for row, line in enumerate(lines):
        before, after = ahead[row], behind[row + 1][::-1]
        if any(one + other == total for one, other in zip(before[1:], after, strict=False)):
            continue  # A best alignment does without it.
        paired = (one + each + other for one, each, other in zip(before, line, after, strict=True))
        found[row] = sum(
            1 << row - above + place
            for place, score in enumerate(paired)
            if score == total and line[place]
        )
    return found


def _most(fitting: Sequence[int], columns: int) -> int:
    """How many pairs an alignment can have: the longest common subsequence, a row at a time.

    The bits of `free` that are 0 are the columns where one column more makes one pair more.
    """
    every = free = (1 << columns) - 1
    for fit in fitting:
        used = free & fit
        free = ((free + used) | (free - used)) & every
    return columns - free.bit_count()


def _line(row: int, fit: int, worth: Worth, above: int, beside: int) -> list[int]:
    """What the pairs of a row are worth within the band, that is, from column `row - above` on."""
    line = [0] * (above + beside + 1)
    first = row - above
    for place in bits((fit >> first if first > 0 else fit << -first) & between(0, len(line))):
        line[place] = worth(row, first + place)
    return line


def _best(lines: list[list[int]]) -> list[list[int]]:
    """The best score of the first rows with the first columns, in the band.

    Place 0 of the table's line `n` stands for `n - above` columns: to leave a row out is a place
    to the left, to leave a column out one to the right.
    """
    table = [[0] * len(lines[0])]
    for line in lines:
        best, current = 0, list[int]()
        for without, score, pair in zip([*table[-1][1:], 0], table[-1], line, strict=True):
            best = max(best, without, score + pair if pair else 0)
            current.append(best)
        table.append(current)
    return table


def bits(number: int) -> Iterator[int]:
    """The places of the bits that are set, the lowest first."""
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest


def between(first: int, last: int) -> int:
    """The bits from `first` on and before `last`."""
    return (1 << last) - (1 << first) if first < last else 0
