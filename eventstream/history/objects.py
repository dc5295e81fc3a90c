"""One object as it is now: itself, what is above and below it, and what was done to it."""

from collections.abc import Iterator
from typing import Any

import msgspec

from eventstream.explain.vocabulary.records import ObjectRef, Step, Trace
from eventstream.history import permitted
from eventstream.history.answers import Stored
from eventstream.history.reading import stored_steps, stored_traces
from eventstream.models import ImageRow, ObjectRow
from eventstream.objects.decoding import Decoder
from eventstream.objects.resource import Resource
from eventstream.packing.traces import unpack_image

_ANCESTORS_MOST = 10


class KeptCondition(msgspec.Struct, frozen=True):
    """A condition as the object last had it; times are the API's own text."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    since: str = ""


class KeptObject(msgspec.Struct, frozen=True):
    """A live object, redacted. `numbers` are the counts in its spec and status, by path.

    `owner` is the uid of what controls it, "" without one; `state` and `node` are a Pod's.
    """

    ref: ObjectRef
    resource_version: str
    owner: str
    state: str
    node: str
    created: str
    deleted: str
    generation: int | None
    observed_generation: int | None
    labels: dict[str, str]
    finalizers: tuple[str, ...]
    conditions: tuple[KeptCondition, ...]
    numbers: dict[str, int]
    text: str


def kept(uid: str) -> KeptObject | None:
    """The live object of that uid, None when there is none that Baton watches."""
    row = permitted.images().filter(uid=uid).first()
    return None if row is None else _object(row)


def ancestors(found: KeptObject) -> list[KeptObject]:
    """What controls an object, what controls that, and so on, the nearest first."""
    above: list[KeptObject] = []
    seen = {found.ref.uid}
    owner = found.owner
    while owner and owner not in seen and len(above) < _ANCESTORS_MOST:
        seen.add(owner)
        row = permitted.images().filter(uid=owner).first()
        if row is None:
            break
        above.append(_object(row))
        owner = above[-1].owner
    return above


def children(uid: str, limit: int = 200) -> tuple[list[KeptObject], int]:
    """What an object controls, by kind and name, at most `limit`; and how many there are."""
    rows = permitted.images().filter(owner=uid)
    ordered = rows.select_related("place", "resource").order_by("place__kind", "name")
    shown = [_object(row) for row in ordered[:limit]]
    return shown, rows.count()


def steps_about(uid: str, limit: int = 12) -> list[Stored[Step]]:
    """The latest writes to an object, the newest first; heartbeats are not among them."""
    # By number, so that one object's are read in the order of the index, and no more of them.
    numbers = list(ObjectRow.objects.filter(uid=uid).values_list("id", flat=True))
    rows = permitted.steps().filter(object__in=numbers).order_by("-sort", "-id")
    # An object has two rows of heartbeats at most.
    found = stored_steps(rows[: limit + 2])
    return [stored for stored in found if stored.record.verb != "renew"][:limit]


def heartbeats(uid: str, node: str = "") -> list[Stored[Step]]:
    """The rows that count renewals: a Pod's own, and those of the Lease of a node."""
    rows = permitted.steps().filter(object__uid=uid).order_by("-at")[:200]
    found = [stored for stored in stored_steps(rows) if stored.record.verb == "renew"]
    leases = permitted.images().filter(
        place__kind="Lease", place__namespace="kube-node-lease", name=node
    )
    if node and (lease := leases.first()) is not None:
        found += stored_steps(permitted.steps().filter(object__uid=lease.uid)[:1])
    return found


def traces_about(uid: str, limit: int = 20) -> list[Stored[Trace]]:
    """The traces in which something was done to an object, the latest change first."""
    numbers = permitted.steps().filter(object__uid=uid).values("trace")
    rows = permitted.traces().filter(number__in=numbers).order_by("-updated", "id")
    return stored_traces(rows[:limit])


def _object(row: ImageRow) -> KeptObject:
    image = _decoder.image(_resource(row), unpack_image(bytes(row.body)))
    place = row.place
    metadata, whole = image.metadata, _plain(image)
    status = whole.get("status")
    status = status if isinstance(status, dict) else {}  # A custom resource's may be anything.
    seen = status.get("observedGeneration")
    return KeptObject(
        ref=ObjectRef(image.api_version, place.kind, place.namespace or None, row.name, row.uid),
        resource_version=image.version,
        owner=row.owner,
        state=row.state,
        node=row.node,
        created=metadata.creation_timestamp or "",
        deleted=metadata.deletion_timestamp or "",
        generation=metadata.generation,
        observed_generation=seen if isinstance(seen, int) else None,
        labels=metadata.labels or {},
        finalizers=metadata.finalizers,
        conditions=tuple(_conditions(status.get("conditions"))),
        numbers=dict(_numbers(whole)),
        text=msgspec.json.format(msgspec.json.encode(whole), indent=2).decode(),
    )


def _resource(row: ImageRow) -> Resource:
    group, version, plural = ("", *row.resource.name.split("/"))[-3:]
    return Resource(group, version, plural, row.place.kind)


def _conditions(listed: Any) -> Iterator[KeptCondition]:
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("type"), str):
            status, reason, message, since = (
                str(entry.get(key) or "")
                for key in ("status", "reason", "message", "lastTransitionTime")
            )
            yield KeptCondition(entry["type"], status, reason, message, since)


def _numbers(image: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """The whole numbers that stand directly in spec and status."""
    for part in ("spec", "status"):
        fields = image.get(part)
        for key, value in fields.items() if isinstance(fields, dict) else ():
            if isinstance(value, int) and not isinstance(value, bool):
                yield f"{part}.{key}", value


def _plain(value: Any) -> Any:
    """A value as JSON has it, with what the API defaults; digests and managedFields left out."""
    if isinstance(value, msgspec.Struct):
        named = ((f.encode_name, getattr(value, f.name)) for f in msgspec.structs.fields(value))
        value = dict(named)
    if isinstance(value, dict):
        kept = ((k, _plain(v)) for k, v in value.items() if k not in _UNSHOWN)
        return {
            key: each for key, each in kept if each is not False and each not in (None, "", [], {})
        }
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value


_UNSHOWN = frozenset({"managedFields", "x-baton-digest", "x-baton-flags", "x-baton-health"})
_decoder = Decoder(b"")  # Images are redacted already, which decoding leaves as it is.
