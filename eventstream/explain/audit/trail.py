"""Keeps what was asked and what was written for a few minutes, and joins them when asked to.

Joined anew is only what a late record or version touches. What is older than `KEPT` keeps the
request that it was joined with, and a request that made nothing visible is let go.
"""

from collections.abc import Iterable

from eventstream.explain.audit.proofs import Proofs
from eventstream.explain.audit.scopes import Scope
from eventstream.explain.audit.units import is_ending
from eventstream.explain.audit.upgrades import upgraded
from eventstream.explain.world.families import by_order
from eventstream.explain.world.memos import Recalled
from eventstream.explain.world.world import View, World
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.observations import AuditRecord

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
