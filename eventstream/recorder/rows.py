"""Steps, traces and images as rows: which column holds what, and what is stored of them already."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

import msgspec
from django.db.models import Model

from eventstream.explain.vocabulary.records import Encode, Trace, WaitsSeen, type_name
from eventstream.explain.world.families import owner_of
from eventstream.explain.world.pods import node_of, pod_state
from eventstream.models import RANKS, StepRow, WaitsRow
from eventstream.names import Names
from eventstream.objects.decoding import encode
from eventstream.objects.images import Image
from eventstream.packing import frames
from eventstream.packing.ids import id_bytes, uid_bytes
from eventstream.packing.order import key_after
from eventstream.packing.traces import pack_image
from eventstream.statements import STEPS, TRACES, Cells, statements

_RANKS = {state: rank for rank, states in RANKS.items() for state in states}
_Row = TypeVar("_Row", bound=Model)


class StepCells(NamedTuple):
    """A step's row, as `statements.STEPS` has it."""

    seq: int
    id: bytes
    trace: int
    revision: int
    sort: bytes
    at: int
    place: int
    object: int
    actor: int
    body: bytes

    def says(self, trace: int, sort: bytes, said: Cells) -> bool:
        """Whether the same is told anew; without a `sort` a step of the same trace stays there."""
        return (
            self.trace == trace
            and (not sort or self.sort == sort)
            and self[5:9] == said[:-1]
            and same(self.body, said[-1])
        )


class KnownTrace(NamedTuple):
    """What is stored of a trace before this batch."""

    revision: int
    body: bytes
    seq: int


def same(body: bytes, other: bytes) -> bool:
    """Whether two bodies say the same; an older dictionary may have packed one of them."""
    return body == other or frames.unpack(body) == frames.unpack(other)


def known_steps(ids: Iterable[bytes]) -> dict[bytes, StepCells]:
    """What is stored of those of these steps that are stored."""
    rows = statements().find(STEPS, STEPS.columns, "id", ids)
    return {row[1]: StepCells(*row) for row in rows}


def known_traces(numbers: Iterable[int]) -> dict[int, KnownTrace]:
    """What is stored of those of these traces that are stored."""
    columns = ("number", "revision", "body", "seq")
    rows = statements().find(TRACES, columns, "number", numbers)
    return {number: KnownTrace(*told) for number, *told in rows}


def trace_cells(number: int, trace: Trace, seq: int, revision: int, body: bytes) -> Cells:
    """The row of a trace, as `statements.TRACES` has it."""
    root = trace.root
    return (
        number,
        id_bytes(trace.id),
        seq,
        revision,
        _RANKS[trace.state],
        trace.state,
        trace.started,
        trace.updated or trace.started,
        root.namespace or "",
        root.kind,
        root.type,
        root.name,
        trace.title,
        trace.holder or "",
        trace.settled,
        trace.background,
        trace.existing,
        body,
    )


class Encoded:
    """Gives the JSON of images, and makes that of each image of a batch once: a memo has it too."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[Image, bytes]] = {}

    def __call__(self, image: Image) -> bytes:
        """The JSON of an image, which stays as it is."""
        known = self._made.get(id(image))
        if known is None:
            known = self._made[id(image)] = image, encode(image)
        return known[1]

    def once(self, image: Image) -> bytes:
        """The same for who asks last: what nobody asked for before is not kept."""
        known = self._made.get(id(image))
        return encode(image) if known is None else known[1]

    def has_made(self, image: Image | None) -> bool:
        """Whether that of an image was asked for."""
        return id(image) in self._made


def image_cells(
    images: Sequence[tuple[str, str, Image]], names: Names, encode: Encode
) -> list[Cells]:
    """The rows of live objects, as `statements.IMAGES` has them: by uid, resource and image."""
    places = [_place(image) for _, _, image in images]
    numbers = names.places.numbers(places, names.take)
    resources = names.names.numbers([resource for _, resource, _ in images], names.take)
    return [
        (
            uid_bytes(uid),
            resources[resource],
            numbers[place],
            image.metadata.name,
            uid_bytes(owner_of(image)),
            node_of(image) if image.kind == "Pod" else "",
            pod_state(image) if image.kind == "Pod" else "",
            pack_image(encode(image)),
        )
        for (uid, resource, image), place in zip(images, places, strict=True)
    ]


def _place(image: Image) -> tuple[str, str, str]:
    type_ = type_name(image.api_version.rpartition("/")[0], image.kind)
    return image.metadata.namespace or "", image.kind, type_


def waits_row(waits: WaitsSeen) -> WaitsRow:
    """The row of a kind of wait."""
    return WaitsRow(key=waits.key, body=msgspec.json.encode(waits))


def sort_behind(trace: int, at: int, seconds: float) -> bytes:
    """The place of a step without a resourceVersion: behind what was written before it."""
    older = StepRow.objects.filter(trace_id=trace, at__lte=at)
    newest = older.order_by("-sort").values_list("sort", flat=True).first()
    return key_after(bytes(newest or b""), seconds)


def replace_rows(model: type[_Row], rows: Sequence[_Row]) -> None:
    """Insert `rows`, or replace those with the same primary key."""
    fields = model._meta.concrete_fields
    model._default_manager.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=[field.name for field in fields if field.primary_key],
        update_fields=[field.name for field in fields if not field.primary_key],
    )
