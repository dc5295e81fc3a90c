"""Steps and traces as rows: which column holds what, and what is stored of them already."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec
from django.db.models import Max, Model

from eventstream.explain.vocabulary.records import Step, Trace, WaitsSeen, type_name
from eventstream.explain.world.owners import owner_of
from eventstream.explain.world.pods import node_of, pod_state
from eventstream.models import ImageRow, StepRow, TraceRow, WaitsRow
from eventstream.objects.decoding import encode
from eventstream.objects.images import Image
from eventstream.recorder.ordering import key_after, version_key

_RANKS = {"stalled": 0, "running": 1}
_OTHER_RANK = 2
_Row = TypeVar("_Row", bound=Model)


class Known(msgspec.Struct, frozen=True):
    """What is stored of a row before this batch; `trace` is its own id for a trace."""

    trace: str
    revision: int
    seq: int
    body: bytes
    memo: bytes | None = None


def chunks(ids: Iterable[str], size: int = 500) -> Iterator[list[str]]:
    """`ids` in lists that fit a database's limit on the parameters of one query."""
    listed = list(ids)
    for start in range(0, len(listed), size):
        yield listed[start : start + size]


def known_steps(ids: Iterable[str]) -> dict[str, Known]:
    """What is stored of those of these steps that are stored."""
    columns = ("id", "trace", "revision", "seq", "body", "memo")
    known = {}
    for chunk in chunks(ids):
        for id_, trace, revision, seq, body, memo in StepRow.objects.filter(
            id__in=chunk
        ).values_list(*columns):
            kept = None if memo is None else bytes(memo)
            known[id_] = Known(trace, revision, seq, bytes(body), kept)
    return known


def known_traces(ids: Iterable[str]) -> dict[str, Known]:
    """What is stored of those of these traces that are stored."""
    return {
        id_: Known(id_, revision, seq, bytes(body))
        for chunk in chunks(ids)
        for id_, revision, seq, body in TraceRow.objects.filter(id__in=chunk).values_list(
            "id", "revision", "seq", "body"
        )
    }


def settled_among(ids: Iterable[str]) -> set[str]:
    """Which of these traces are stored as settled."""
    return {
        id_
        for chunk in chunks(ids)
        for id_ in TraceRow.objects.filter(id__in=chunk, settled=True).values_list("id", flat=True)
    }


def step_row(step: Step, body: bytes, memo: bytes | None) -> StepRow:
    """The row of a step, without its numbers; `sort_key` is "" without a resourceVersion."""
    return StepRow(
        id=step.id,
        trace=step.trace,
        sort_key=version_key(step.resource_version),
        at=step.at,
        uid=step.object.uid,
        namespace=step.object.namespace or "",
        kind=step.object.kind,
        type=_ruled_by(step),
        name=step.object.name,
        actor=step.actor,
        body=body,
        memo=memo,
    )


def _ruled_by(step: Step) -> str:
    """The type by which is decided who may see a step: a refused request only a log tells of."""
    return "*" if step.change_type == "REFUSED" else step.object.type


def trace_row(trace: Trace, body: bytes) -> TraceRow:
    """The row of a trace, without its numbers."""
    return TraceRow(
        id=trace.id,
        rank=_RANKS.get(trace.state, _OTHER_RANK),
        state=trace.state,
        started=trace.started,
        updated=trace.updated or trace.started,
        namespace=trace.root.namespace or "",
        kind=trace.root.kind,
        type=trace.root.type,
        name=trace.root.name,
        title=trace.title,
        holder=trace.holder or "",
        settled=trace.settled,
        background=trace.background,
        existing=trace.existing,
        body=body,
    )


def image_row(uid: str, resource: str, image: Image) -> ImageRow:
    """The row of a live object."""
    pod = image.kind == "Pod"
    return ImageRow(
        uid=uid,
        resource=resource,
        kind=image.kind,
        type=type_name(image.api_version.rpartition("/")[0], image.kind),
        namespace=image.metadata.namespace or "",
        name=image.metadata.name,
        owner=owner_of(image),
        node=node_of(image) if pod else "",
        state=pod_state(image) if pod else "",
        body=encode(image),
    )


def waits_row(waits: WaitsSeen) -> WaitsRow:
    """The row of a kind of wait."""
    return WaitsRow(key=waits.key, body=msgspec.json.encode(waits))


def place(row: StepRow) -> StepRow:
    """Put a step without a resourceVersion behind what was written before it in its trace."""
    older = StepRow.objects.filter(trace=row.trace, at__lte=row.at)
    newest = older.aggregate(key=Max("sort_key"))["key"] or ""
    row.sort_key = key_after(newest.partition(".")[0], row.at)
    return row


def replace_rows(model: type[_Row], rows: Sequence[_Row]) -> None:
    """Insert `rows`, or replace those with the same primary key."""
    fields = model._meta.concrete_fields
    model._default_manager.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=[field.name for field in fields if field.primary_key],
        update_fields=[field.name for field in fields if not field.primary_key],
    )
