"""Counts what is observed and what becomes of it, on the way from the watch to the recorder."""

from collections.abc import Iterable

from eventstream.explain.vocabulary.records import StepRemoved, StepUpsert, TraceUpsert, Upsert
from eventstream.metrics.traces import TraceCounts
from eventstream.objects.observations import (
    AuditLog,
    AuditRecord,
    Change,
    Coverage,
    Gap,
    Observation,
    Removed,
)


class Counting:
    """The counts of one observer since it began. Taken on the event loop, read from anywhere.

    `changes` are counted by their type, `received` in bytes, as far as those are known.
    """

    def __init__(self) -> None:
        self.traces = TraceCounts()
        self.changes = dict.fromkeys(("EXISTING", "ADDED", "MODIFIED", "DELETED", "VANISHED"), 0)
        self.received = 0
        self.steps = 0
        self.audit_records = 0
        self.gaps = 0
        self.relists = 0
        self.errors = 0
        self._reported: dict[str, tuple[int, int]] = {}

    def take(
        self, observation: Observation | AuditLog | None, upserts: Iterable[Upsert] = ()
    ) -> None:
        """Count an observation (None for a tick), and what the engine made of it."""
        if isinstance(observation, Change):
            self.changes[observation.type] += 1
            self.received += observation.size
        elif observation is not None:
            self._seldom(observation)
        for upsert in upserts:
            if isinstance(upsert, StepUpsert):
                self.steps += 1
            elif isinstance(upsert, TraceUpsert):
                self.traces.take(upsert.trace)
            elif isinstance(upsert, StepRemoved) and upsert.kind == "trace":
                self.traces.remove(upsert.id)

    def _seldom(self, observation: Observation | AuditLog) -> None:
        match observation:
            case AuditRecord():
                self.audit_records += 1
            case Gap():
                self.gaps += 1
            case Coverage(resource=resource, relists=relists, errors=errors):
                before = self._reported.get(resource.key, (0, 0))
                self.relists += max(0, relists - before[0])
                self.errors += max(0, errors - before[1])
                self._reported[resource.key] = relists, errors
            case Removed(resource=resource):
                self._reported.pop(resource.key, None)
            case _:
                pass
