"""Parts units and requests into groups that do not concern each other.

A request that names the version before a unit is looked up by that, all others by ranges of
columns: the pairs themselves are never listed.
"""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from eventstream.explain.audit.columns import Index, Span, by_answer
from eventstream.explain.audit.fitting import fits, is_prompt
from eventstream.explain.audit.requests import Request
from eventstream.explain.audit.units import Unit
from eventstream.explain.world.families import by_order


class Group(msgspec.Struct):
    """Units and requests that only concern each other, each in order.

    `spans` are for each unit the ranges of requests that fit, `named` further ones. A group that
    is `exact` is one unit with the one request that names the version before it, as good as
    proven: `settled` if no other kind of request can compete.
    """

    units: list[Unit]
    requests: list[Request]
    spans: list[Sequence[Span]]
    named: list[list[Request]]
    exact: bool = False
    settled: bool = False


_FEW = 24
"""Pairs that are sooner tried than looked up."""


def groups(units: list[Unit], requests: list[Request]) -> list[Group]:
    """All of them in groups, those included that nothing fits."""
    if not units or not requests:
        alone = [Group([unit], [], [[]], [[]]) for unit in units]
        return alone or [Group([], [request], [], []) for request in requests]
    if len(units) == 1 == len(requests):
        return _paired(units[0], requests[0])
    units.sort(key=by_order)
    few = len(units) * len(requests) <= _FEW
    options = _tried(requests) if few else _looked_up(requests)
    left, taken, found = _Left(), set[Request](), list[Group]()
    for unit in units:
        exact, listed, spans = options(unit)
        settled = _settles(unit, exact)
        if settled or (len(exact) == 1 and not spans and not listed):
            taken.add(exact[0])
            found.append(Group([unit], exact, [[]], [exact], exact=True, settled=settled))
        else:
            left.add(unit, spans, [*exact, *listed])
    if len(found) < len(units):
        found.extend(left.groups(taken))
    if len(left.holder) + len(taken) < len(requests):
        unfit = (each for each in requests if each not in left.holder and each not in taken)
        found.extend(Group([], [request], [], []) for request in unfit)
    return found


def _paired(unit: Unit, request: Request) -> list[Group]:
    """One unit and one request, as they mostly come."""
    if not fits(unit, request):
        return [Group([unit], [], [()], [[]]), Group([], [request], [], [])]
    exact = bool(request.version)
    settled = exact and is_prompt(unit, request.record)
    return [Group([unit], [request], [()], [[request]], exact=exact, settled=settled)]


_Options = tuple[list[Request], list[Request], Sequence[Span]]
"""The requests that fit a unit: those that name the version before it, and the others, which are
listed or in ranges of columns. Beside a request that settles it no others are looked for."""


def _tried(requests: list[Request]) -> Callable[[Unit], _Options]:
    def options(unit: Unit) -> _Options:
        found = [each for each in requests if fits(unit, each)]
        exact = [each for each in found if each.version]
        return exact, [each for each in found if not each.version] if exact else found, ()

    return options


def _looked_up(requests: list[Request]) -> Callable[[Unit], _Options]:
    index = Index(each for each in requests if not each.version)
    naming: dict[str, list[Request]] = {}
    for request in requests:
        if request.version:
            naming.setdefault(request.version, []).append(request)

    def options(unit: Unit) -> _Options:
        exact = [each for each in naming.get(unit.version, ()) if fits(unit, each)]
        return exact, [], () if _settles(unit, exact) else index.spans(unit)

    return options


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
        found: dict[int, Group] = {}
        for row, unit in enumerate(self._units):
            group = found.setdefault(self._root(row), Group([], [], [], []))
            group.units.append(unit)
            group.spans.append(self._spans[row])
            group.named.append(self._named[row])
        for request, row in self.holder.items():
            found[self._root(row)].requests.append(request)
        for group in found.values():
            group.requests.sort(key=by_answer)
            yield group

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
