"""Who last wrote to each object that exists, as its managedFields tell: read, not watched.

An entry has the fields that a manager set last, and the time of its last write among them. It has
nothing of what was removed, or of objects that are gone; and each client chooses its own name.
Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
"""

import heapq
import time
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal

import msgspec
from django.db.models import Q, QuerySet

from eventstream.explain.vocabulary.records import Grade, ObjectRef
from eventstream.explain.vocabulary.registry import CONTROLLER_MANAGER, MANAGERS
from eventstream.explain.world.text import parse
from eventstream.history import permitted
from eventstream.history.answers import BadCursorError
from eventstream.history.databases import current
from eventstream.history.rights import seen
from eventstream.history.status import epoch
from eventstream.models import ImageRow
from eventstream.objects.kinds import is_built_in
from eventstream.objects.managed_fields import leaf_paths
from eventstream.packing.traces import unpack_image

OBJECTS_MOST = 50_000
"""So many objects are looked at for one answer, which takes about a second; it says if that cut."""

FIELDS_MOST = 100
"""So many fields of one entry are named, and the rest counted."""

_MANAGERS_MOST = 500
_KNOWN_SECONDS = 60.0
_NO_WRITES = ("Event", "Lease", "")
"""Evidence and heartbeats, written all the time; and what is not known by its kind."""

Sort = Literal["component", "controller", "other"]
"""What a manager is: a component of Kubernetes, one that writes a status, or neither of these."""


class WritersFilter(msgspec.Struct, frozen=True):
    """Which entries to list; what is None is not asked for. `since` is in unix seconds.

    `people` leaves out the managers that are known as components and controllers.
    """

    namespace: str | None = None
    kind: str | None = None
    manager: str | None = None
    text: str | None = None
    since: float | None = None
    people: bool = False


class LastWriter(msgspec.Struct, frozen=True):
    """One entry of an object's managedFields: `at` is in unix seconds, None where it has no time.

    `fields` are paths, FIELDS_MOST at most, of which `more` are left out.
    """

    object: ObjectRef
    manager: str
    sort: Sort
    operation: str
    subresource: str
    at: float | None
    fields: tuple[str, ...]
    more: int
    grade: Grade = "reported"


class WritersPage(msgspec.Struct, frozen=True):
    """Entries, the newest first, and where the next page begins (None: there is none).

    `cut` says that there are more objects than were looked at.
    """

    rows: tuple[LastWriter, ...]
    next: str | None
    cut: bool


class _Entry(msgspec.Struct, rename="camel"):
    manager: str = ""
    operation: str = ""
    subresource: str = ""
    time: str | None = None
    fields: msgspec.Raw = msgspec.field(name="fieldsV1", default=msgspec.Raw(b"{}"))

    @property
    def at(self) -> float | None:
        return parse(self.time)


class _Metadata(msgspec.Struct, rename="camel"):
    managed_fields: tuple[_Entry, ...] = ()


class _Kept(msgspec.Struct, rename="camel"):
    api_version: str = ""
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)


_kept = msgspec.json.Decoder(_Kept)
_Place = tuple[float, str, int]
"""Where an entry stands: by its time, the newest first (0 without one), then by uid and number."""


def last_writers(
    wanted: WritersFilter | None = None, *, limit: int = 200, before: str | None = None
) -> WritersPage:
    """Entries that match, at most `limit`, the newest first.

    `before` is the `next` of the page above. Raises BadCursorError.
    """
    wanted = wanted or WritersFilter()
    behind = _parse(before) if before is not None else None
    looked = [0]
    places = heapq.nsmallest(limit + 1, _places(wanted, behind, looked))
    shown = places[:limit]
    return WritersPage(
        tuple(_told(shown)),
        _cursor(shown[-1]) if len(places) > limit else None,
        looked[0] > OBJECTS_MOST,
    )


def managers() -> tuple[str, ...]:
    """The names in managedFields of what exists, _MANAGERS_MOST at most, sorted."""
    return tuple(sorted(_sorts())[:_MANAGERS_MOST])


def _objects(wanted: WritersFilter) -> QuerySet[ImageRow]:
    rows = permitted.images().exclude(place__kind__in=_NO_WRITES)
    for column in ("namespace", "kind"):
        if asked := getattr(wanted, column):
            rows = rows.filter(**{f"place__{column}": asked})
    for word in (wanted.text or "").split():
        rows = rows.filter(Q(name__icontains=word) | Q(place__namespace__icontains=word))
    return rows


def _bodies(rows: QuerySet[ImageRow]) -> Iterator[tuple[str, _Kept]]:
    """What matters of each object, one more than OBJECTS_MOST at most: the one that is too much."""
    bodies = rows.order_by("uid").values_list("uid", "body")[: OBJECTS_MOST + 1]
    for uid, body in bodies.iterator(chunk_size=500):
        yield uid, _kept.decode(unpack_image(bytes(body)))


def _places(wanted: WritersFilter, behind: _Place | None, looked: list[int]) -> Iterator[_Place]:
    """Each entry that matches, by its place; counts the objects in `looked`."""
    sorts = _sorts() if wanted.people else {}
    for uid, kept in _bodies(_objects(wanted)):
        looked[0] += 1
        if looked[0] > OBJECTS_MOST:
            return
        for number, entry in enumerate(kept.metadata.managed_fields):
            if wanted.manager is not None and entry.manager != wanted.manager:
                continue
            if wanted.people and sorts.get(entry.manager, "other") != "other":
                continue
            at = entry.at
            if wanted.since is not None and (at is None or at < wanted.since):
                continue
            place = (-(at or 0.0), uid, number)
            if behind is None or place > behind:
                yield place


def _told(places: list[_Place]) -> Iterator[LastWriter]:
    """The entries at these places; one that was written anew meanwhile has another place now."""
    sorts = _sorts()
    rows: dict[str, ImageRow] = {}
    uids = [uid for _, uid, _ in places]
    for start in range(0, len(uids), 500):
        asked = set(uids[start : start + 500])
        chunk = permitted.images().filter(uid__in=asked).select_related("place")
        rows |= {row.uid: row for row in chunk}
    for place, uid, number in places:
        row = rows.get(uid)
        kept = _kept.decode(unpack_image(bytes(row.body))) if row is not None else _Kept()
        entries = kept.metadata.managed_fields
        if row is None or number >= len(entries) or -(entries[number].at or 0.0) != place:
            continue
        entry = entries[number]
        fields = sorted(leaf_paths(bytes(entry.fields)))
        yield LastWriter(
            ObjectRef(kept.api_version, row.place.kind, row.place.namespace or None, row.name, uid),
            entry.manager,
            sorts.get(entry.manager, "other"),
            entry.operation,
            entry.subresource,
            entry.at,
            tuple(fields[:FIELDS_MOST]),
            max(len(fields) - FIELDS_MOST, 0),
        )


def _sorts() -> dict[str, Sort]:
    """What each manager is, as far as what exists shows that; found out once a minute."""
    since = int(time.monotonic() // _KNOWN_SECONDS)
    return _sorts_of(current(), epoch(), seen().digest, since)


@lru_cache(maxsize=16)
def _sorts_of(_database: str, _epoch: str, _rights: str, _since: int) -> dict[str, Sort]:
    found: dict[str, Sort] = {}
    for _, kept in _bodies(_objects(WritersFilter())):
        writers = _status_writers(kept)
        for entry in kept.metadata.managed_fields:
            name = entry.manager
            if name in MANAGERS or name.startswith("kube-") or name == CONTROLLER_MANAGER:
                found[name] = "component"
            elif name in writers:
                found[name] = "controller"
            else:
                found.setdefault(name, "other")
    return found


def _status_writers(kept: _Kept) -> set[str]:
    """Who writes an object's status, and so looks after it; people's own tool aside."""
    entries: Iterable[_Entry] = (
        entry for entry in kept.metadata.managed_fields if not entry.manager.startswith("kubectl")
    )
    custom = not is_built_in(kept.api_version)
    return {
        entry.manager
        for entry in entries
        if entry.subresource == "status"
        or (custom and not entry.subresource and _reports(leaf_paths(bytes(entry.fields))))
    }


def _reports(leaves: frozenset[str]) -> bool:
    owned = {leaf.partition(".")[0] for leaf in leaves}
    return "status" in owned and "spec" not in owned


def _cursor(place: _Place) -> str:
    at, uid, number = place
    return f"{-at!r}/{number}/{uid}"


def _parse(cursor: str) -> _Place:
    at, _, rest = cursor.partition("/")
    number, slash, uid = rest.partition("/")
    try:
        if slash:
            return -float(at), uid, int(number)
    except ValueError:
        pass  # Said below, as for a cursor without a slash.
    raise BadCursorError(f"{cursor!r} is no place in the list of last writers.")
