"""Keeps what was asked and what was written for a few minutes, and joins them when asked to.

Joined anew is only what a late record or version touches. What is older than `KEPT` keeps the
request that it was joined with, and a request that made nothing visible is let go.
"""

from collections.abc import Iterable, Iterator

from eventstream.explain.audit.alignment import align
from eventstream.explain.audit.fitting import (
    EARLY,
    LATE,
    fits,
    fits_nameless,
    is_eviction,
    is_prompt,
)
from eventstream.explain.audit.identities import identity
from eventstream.explain.audit.proofs import Proofs
from eventstream.explain.audit.units import Unit, is_ending, units
from eventstream.explain.audit.upgrades import upgraded
from eventstream.explain.deletions.deciding import marks_deletion
from eventstream.explain.world.claims import Match
from eventstream.explain.world.families import by_order
from eventstream.explain.world.memos import Recalled
from eventstream.explain.world.verdict import Verdict
from eventstream.explain.world.world import View, World
from eventstream.explain.world.writes import Write
from eventstream.objects.observations import AuditRecord

KEPT = 120.0
"""Seconds for which requests and versions wait for each other."""

MOST = 500
"""Requests, and versions, that wait at once for one object, or without a name in one namespace."""

_SWEEP = 10.0
_SHARE = 4e-6

Place = tuple[str, str, str]
"""Group, plural and namespace: where a request writes."""


class Lane:
    """The recent versions of the objects that had one name, and the requests that named it."""

    __slots__ = ("matches", "records", "writes")

    def __init__(self) -> None:
        self.writes: list[Write] = []
        self.records: dict[str, AuditRecord] = {}
        self.matches: dict[int, Match] = {}


class Scope:
    """One resource in one namespace: its lanes, and the requests that named no object."""

    __slots__ = ("collections", "joined", "lanes", "matches", "nameless", "since")

    def __init__(self) -> None:
        self.lanes: dict[str, Lane] = {}
        self.nameless: dict[str, AuditRecord] = {}
        self.collections: dict[str, AuditRecord] = {}
        self.matches: dict[int, Match] = {}
        self.since = 0.0
        self.joined = 0.0

    def costs(self) -> float:
        """Seconds for which joining it anew can be put off, as it would take a part of them."""
        return _SHARE * len(self.nameless) ** 2

    def lane(self, name: str) -> Lane:
        """The lane of a name, begun if need be."""
        return self.lanes.setdefault(name, Lane())


class AuditTrail:
    """Joins audit records with writes; costs nothing before the first record."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._scopes: dict[Place, Scope] = {}
        self._dirty: dict[Place, set[str]] = {}
        self._proofs = Proofs()
        self._spent: frozenset[str] = frozenset()
        self._used = False
        self._swept = 0.0

    def take(self, record: AuditRecord) -> None:
        """Keep a successful request until it is joined with what it wrote."""
        if not self._used:
            self._begin()
        if record.audit_id not in self._spent:
            self._keep(record)

    def _keep(self, record: AuditRecord) -> None:
        place = record.resource.group, record.resource.plural, record.namespace or ""
        scope = self._scopes.setdefault(place, Scope())
        if record.verb == "deletecollection":
            scope.collections[record.audit_id] = record
        elif record.name:
            scope.lane(record.name).records[record.audit_id] = record
        else:
            scope.nameless[record.audit_id] = record
        self._dirty.setdefault(place, set()).add(record.name)

    def note(self, write: Write) -> None:
        """Keep a version until it is joined with the request that made it.

        What a restart found joined keeps its request, as the log is not read again so far back.
        """
        if not self._used or write.base:
            return
        if write.audit is not None:
            if not is_ending(write.image):
                return
            for record in write.audit.records:
                self._keep(record)  # It may make the next version as well.
        resource, metadata = write.change.resource, write.image.metadata
        place = resource.group, resource.plural, metadata.namespace or ""
        lane = self._scopes.setdefault(place, Scope()).lane(metadata.name)
        lane.writes.append(write)
        self._dirty.setdefault(place, set()).add(metadata.name)

    def join(self, now: float, *, whole: bool = False) -> list[Write]:
        """The writes to decide again by `now` (unix seconds): what is known of who asked is new.

        Large bursts without names are joined less often than others, unless it has to be `whole`.
        """
        changed = self._proofs.again()
        sweeps = now - self._swept >= _SWEEP  # Before anything is let go, it is joined.
        for place, names in list(self._dirty.items()):
            scope = self._scopes[place]
            if whole or sweeps or not 0 <= now - scope.joined < scope.costs():
                changed.extend(_join(scope, names))
                scope.joined = now
                del self._dirty[place]
        if sweeps:
            self._swept = now
            self._sweep(now - KEPT)
        return sorted((write for write in changed if not write.base), key=by_order)

    def upgraded(self, view: View, verdict: Verdict) -> Verdict:
        """A rule's verdict, with what the request that made the version says of who asked."""
        match = view.write.audit
        if match is None:
            if self._used:
                self._proofs.drop(view.write)
            return verdict
        proven = self._proofs.weigh(view.write, verdict, match.record)
        return upgraded(view, verdict, match, proven=proven)

    def proven(self, write: Write) -> bool:
        """Whether who wrote is known, by an audited identity, as a custom controller."""
        return write.audit is not None and self._proofs.known(write.audit.record)

    def recall(self, recalled: Iterable[Recalled]) -> None:
        """Take up what an earlier run had found out, before its writes are added again."""
        spent: set[str] = set()
        for each in recalled:
            if len(each.records) == 1 and not is_ending(each.change.after):
                spent.add(each.records[0].audit_id)
            if each.proven:
                self._proofs.trust(each.records[0])
        self._spent = frozenset(spent)

    def _begin(self) -> None:
        """Take in what was written before the first record came."""
        self._used = True
        for log in self._world.logs.values():
            for write in log.writes:
                self.note(write)

    def _sweep(self, before: float) -> None:
        self._proofs.sweep()
        for place, scope in list(self._scopes.items()):
            for name, lane in list(scope.lanes.items()):
                _shorten(lane, before)
                if not lane.writes and not lane.records:
                    del scope.lanes[name]
            _shorten_nameless(scope, before)
            empty = not scope.lanes and not scope.nameless and not scope.collections
            if empty and place not in self._dirty:
                del self._scopes[place]


def _join(scope: Scope, names: set[str]) -> Iterator[Write]:
    """Align the lanes of these names anew, then what is left with the requests without a name."""
    touched = [lane for name in names if name and (lane := scope.lanes.get(name)) is not None]
    for lane in touched:
        lane.writes.sort(key=by_order)
        lane.matches = _by_write(align(units(lane.writes), lane.records.values(), fits))
        _add_evictions(lane)
    anonymous = scope.nameless or scope.collections
    if anonymous:
        touched = list(scope.lanes.values())
        scope.matches = {**_nameless(scope), **_collected(scope)}
    for lane in touched:
        for write in lane.writes:
            found = lane.matches.get(id(write)) or scope.matches.get(id(write))
            if found is not None and _contested(scope, write, found):
                found = None
            if found is None and write.change.at < scope.since + LATE:
                continue  # Its request may have been let go.
            if found != write.audit:
                write.audit = found
                yield write


def _by_write(found: Iterable[tuple[Unit, Match]]) -> dict[int, Match]:
    return {id(write): match for unit, match in found for write in unit.writes}


def _add_evictions(lane: Lane) -> None:
    """An eviction writes a condition and then deletes: both are the one request's."""
    for before, write in zip(lane.writes, lane.writes[1:], strict=False):
        match = lane.matches.get(id(write))
        if match and match.record.subresource == "eviction" and is_eviction(before):
            lane.matches.setdefault(id(before), match)


def _unmatched(scope: Scope) -> Iterator[Write]:
    for lane in scope.lanes.values():
        for write in lane.writes:
            if id(write) not in lane.matches and write.change.at >= scope.since:
                yield write


def _nameless(scope: Scope) -> dict[int, Match]:
    """Creations under a name that the server made up."""
    created = [
        write
        for write in _unmatched(scope)
        if write.change.type == "ADDED" and write.image.metadata.generate_name
    ]
    created.sort(key=by_order)
    return _by_write(align(units(created), scope.nameless.values(), fits_nameless))


def _collected(scope: Scope) -> dict[int, Match]:
    """Deletions that no request of their own explains, but one that deleted all there was."""
    found: dict[int, Match] = {}
    for write in _unmatched(scope) if scope.collections else ():
        unit = Unit((write,))
        records = [r for r in scope.collections.values() if marks_deletion(write) and fits(unit, r)]
        if len({identity(record) for record in records}) == 1:
            found[id(write)] = Match(tuple(sorted(records, key=lambda r: (r.at, r.audit_id))))
    return found


def _contested(scope: Scope, write: Write, found: Match) -> bool:
    """Whether a mark may be the work of a request that deleted all, and not of one for it alone.

    Whoever deletes what is marked already succeeds too, and writes nothing. What is gone at once
    was there for one request only; the other finds nothing.
    """
    before = write.before
    if not scope.collections or write.gone or before is None:
        return False
    if before.metadata.deletion_timestamp or not marks_deletion(write):
        return False
    unit = Unit((write,))
    return any(
        identity(record)[:3] != identity(found.record)[:3]
        and is_prompt(unit, record)
        and fits(unit, record)
        for record in scope.collections.values()
    )


def _shorten(lane: Lane, before: float) -> None:
    """Let go of what is too old to be joined anew, together with what it was joined with."""
    times = [write.change.at for write in lane.writes]
    times.extend(record.at for record in lane.records.values())
    since = _quiet(times, before)
    if since is None:
        return
    lane.writes = [write for write in lane.writes if write.change.at >= since]
    lane.records = {key: r for key, r in lane.records.items() if r.at >= since}


def _shorten_nameless(scope: Scope, before: float) -> None:
    anonymous = (*scope.nameless.values(), *scope.collections.values())
    since = _quiet([record.at for record in anonymous], before)
    if since is None:
        return
    scope.since = since
    scope.nameless = {key: r for key, r in scope.nameless.items() if r.at >= since}
    scope.collections = {key: r for key, r in scope.collections.items() if r.at >= since}


def _quiet(times: list[float], before: float) -> float | None:
    """A time up to which all may be let go: in a pause, unless there is too much for that."""
    times.sort()
    since = None
    for index, at in enumerate(times):
        if at >= before:
            break
        following = times[index + 1] if index + 1 < len(times) else before
        if following - at > EARLY + LATE:
            since = min(following, before)
    if since is None and len(times) > MOST:
        return times[len(times) // 2]
    return since
