"""All that the engine asks of audit logs, so that it need not know how they are joined."""

from collections.abc import Callable, Iterable

from eventstream.explain.audit.lateness import Lateness
from eventstream.explain.audit.trail import KEPT, AuditTrail
from eventstream.explain.engine.refusals import Refusals
from eventstream.explain.engine.traces import TraceKeeper
from eventstream.explain.vocabulary.records import Step, Upsert
from eventstream.explain.world.memos import Recalled
from eventstream.explain.world.world import View, World
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.observations import AuditLog, AuditRecord

_ROUNDS = 5
"""How often one tick may learn who is a custom controller, and decide anew by that."""


class Auditing:
    """What audit records say of writes, and of requests that wrote nothing.

    Unless records are `expected`, no write waits for one.
    """

    def __init__(
        self, cluster: str, world: World, traces: TraceKeeper, *, expected: bool = True
    ) -> None:
        self._expected = expected
        self._trail = AuditTrail(world)
        self._refusals = Refusals(cluster, world, traces)
        self._lateness = Lateness()
        self.upgraded: Callable[[View, Verdict], Verdict] = self._trail.upgraded
        self.proven: Callable[[Write], bool] = self._trail.proven

    def take(self, told: AuditRecord | AuditLog) -> None:
        """Keep what a log tells until the next `tell`."""
        if isinstance(told, AuditLog):
            self._lateness.take(told)
        else:
            (self._refusals if told.refused else self._trail).take(told)

    def note(self, write: Write) -> None:
        """Keep a new version until the request that made it is found."""
        if self._expected:
            self._trail.note(write)

    def tell(
        self, now: float, decide: Callable[[list[Write]], list[Upsert]], *, whole: bool
    ) -> tuple[list[Upsert], set[str]]:
        """What is known by `now`: upgraded steps, refused requests, and the traces these are in.

        `decide` makes decisions again.
        """
        upserts: list[Upsert] = []
        for _ in range(_ROUNDS):
            again = self._trail.join(now, whole=whole)
            if not again:
                break
            upserts.extend(decide(again))
        told, touched = self._refusals.tell(now)
        return [*upserts, *told], touched

    def holds(self, updated: float, now: float) -> bool:
        """Whether a trace, last updated then, must stay open as records of it may be to come."""
        return self._lateness.holds(updated, now, KEPT)

    def recall(self, recalled: Iterable[Recalled]) -> None:
        """Take up what an earlier run had joined, before its writes are added again."""
        self._trail.recall(recalled)

    def restore(self, refused: Iterable[Step]) -> set[str]:
        """Count refused requests that an earlier run told; returns the traces that they are in."""
        return self._refusals.restore(refused)
