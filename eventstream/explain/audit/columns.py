"""Finds the requests that fit a version without looking at the others.

Requests of one kind stand in a column, in the order of their answers. Whether the kind fits a
version is decided once, and which of them were under way in its window is two bisections: the
column's range is exact but for those at its end that were answered after the window had ended.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import NamedTuple

from eventstream.explain.audit.fitting import allows
from eventstream.explain.audit.requests import Kind, Request
from eventstream.explain.audit.units import Unit
from eventstream.explain.audit.windows import Window

by_answer = attrgetter("order")

_ROUNDING = 1e-3
"""Seconds to look further than the sum of two times that are rounded."""

_Address = tuple[str | None, str]
"""The field manager that must be a version's (None: whose it is says nothing), and its beginning
of a name where the request tells that."""


class Column:
    """Requests of one kind in order of their answers, of which the slowest took `longest` s.

    `runs` has for each of them where the run of those of the same asker begins that it is in.
    """

    __slots__ = ("kind", "longest", "requests", "runs", "times", "unsound")

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.requests: list[Request] = []
        self.times: list[float] = []
        self.runs: list[int] = []
        self.longest = 0.0
        self.unsound = False  # Whether one was answered before it was received.

    def add(self, request: Request) -> None:
        """Put one in its place, mostly the last."""
        record = request.record
        self.longest = max(self.longest, record.at - record.received)
        self.unsound = self.unsound or record.at < record.received
        if self.requests and request.order < self.requests[-1].order:
            self._insert(request)
            return
        index = len(self.requests)
        same = index and self.requests[-1].asker == request.asker
        self.runs.append(self.runs[-1] if same else index)
        self.requests.append(request)
        self.times.append(record.at)

    def _insert(self, request: Request) -> None:
        requests, self.requests = self.requests, []
        insort(requests, request, key=by_answer)
        self.times, self.runs = [], []
        for each in requests:
            self.add(each)

    def spans(self, window: Window) -> Iterator["Span"]:
        """The ranges of those that were under way in it."""
        first = bisect_left(self.times, window.low)
        ended = max(bisect_right(self.times, window.high, first), first)
        sure = first if self.unsound else ended
        last = bisect_right(self.times, window.high + self.longest + _ROUNDING, ended)
        begin = first
        for index in range(sure, max(last, ended)):
            if not self._began(index, window.high):
                if begin < index:
                    yield Span(self, begin, index)
                begin = index + 1
        if begin < max(last, ended):
            yield Span(self, begin, max(last, ended))

    def _began(self, index: int, high: float) -> bool:
        return self.requests[index].record.received <= high


class Span(NamedTuple):
    """The requests of a column from `first` on and before `last`: one or more."""

    column: Column
    first: int
    last: int

    @property
    def requests(self) -> list[Request]:
        """The requests, in order."""
        return self.column.requests[self.first : self.last]

    def head(self, most: int) -> list[Request]:
        """The first of the requests, so many at most."""
        return self.column.requests[self.first : min(self.first + most, self.last)]

    @property
    def one_asker(self) -> bool:
        """Whether all were sent by the same, in the same way."""
        return self.column.runs[self.last - 1] <= self.first

    def latest(self) -> Request:
        """The one that was received last, found at the end: each was received before its answer."""
        requests, times = self.column.requests, self.column.times
        found = requests[self.last - 1]
        slack = 0.0 if not self.column.unsound else float("inf")
        for index in range(self.last - 1, self.first - 1, -1):
            if times[index] + slack < found.record.received:
                break
            if requests[index].record.received > found.record.received:
                found = requests[index]
        return found


class Index:
    """Columns by what a version must show for any of their requests to fit.

    A version that names its writer meets only requests of that manager, and those that leave none;
    one that does not meets columns in which managers are not told apart.
    """

    def __init__(self, requests: Iterable[Request] = ()) -> None:
        self._requests: list[Request] = []
        self._columns: dict[_Address, dict[Kind, Column]] = {}
        self._mixed: dict[_Address, dict[Kind, Column]] | None = None
        for request in sorted(requests, key=by_answer):
            self.add(request)

    def add(self, request: Request) -> None:
        """Take one in."""
        self._requests.append(request)
        self._mixed = None
        _place(self._columns, request.kind, request)

    def spans(self, unit: Unit, window: Window | None = None) -> list[Span]:
        """All requests that fit, as ranges; of those, if it is given, the ones in the window."""
        if not self._requests:
            return []
        return [
            span
            for column in self._meeting(unit)
            if allows(unit, column.kind)
            for span in column.spans(window or unit.window)
        ]

    def _meeting(self, unit: Unit) -> Iterator[Column]:
        signer, made = unit.signer, unit.first.image.metadata.generate_name
        for name in ("", made) if made else ("",):
            yield from self._columns.get((None, name), {}).values()
            if signer is not None:
                yield from self._columns.get((signer.manager, name), {}).values()
            else:
                yield from self._unsigned().get((None, name), {}).values()

    def _unsigned(self) -> dict[_Address, dict[Kind, Column]]:
        """Columns of those that leave a manager, without regard to whose it is."""
        if self._mixed is None:
            self._mixed = {}
            for request in self._requests:
                if request.kind.manager is not None:
                    _place(self._mixed, request.kind._replace(manager=None), request)
        return self._mixed


def _place(columns: dict[_Address, dict[Kind, Column]], kind: Kind, request: Request) -> None:
    address = kind.manager, kind.generate_name
    of_kind = columns.setdefault(address, {})
    column = of_kind.get(kind)
    if column is None:
        column = of_kind[kind] = Column(kind)
    column.add(request)
