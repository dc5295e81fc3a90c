"""What was put and is not committed yet: the latest word on each row wins, no step is lost.

Merging here keeps a burst of revisions of one row at one write, and `put` at microseconds.
"""

from collections.abc import Iterable

from eventstream.explain.vocabulary.records import (
    StepRemoved,
    StepUpsert,
    TraceUpsert,
    Upsert,
    WaitsUpsert,
)
from eventstream.objects.images import Image
from eventstream.objects.observations import (
    AuditLog,
    AuditRecord,
    Change,
    Coverage,
    Gap,
    Observation,
    Position,
    Removed,
)
from eventstream.objects.resource import Resource
from eventstream.recorder.leaving import SavedImage, images_after, positions_after

Arrival = Change | Position | Removed | Coverage | Gap | AuditLog

RowId = tuple[str, str]
"""("step", "trace" or "waits", id)."""


class Batch:
    """Observations and their upserts, merged, in the order of the last word on each row.

    `since` and `until` are the arrival times of its oldest and latest observation, `size` is how
    many bytes its observations came in.
    """

    def __init__(self) -> None:
        self.upserts: dict[RowId, Upsert] = {}
        self.images: dict[str, SavedImage] = {}
        self.positions: dict[str, Position] = {}
        self.coverage: dict[str, Coverage] = {}
        self.logs: dict[str, AuditLog] = {}
        self.gaps: list[Gap] = []
        self.over: list[Removed] = []
        self.since: float | None = None
        self.until: float | None = None
        self.size = 0

    def __len__(self) -> int:
        return len(self.upserts) + len(self.images) + len(self.gaps)

    def __bool__(self) -> bool:
        """Whether there is anything to commit; a position alone counts too."""
        return self.until is not None or bool(self.upserts)

    def lag(self, now: float) -> float:
        """How many seconds before `now` its oldest observation arrived, 0 without one."""
        return 0.0 if self.since is None else max(0.0, now - self.since)

    def add(self, observation: Observation | AuditLog | None, upserts: Iterable[Upsert]) -> None:
        """Take in an observation (None for a tick) together with what it led to."""
        for upsert in upserts:
            row = _row_id(upsert)
            self.upserts.pop(row, None)
            self.upserts[row] = upsert
        # A request has a time of its own clock, and is stored with the steps that it upgrades.
        if observation is not None and not isinstance(observation, AuditRecord):
            self._observe(observation)

    def _observe(self, observation: Arrival) -> None:
        at = observation.at
        self.since = at if self.since is None else min(self.since, at)
        self.until = at if self.until is None else max(self.until, at)
        match observation:
            case Change():
                self._change(observation)
            case Position():
                self.positions[observation.resource.key] = observation
            case Coverage():
                self.coverage[observation.resource.key] = observation
            case AuditLog():
                self.logs[observation.path] = observation
            case Gap():
                self.gaps.append(observation)
            case Removed():
                self._leave(observation)

    def _change(self, change: Change) -> None:
        image, resource = change.after, change.resource
        self.size += change.size
        ended = change.type in ("DELETED", "VANISHED")
        id_ = _image_id(resource, image)
        earlier = self.images.get(id_)
        new = change.type in ("ADDED", "EXISTING") or (earlier is not None and earlier.new)
        self.images[id_] = SavedImage(resource, None if ended else image, new)
        if change.relisted:
            # Half a list is no position: a restart would watch from where these objects are not.
            self.positions[resource.key] = Position(resource, "", change.at)
        elif change.type != "EXISTING":
            self.positions[resource.key] = Position(resource, image.version, change.at)

    def _leave(self, removed: Removed) -> None:
        self.over.append(removed)
        self.coverage.pop(removed.resource.key, None)
        self.positions = positions_after(removed, self.positions)
        self.images = images_after(removed, self.images)


def _row_id(upsert: Upsert) -> RowId:
    match upsert:
        case StepUpsert():
            return "step", upsert.id
        case TraceUpsert():
            return "trace", upsert.trace.id
        case StepRemoved():
            return upsert.kind, upsert.id
        case WaitsUpsert():
            return "waits", upsert.waits.key


def _image_id(resource: Resource, image: Image) -> str:
    """The uid, or the place of an object that came without one (the image is flagged)."""
    metadata = image.metadata
    return image.uid or f"{resource.key}/{metadata.namespace or ''}/{metadata.name}"
