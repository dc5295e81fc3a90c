"""What a restart continues from: positions, images and open traces, as they were committed.

Whoever watches resumes each resource at its position, or after a list compares it with the saved
images; the engine takes up its open traces. Call this before the first observation.
"""

from collections.abc import Iterable, Mapping

import msgspec

from eventstream.explain.vocabulary.records import StepUpsert, TraceUpsert, WaitsSeen
from eventstream.expressions import expression
from eventstream.history.reading import STEP_COLUMNS, read_step
from eventstream.models import (
    AuditLogRow,
    ClusterRow,
    CoverageRow,
    ImageRow,
    MemoRow,
    PlaceRow,
    PositionRow,
    StepRow,
    TraceRow,
    WaitsRow,
)
from eventstream.objects.decoding import DecodeError, Decoder
from eventstream.objects.images import Image
from eventstream.objects.observations import AuditLog, LogPlace, Position
from eventstream.objects.resource import Resource
from eventstream.packing.traces import unpack_image, unpack_trace
from eventstream.recorder.commit import empty_journal
from eventstream.recorder.status import ClusterIdentity

_MADE_UP = expression(r"[0-9a-f]{64}(?:/|$)")
"""A hash, which no uid of Kubernetes is."""
_log = msgspec.json.Decoder(AuditLog)
_position = msgspec.json.Decoder(Position)
_waits = msgspec.json.Decoder(WaitsSeen)


class StoreError(Exception):
    """The saved history cannot be used; what, why, and what to do, each a sentence."""

    def __init__(self, message: str, cause: str, action: str) -> None:
        super().__init__(f"{message} {cause} {action}")
        self.message = message
        self.cause = cause
        self.action = action


class OtherCluster(StoreError):  # noqa: N818  What it is says more than what it is not.
    """The database holds the history of another cluster than the one connected to."""


class UnreadableStoreError(StoreError):
    """A saved row is not what this version writes."""


class SavedResource(msgspec.Struct, frozen=True):
    """Where the watch of one resource may resume, and the objects it knew there.

    A `position` whose `resource_version` is "" cannot be resumed: list, and compare with
    `images` to find what changed meanwhile.
    """

    position: Position
    images: tuple[Image, ...]


class SavedState(msgspec.Struct, frozen=True):
    """All that a restart needs: resources by key, every unsettled trace with its steps, and waits.

    `waits` is how long each kind of wait took; `logs` are the places up to which each audit log,
    by its path, was read and made use of.
    """

    resources: dict[str, SavedResource]
    steps: tuple[StepUpsert, ...]
    traces: tuple[TraceUpsert, ...]
    waits: tuple[WaitsSeen, ...] = ()
    logs: Mapping[str, LogPlace] = msgspec.field(default_factory=dict)


def check_cluster(cluster: ClusterIdentity) -> str:
    """Return the uid by which this database has the cluster, its own where it has none.

    Where no uid could be read, now or when the history began, one was made of the address and the
    CA, which proves nothing once rights or the CA have changed: then the address tells. Raises
    OtherCluster.
    """
    known = ClusterRow.objects.first()
    if known is None or known.uid == cluster.uid:
        return cluster.uid
    same_scope = known.uid.partition("/")[2] == cluster.uid.partition("/")[2]
    unsure = _MADE_UP.match(known.uid) or _MADE_UP.match(cluster.uid)
    if same_scope and unsure and known.server == cluster.server:
        return known.uid
    raise OtherCluster(
        f"This database holds the history of cluster {known.name or '-'} ({known.server}, uid "
        f"{known.uid}), not of the one connected to (uid {cluster.uid}).",
        "The kubeconfig's context changed, or the cluster was made anew.",
        "Set BATON_DATA to another directory for this cluster, or choose the other context.",
    )


def load_saved(decoder: Decoder) -> SavedState:
    """What was committed last; images of lists that were never completed are forgotten.

    Raises UnreadableStoreError where a row cannot be read.
    """
    CoverageRow.objects.all().delete()  # It tells how watching goes now; that run is over.
    try:
        empty_journal()
        return SavedState(_resources(decoder), _steps(), _traces(), _kept_waits(), _logs())
    except (msgspec.DecodeError, DecodeError) as error:
        raise UnreadableStoreError(
            f"The saved history cannot be read: {error}.",
            "Another version of Baton wrote it, or the file is damaged.",
            "Set BATON_DATA to another directory, or move the database away and start again.",
        ) from error


def _resources(decoder: Decoder) -> dict[str, SavedResource]:
    positions = {
        row.resource: _position.decode(bytes(row.body)) for row in PositionRow.objects.all()
    }
    ImageRow.objects.exclude(resource__name__in=positions).delete()
    return {
        key: SavedResource(position, _images(decoder, position.resource))
        for key, position in positions.items()
    }


def _images(decoder: Decoder, resource: Resource) -> tuple[Image, ...]:
    bodies = ImageRow.objects.filter(resource__name=resource.key).values_list("body", flat=True)
    return tuple(decoder.image(resource, unpack_image(bytes(body))) for body in bodies.iterator())


def _steps() -> tuple[StepUpsert, ...]:
    memos = {
        step: bytes(body) for step, body in MemoRow.objects.values_list("step", "body").iterator()
    }
    # A heartbeat row goes on counting when its trace has settled.
    beats = PlaceRow.objects.filter(kind="Lease").values("id")
    kept = (
        StepRow.objects.filter(id__in=MemoRow.objects.values("step")),
        StepRow.objects.filter(place__in=beats),
    )
    found = {row[0]: row for rows in kept for row in rows.values_list(*STEP_COLUMNS).iterator()}
    read = sorted(map(read_step, found.values()), key=lambda step: step.cursor)
    return tuple(
        StepUpsert(step.record, unpack_image(memos[step.id]) if step.id in memos else b"")
        for step in read
    )


def _traces() -> tuple[TraceUpsert, ...]:
    bodies = TraceRow.objects.filter(settled=False).order_by("started", "id")
    return tuple(
        TraceUpsert(unpack_trace(bytes(body)))
        for body in bodies.values_list("body", flat=True).iterator()
    )


def _kept_waits() -> tuple[WaitsSeen, ...]:
    bodies = WaitsRow.objects.order_by("key").values_list("body", flat=True)
    return tuple(_waits.decode(bytes(body)) for body in bodies)


def forget_logs(but: Iterable[str]) -> None:
    """Forget the audit logs that are followed no more, all but those at these paths."""
    AuditLogRow.objects.exclude(path__in=list(but)).delete()


def _logs() -> dict[str, LogPlace]:
    logs = [_log.decode(bytes(row.body)) for row in AuditLogRow.objects.all()]
    return {log.path: log.resume for log in logs if log.resume is not None}
