"""What Baton makes of a practice cluster's store: the engine, fed straight with what was written.

It sees what a watch of all kinds would show, in the order of the writes, with no HTTP between.
"""

from collections.abc import Sequence

from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import (
    Step,
    StepRemoved,
    StepUpsert,
    Trace,
    TraceUpsert,
    Upsert,
)
from eventstream.kinds import taught
from eventstream.objects.decoding import Decoder
from eventstream.objects.inventory import Inventory
from eventstream.objects.observations import Position
from eventstream.objects.resource import Resource
from practicecluster.resources import ResourceType
from practicecluster.store import Store

_STATES = ("stalled", "running", "complete", "superseded", "unknown")


class Folded:
    """The steps and traces of a store; `look` takes in what is new."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._engine = Engine("practice", audited=False)
        self._decoder = Decoder(b"tests", judge=taught.judge())
        self._inventories: dict[ResourceType, Inventory] = {}
        self._reached: dict[str, int] = {}
        self.steps: dict[str, Step] = {}
        self.traces: dict[str, Trace] = {}

    def look(self, now: float) -> None:
        """Take in the writes since the last look as arriving `now`, and judge."""
        found = []
        for served in self._store.types:
            if served.storage == "events" and served.group:
                continue  # The same objects in another version.
            self._listed(served, now)
            changes = self._store.cache(served.storage).log.later_than(
                self._reached.get(served.storage, 0)
            )
            found += [(change.revision, served, change) for change in changes]
        for revision, served, change in sorted(found, key=lambda each: each[0]):
            self._reached[served.storage] = max(revision, self._reached.get(served.storage, 0))
            inventory = self._inventories[served]
            watched = self._decoder.event(inventory.resource, change.line(served).strip())
            assert watched.image is not None
            assert watched.type in ("ADDED", "MODIFIED", "DELETED")
            observed = inventory.apply(watched.type, watched.image, now, watched.size)
            self._take(self._engine.apply(observed))
        self._take(self._engine.tick(now, whole=True))

    def of(self, kind: str, namespace: str | None, name: str) -> Trace | None:
        """Return the most pressing trace of an object, of equal ones the newest."""
        found = [
            trace
            for trace in self.traces.values()
            if (trace.root.kind, trace.root.namespace, trace.root.name) == (kind, namespace, name)
        ]
        found.sort(key=lambda trace: (_STATES.index(trace.state), -trace.started))
        return found[0] if found else None

    def _listed(self, served: ResourceType, now: float) -> None:
        if served in self._inventories:
            return
        resource = Resource(served.group, served.version, served.plural, served.kind)
        self._inventories[served] = Inventory(resource)
        self._engine.apply(Position(resource, "0", now, listed=True, objects=0))

    def _take(self, upserts: Sequence[Upsert]) -> None:
        for upsert in upserts:
            if isinstance(upsert, StepRemoved):
                self.steps.pop(upsert.id, None)
                self.traces.pop(upsert.id, None)
            elif isinstance(upsert, StepUpsert):
                self.steps[upsert.id] = upsert.step
            elif isinstance(upsert, TraceUpsert):
                self.traces[upsert.trace.id] = upsert.trace
