"""Joins audit records by trying each request on each write, and by comparing all with all.

Slow and plain: what the engine's own join must find, however it gets there. Only whether a kind of
request can make a kind of change is asked of the engine.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from eventstream.explain.audit import alignment
from eventstream.explain.audit.fitting import allows, is_eviction
from eventstream.explain.audit.identities import identity
from eventstream.explain.audit.requests import Request, Unit, units
from eventstream.explain.deletions.deciding import marks_deletion
from eventstream.explain.world.families import by_order
from eventstream.explain.world.text import parse
from eventstream.explain.world.writes import Write
from eventstream.objects.observations import AuditRecord

Records = tuple[AuditRecord, ...]
Found = dict[int, Records]
"""By the id of a write, the like requests of which one made it."""

PAIR = 10_000


def joined(writes: Sequence[Write], records: Sequence[AuditRecord]) -> Found:
    """What is known of the writes of one resource in one namespace."""
    found: Found = {}
    for name in {write.image.metadata.name for write in writes}:
        lane = [write for write in writes if write.image.metadata.name == name]
        own = [each for each in records if each.name == name and not _is_collection(each)]
        found |= _lane(sorted(lane, key=by_order), own)
    left = [write for write in sorted(writes, key=by_order) if id(write) not in found]
    created = [w for w in left if w.change.type == "ADDED" and w.image.metadata.generate_name]
    nameless = [each for each in records if not each.name and not _is_collection(each)]
    collections = [each for each in records if _is_collection(each)]
    for unit, match in align(units(created), nameless, nameless=True):
        found[id(unit.first)] = match
    for write in left:
        may = sorted(_collected(write, collections), key=by_answer)
        if len({identity(each) for each in may}) == 1:
            found[id(write)] = tuple(may)
    return {
        id(write): found[id(write)]
        for write in writes
        if id(write) in found and not _contested(write, found[id(write)], collections)
    }


def _is_collection(record: AuditRecord) -> bool:
    return record.verb == "deletecollection"


def _lane(lane: list[Write], records: list[AuditRecord]) -> Found:
    matched = {id(w): match for unit, match in align(units(lane), records) for w in unit.writes}
    found = dict(matched)
    for before, write in pairwise(lane):
        match = matched.get(id(write))
        if match and match[0].subresource == "eviction" and is_eviction(before):
            found.setdefault(id(before), match)
    return found


def _collected(write: Write, collections: list[AuditRecord]) -> Iterator[AuditRecord]:
    unit = Unit((write,))
    return (each for each in collections if marks_deletion(write) and fits(unit, each))


def _contested(write: Write, found: Records, collections: list[AuditRecord]) -> bool:
    before = write.before
    if write.gone or before is None or before.metadata.deletion_timestamp:
        return False
    return any(
        identity(each)[:3] != identity(found[0])[:3] and is_prompt(Unit((write,)), each)
        for each in _collected(write, collections)
    )


def fits(unit: Unit, record: AuditRecord, *, nameless: bool = False) -> bool:
    """Whether nothing speaks against this request having made this version."""
    at = unit.first.change.at
    return (
        record.received - 1.0 <= at <= record.at + 5.0
        and (not is_exact(record) or unit.version == record.resource_version)
        and all(math.floor(record.received) <= second <= record.at for second in _seconds(unit))
        and allows(unit, Request(record, nameless=nameless).kind)
    )


def _seconds(unit: Unit) -> Iterator[float]:
    """The whole seconds that the server's clock showed during the request."""
    write, metadata = unit.first, unit.first.image.metadata
    before = write.before.metadata if write.before is not None else None
    told: list[float | None] = []
    if unit.deletes:
        if not write.gone and not (before is not None and before.deletion_timestamp):
            ends = parse(metadata.deletion_timestamp)
            told.append(ends and ends - (metadata.deletion_grace_period_seconds or 0))
    elif unit.sort == "creation":
        told.append(parse(metadata.creation_timestamp))
    who = unit.signer
    entries = before.managed_fields if before is not None else ()
    if who is not None and (who.manager, who.time) not in {(e.manager, e.time) for e in entries}:
        told.append(parse(who.time))
    return (second for second in told if second is not None)


def is_exact(record: AuditRecord) -> bool:
    """Whether the request names the one version that it replaced."""
    return record.verb == "update" and bool(record.resource_version)


def is_prompt(unit: Unit, record: AuditRecord) -> bool:
    """Whether the version arrived as soon as it does where nothing is slow."""
    return record.received <= unit.first.change.at <= record.at + 0.25


def by_answer(record: AuditRecord) -> tuple[float, float, str]:
    """The order of answers."""
    return record.at, record.received, record.audit_id


def align(
    rows: Sequence[Unit], records: Sequence[AuditRecord], *, nameless: bool = False
) -> Iterator[tuple[Unit, Records]]:
    """The units whose request is certain; `rows` are in order of resourceVersion."""
    ordered = sorted(records, key=by_answer)
    options = {row: {r for r in ordered if fits(row, r, nameless=nameless)} for row in rows}
    exact: dict[Unit, AuditRecord] = {}
    for unit, fitting in options.items():
        named = [record for record in fitting if is_exact(record)]
        if len(named) == 1 and (len(fitting) == 1 or is_prompt(unit, named[0])):
            exact[unit] = named[0]
            yield unit, (named[0],)
    left = {u: options[u] - set(exact.values()) for u in rows if u not in exact and options[u]}
    while left:
        part = _connected(left)
        columns = [each for each in ordered if any(each in left[unit] for unit in part)]
        yield from _certain(part, columns, {unit: left.pop(unit) for unit in part})


def _connected(left: dict[Unit, set[AuditRecord]]) -> list[Unit]:
    """The first unit with all that are connected with it, in order."""
    found: set[Unit] = set()
    queue = [next(iter(left))]
    while queue:
        unit = queue.pop()
        if unit not in found:
            found.add(unit)
            queue.extend(other for other in left if left[unit] & left[other])
    return [unit for unit in left if unit in found]


def _certain(
    part: list[Unit], columns: list[AuditRecord], fitting: dict[Unit, set[AuditRecord]]
) -> Iterator[tuple[Unit, Records]]:
    if len(part) * len(columns) > alignment.LARGEST:
        options = dict(fitting) if len(columns) >= len(part) else {}
    else:
        options = _options(part, columns, fitting)
    for unit, paired in options.items():
        both = paired | set(_overlapping(unit, paired, options, fitting))
        if len({identity(record) for record in both}) == 1:
            yield unit, tuple(sorted(both, key=by_answer))


def _options(
    part: list[Unit], columns: list[AuditRecord], fitting: dict[Unit, set[AuditRecord]]
) -> dict[Unit, set[AuditRecord]]:
    """For each unit that every best alignment pairs, the records that any of them pairs it with."""
    score = [
        [PAIR + is_prompt(unit, r) if r in fitting[unit] else 0 for r in columns] for unit in part
    ]
    rows, width = len(part), len(columns)
    ahead = _best(score, width)
    flipped = _best([line[::-1] for line in score[::-1]], width)
    behind = [line[::-1] for line in flipped[::-1]]
    total = ahead[rows][width]
    found: dict[Unit, set[AuditRecord]] = {}
    for row, unit in enumerate(part):
        if any(ahead[row][c] + behind[row + 1][c] == total for c in range(width + 1)):
            continue
        found[unit] = {
            columns[c]
            for c in range(width)
            if score[row][c] and ahead[row][c] + score[row][c] + behind[row + 1][c + 1] == total
        }
    return found


def _best(score: list[list[int]], width: int) -> list[list[int]]:
    """The best score of the first units with the first records, for all numbers of them."""
    table = [[0] * (width + 1)]
    for line in score:
        current = [0]
        for column, worth in enumerate(line):
            pair = table[-1][column] + worth if worth else 0
            current.append(max(table[-1][column + 1], current[column], pair))
        table.append(current)
    return table


def _overlapping(
    unit: Unit,
    paired: set[AuditRecord],
    options: dict[Unit, set[AuditRecord]],
    fitting: dict[Unit, set[AuditRecord]],
) -> Iterator[AuditRecord]:
    """The records that overlap in time with one of these, and may as well be this unit's."""
    for other in fitting[unit] - paired:
        holders = [each for each in options if other in options[each]]
        for mine in paired:
            overlaps = other.received <= mine.at and mine.received <= other.at
            swaps = not holders or any(mine in fitting[each] for each in holders)
            if overlaps and swaps:
                yield other
                break
