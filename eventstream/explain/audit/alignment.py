"""Aligns requests with versions: in order, as many as possible, and only what is certain.

Both sides are in order, so an alignment is like that of two texts. A version is matched only if
it is so in every best alignment, and with requests that all tell the same of who asked.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from eventstream.explain.audit.fitting import LATE, is_exact, is_prompt
from eventstream.explain.audit.identities import identity
from eventstream.explain.audit.units import Unit
from eventstream.explain.world.claims import Match
from eventstream.objects.observations import AuditRecord

_PAIR = 10_000
_LARGEST = 250_000
"""Pairs beyond which a burst is not aligned: there only what all its requests agree on is said."""

Fits = Callable[[Unit, AuditRecord], bool]


class _Part(msgspec.Struct):
    """Units and records that only concern each other, each in order."""

    units: list[Unit]
    records: list[AuditRecord]
    fitting: list[set[int]]

    def score(self, row: int, column: int) -> int:
        """What pairing them is worth: any pair far more than a prompt arrival; 0 for no pair."""
        if column not in self.fitting[row]:
            return 0
        return _PAIR + is_prompt(self.units[row], self.records[column])


def align(
    units: Sequence[Unit], records: Iterable[AuditRecord], fits: Fits
) -> list[tuple[Unit, Match]]:
    """The units whose request is certain, with it; `units` are in order of resourceVersion."""
    ordered = sorted(records, key=lambda record: (record.at, record.received, record.audit_id))
    times = [record.at for record in ordered]
    options: dict[int, list[int]] = {}
    for u, unit in enumerate(units):
        first = bisect_left(times, unit.first.change.at - LATE)
        options[u] = [r for r in range(first, len(ordered)) if fits(unit, ordered[r])]
    exact = dict(_exact(units, ordered, options))
    taken = set(exact.values())
    found = [(units[u], Match((ordered[r],))) for u, r in exact.items()]
    left = [(u, r) for u, rs in options.items() if u not in exact for r in rs if r not in taken]
    for part in _parts(units, ordered, left):
        found.extend(_certain(part))
    return found


def _exact(
    units: Sequence[Unit], records: Sequence[AuditRecord], options: dict[int, list[int]]
) -> Iterator[tuple[int, int]]:
    """Units with the one request that names the version before, unless another seems likelier.

    It may have changed nothing: then the next version is another's, and came when that was sent.
    """
    for u, rs in options.items():
        named = [r for r in rs if is_exact(records[r])]
        if len(named) == 1 and (len(rs) == 1 or is_prompt(units[u], records[named[0]])):
            yield u, named[0]


def _parts(
    units: Sequence[Unit], records: Sequence[AuditRecord], pairs: list[tuple[int, int]]
) -> list[_Part]:
    """The connected parts of what may belong together."""
    of_unit: dict[int, list[int]] = {}
    of_record: dict[int, list[int]] = {}
    for u, r in pairs:
        of_unit.setdefault(u, []).append(r)
        of_record.setdefault(r, []).append(u)
    parts: list[_Part] = []
    seen: set[int] = set()
    for start in of_unit:
        if start in seen:
            continue
        rows, columns, queue = {start}, set[int](), [start]
        while queue:
            for r in of_unit[queue.pop()]:
                if r not in columns:
                    columns.add(r)
                    fresh = [u for u in of_record[r] if u not in rows]
                    rows.update(fresh)
                    queue.extend(fresh)
        seen |= rows
        row_of = {u: index for index, u in enumerate(sorted(rows))}
        column_of = {r: index for index, r in enumerate(sorted(columns))}
        fitting = [{column_of[r] for r in of_unit[u]} for u in row_of]
        parts.append(_Part([units[u] for u in row_of], [records[r] for r in column_of], fitting))
    return parts


def _certain(part: _Part) -> list[tuple[Unit, Match]]:
    options = _options(part)
    holders: dict[int, set[int]] = {}
    for row, paired in options.items():
        for column in paired:
            holders.setdefault(column, set()).add(row)
    found: list[tuple[Unit, Match]] = []
    for row, paired in options.items():
        columns = sorted(_with_overlapping(part, holders, row, paired))
        records = [part.records[column] for column in columns]
        if len({identity(record) for record in records}) == 1:
            found.append((part.units[row], Match(tuple(records))))
    return found


def _options(part: _Part) -> dict[int, set[int]]:
    """For each unit that every best alignment pairs, the records that any of them pairs it with."""
    rows, columns = len(part.units), len(part.records)
    if rows * columns > _LARGEST:
        return dict(enumerate(part.fitting)) if columns >= rows else {}
    score = [[part.score(row, column) for column in range(columns)] for row in range(rows)]
    ahead = _best(score)
    flipped = _best([line[::-1] for line in score[::-1]])
    total = ahead[rows][columns]

    def rest(row: int, column: int) -> int:
        return flipped[rows - row][columns - column]

    found: dict[int, set[int]] = {}
    for row in range(rows):
        if any(ahead[row][c] + rest(row + 1, c) == total for c in range(columns + 1)):
            continue  # A best alignment does without it.
        found[row] = {
            c
            for c in range(columns)
            if score[row][c] and ahead[row][c] + score[row][c] + rest(row + 1, c + 1) == total
        }
    return found


def _best(score: list[list[int]]) -> list[list[int]]:
    """The best score of the first units with the first records, for all numbers of them."""
    width = len(score[0])
    table = [[0] * (width + 1)]
    for line in score:
        above, current = table[-1], [0]
        for column, worth in enumerate(line):
            best = max(above[column + 1], current[column])
            if worth and above[column] + worth > best:
                best = above[column] + worth
            current.append(best)
        table.append(current)
    return table


def _with_overlapping(
    part: _Part, holders: dict[int, set[int]], row: int, columns: set[int]
) -> set[int]:
    """Also the records that overlap in time: of those, the order of answers says nothing.

    `holders` are the units that a record is paired with; without any it may have made this one.
    """
    found = set(columns)
    for other in part.fitting[row] - columns:
        record = part.records[other]
        for column in columns:
            mine = part.records[column]
            if record.received > mine.at or mine.received > record.at:
                continue
            held = holders.get(other)
            if not held or any(column in part.fitting[each] for each in held):
                found.add(other)
                break
    return found
