"""Keeps what was asked and what was written for a few minutes, and joins them when asked to.

Joined anew is only what a late record or version touches. What is older than `KEPT` keeps the
request that it was joined with, and a request that made nothing visible is let go.

An operator and a person may share a user. What the operator does to a custom resource's status
tells its agent from theirs, also for deletions, which leave nothing in the object; so writes by
one identity rest on each other, in whatever order they come.

A settled trace is let go, and a record that comes after that can upgrade nothing. So a trace
stays open while a log is behind, but no longer than requests are kept for their writes anyway.
"""

import math
from collections.abc import Iterable

from eventstream.explain.audit.identities import components, is_by_hand
from eventstream.explain.audit.requests import is_ending
from eventstream.explain.audit.scopes import Scope
from eventstream.explain.audit.upgrades import proves, upgraded
from eventstream.explain.world.families import by_order
from eventstream.explain.world.steps import Recalled
from eventstream.explain.world.world import View, World
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.observations import AuditLog, AuditRecord

_Asker = tuple[str, str]
_MOST = 1000


class Proofs:
    """By user and agent: the writes that prove a custom controller, and those it matters to."""

    def __init__(self) -> None:
        self._proving: dict[_Asker, dict[int, Write]] = {}
        self._resting: dict[_Asker, dict[int, Write]] = {}
        self._asker_of: dict[int, _Asker] = {}
        self._settled: dict[_Asker, None] = {}
        self._again: dict[int, Write] = {}

    def weigh(self, write: Write, verdict: Verdict, record: AuditRecord) -> bool:
        """Whether the asker is known as a custom controller, this write's own evidence included."""
        asker = record.user, record.agent
        if self._asker_of.get(id(write), asker) != asker:
            self.drop(write)
        if components(record) or is_by_hand(record):
            return False
        self._asker_of[id(write)] = asker
        self._resting.setdefault(asker, {})[id(write)] = write
        before = self._known(asker)
        proving = self._proving.setdefault(asker, {})
        if proves(verdict, record):
            proving[id(write)] = write
        else:
            proving.pop(id(write), None)
        self._tell(asker, before)
        return self._known(asker)

    def known(self, record: AuditRecord) -> bool:
        """Whether the asker is known as a custom controller."""
        return self._known((record.user, record.agent))

    def trust(self, record: AuditRecord) -> None:
        """Take an asker as known: an earlier run had the proof."""
        self._settled[record.user, record.agent] = None

    def drop(self, write: Write) -> None:
        """Forget what a write said of its asker: it was another's."""
        asker = self._asker_of.pop(id(write), None)
        if asker is None:
            return
        before = self._known(asker)
        self._proving[asker].pop(id(write), None)
        self._resting[asker].pop(id(write), None)
        self._tell(asker, before)

    def again(self) -> list[Write]:
        """The writes whose asker is now known otherwise, once."""
        found = [write for write in self._again.values() if not write.base]
        self._again.clear()
        return found

    def sweep(self) -> None:
        """Let go of settled writes; what they proved stays known."""
        for asker, resting in list(self._resting.items()):
            for key, write in list(resting.items()):
                if not write.base:
                    continue
                if self._proving[asker].pop(key, None) is not None:
                    self._settled[asker] = None
                del resting[key], self._asker_of[key]
            if not resting:
                del self._resting[asker], self._proving[asker]
        while len(self._settled) > _MOST:
            del self._settled[next(iter(self._settled))]

    def _known(self, asker: _Asker) -> bool:
        return asker in self._settled or bool(self._proving.get(asker))

    def _tell(self, asker: _Asker, before: bool) -> None:
        if self._known(asker) != before:
            self._again.update(self._resting[asker])


KEPT = 120.0
"""Seconds for which requests and versions wait for each other."""

MOST = 500
"""Requests, and versions, that wait at once for one object, or without a name in one namespace."""

_SWEEP = 10.0

Place = tuple[str, str, str]
"""Group, plural and namespace: where a request writes."""


class AuditTrail:
    """Joins audit records with writes; costs nothing before the first record."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._scopes: dict[Place, Scope] = {}
        self._dirty: dict[Place, Scope] = {}
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
        resource = record.resource
        self._scope((resource.group, resource.plural, record.namespace or "")).ask(record)

    def _scope(self, place: Place) -> Scope:
        scope = self._scopes.get(place)
        if scope is None:
            scope = self._scopes[place] = Scope()
        self._dirty[place] = scope
        return scope

    def note(self, write: Write) -> None:
        """Keep a version until it is joined with the request that made it.

        What a restart found joined keeps its request, as the log is not read again so far back.
        """
        if not self._used or write.base:
            return
        if write.decision.audit is not None:
            if not is_ending(write.image):
                return
            for record in write.decision.audit.records:
                self._keep(record)  # It may make the next version as well.
        resource, metadata = write.change.resource, write.image.metadata
        self._scope((resource.group, resource.plural, metadata.namespace or "")).write(write)

    def join(self, now: float, *, whole: bool = False) -> list[Write]:
        """The writes to decide again by `now` (unix seconds): what is known of who asked is new.

        Large bursts are joined less often than others, unless it has to be `whole`.
        """
        changed = self._proofs.again()
        sweeps = now - self._swept >= _SWEEP  # Before anything is let go, it is joined.
        for place, scope in list(self._dirty.items()):
            changed.extend(scope.join(now, whole=whole or sweeps))
            if not scope.open:
                del self._dirty[place]
        if sweeps:
            self._swept = now
            self._sweep(now - KEPT)
        return sorted((write for write in changed if not write.base), key=by_order)

    def upgraded(self, view: View, verdict: Verdict) -> Verdict:
        """A rule's verdict, with what the request that made the version says of who asked."""
        match = view.write.decision.audit
        if match is None:
            if self._used:
                self._proofs.drop(view.write)
            return verdict
        proven = self._proofs.weigh(view.write, verdict, match.record)
        return upgraded(view, verdict, match, proven=proven)

    def proven(self, write: Write) -> bool:
        """Whether who wrote is known, by an audited identity, as a custom controller."""
        return write.decision.audit is not None and self._proofs.known(write.decision.audit.record)

    def recall(self, recalled: Iterable[Recalled]) -> None:
        """Take up what an earlier run had found out, before its writes are added again."""
        spent: set[str] = set()
        for each in recalled:
            if each.audit is None:
                continue
            if each.audit.count == 1 and not is_ending(each.change.after):
                spent.add(each.audit.record.audit_id)
            if each.proven:
                self._proofs.trust(each.audit.record)
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
            scope.shorten(before, MOST)
            if scope.open:
                self._dirty[place] = scope
            elif not scope:
                del self._scopes[place]


BEHIND = 10.0
"""Seconds by which a log may be read late without anything waiting for it."""

CAUGHT_UP = 20.0
"""Seconds after which a log that was behind has told all that it had to tell.

With BEHIND that is the quiet time of a trace, so that a restart, which reads the last seconds
again, meets no record of a trace that has settled since.
"""


class Lateness:
    """How far each log is read; without any, nothing is waited for."""

    def __init__(self) -> None:
        self._reached: dict[str, float] = {}
        self._behind_at = -math.inf

    def take(self, log: AuditLog) -> None:
        """Take note of how far a log is read."""
        if log.at - self._reached.get(log.path, log.at) > BEHIND:
            self._behind_at = log.at
        self._reached[log.path] = log.reached

    def holds(self, updated: float, now: float, longest: float) -> bool:
        """Whether a trace last `updated` then (unix seconds) may still hear of its writes.

        `longest` is for how many seconds that can be.
        """
        if any(now - reached > BEHIND for reached in self._reached.values()):
            self._behind_at = now
        return now - self._behind_at < CAUGHT_UP and now - updated < longest
