"""How much of one object is kept: an object may come with megabytes of labels, or of anything.

Nothing is cut of what Kubernetes itself lets pass in a sound cluster. Of more than that the first
is kept, what explanations go by before all else, and the object gets a flag that says how many
more there were. What was left out of labels, annotations and finalizers is kept as one digest,
so that a change there shows. What was cut once comes out of the next cut as it is.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from eventstream.objects.images import NO_FIELDS, FieldsEntry, Metadata

LARGE = 32 * 1024
"""Bytes of JSON, of an object or of its spec or status, up to which all of it is kept."""

TEXTS_KEPT = 256
"""Labels, and annotations, that are kept of a larger object."""

NAMES_KEPT = 64
"""Managers, owners, and finalizers that are kept of a larger object."""

TEXT_KEPT = 64 * 1024
"""Characters of labels, of annotations, of a spec or a status that are kept of a larger one."""

FIELDS_KEPT = 128 * 1024
"""Bytes of managedFields that are kept, those of the newest entries first."""

ITEMS_KEPT = 1000
"""Elements of one list, or fields of one map, that are kept in a larger spec or status."""

LONGEST = 1024
"""Characters of a name or other plain text that are kept: no name of the API is longer."""

Flags = tuple[str, ...]
T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)
_NEEDED = frozenset(
    {
        "argocd.argoproj.io/tracking-id",
        "batch.kubernetes.io/cronjob-scheduled-timestamp",
        "controller-revision-hash",
        "crossplane.io/claim-name",
        "crossplane.io/claim-namespace",
        "deployment.kubernetes.io/revision",
        "endpointslice.kubernetes.io/managed-by",
        "helm.toolkit.fluxcd.io/name",
        "helm.toolkit.fluxcd.io/namespace",
        "kubernetes.io/config.mirror",
        "kubernetes.io/config.source",
        "kustomize.toolkit.fluxcd.io/name",
        "kustomize.toolkit.fluxcd.io/namespace",
        "openshift.io/deployment-config.latest-version",
        "openshift.io/deployment.phase",
        "pod-template-hash",
    }
)
"""Labels and annotations that rules read: never left out for their number."""
_FIRST = frozenset({"conditions", "health", "observedGeneration", "phase", "state"})
"""Fields of a custom resource that are kept before others, as rules read them."""
_ENTRY = 16
"""What an element or field counts beside its text."""


def bounded_metadata(metadata: Metadata, hide: Callable[[str], str]) -> tuple[Metadata, Flags]:
    """Cut what is too much, in place; returns a flag for each part that was cut.

    `hide` gives the digest of what is left out.
    """
    flags: list[str] = []
    kept: dict[str, Any] = {}
    for name in ("name", "namespace", "uid", "resource_version", "generate_name"):
        text = getattr(metadata, name)
        if text and len(text) > LONGEST:
            kept[name] = text[: LONGEST // 2] + hide(text)
            flags.append(f"metadata.{name}: too long, not kept whole")
    for name in ("labels", "annotations"):
        texts = getattr(metadata, name)
        if texts:
            kept[name] = _texts(texts, f"metadata.{name}", hide, flags)
    kept["finalizers"] = _finalizers(metadata.finalizers, hide, flags)
    kept["owner_references"] = _owners(metadata, flags)
    kept["managed_fields"] = _managers(metadata.managed_fields, flags)
    return msgspec.structs.replace(metadata, **kept), tuple(flags)


def _said(path: str, number: int) -> str:
    return f"{path}: {number} more, not kept"


def _texts(
    texts: dict[str, str], path: str, hide: Callable[[str], str], flags: list[str]
) -> dict[str, str]:
    size = sum(map(len, texts)) + sum(map(len, texts.values()))
    if len(texts) <= TEXTS_KEPT and size <= TEXT_KEPT:
        return texts
    kept: dict[str, str] = {}
    room = TEXT_KEPT - 2 * LONGEST
    for key in sorted(texts, key=lambda key: key not in _NEEDED):
        cost = len(key) + len(texts[key])
        if cost <= room and len(kept) < TEXTS_KEPT - 1:
            kept[key] = texts[key]
            room -= cost
    rest = [(key, text) for key, text in texts.items() if key not in kept]
    flags.append(_said(path, len(rest)))
    kept = {key: text for key, text in texts.items() if key in kept}
    return kept | {f"and {len(rest)} more": hide(msgspec.json.encode(rest).decode())}


def _finalizers(
    names: tuple[str, ...], hide: Callable[[str], str], flags: list[str]
) -> tuple[str, ...]:
    if len(names) <= NAMES_KEPT and all(len(name) <= LONGEST for name in names):
        return names
    sound = [name for name in names if len(name) <= LONGEST][: NAMES_KEPT - 1]
    flags.append(_said("metadata.finalizers", len(names) - len(sound)))
    return (*sound, f"and {len(names) - len(sound)} more ({hide(' '.join(names))})")


def _owners(metadata: Metadata, flags: list[str]) -> tuple[Any, ...]:
    """The first owners, the controller among them."""
    owners = metadata.owner_references
    if len(owners) <= NAMES_KEPT:
        return tuple(map(_shorter, owners))
    controller = metadata.controller
    first = [_shorter(owner) for owner in owners[:NAMES_KEPT] if owner is not controller]
    controller = _shorter(controller) if controller is not None else None
    kept = [controller, *first] if controller is not None else first
    flags.append(_said("metadata.ownerReferences", len(owners) - len(kept[:NAMES_KEPT])))
    return tuple(kept[:NAMES_KEPT])


def _managers(entries: tuple[FieldsEntry, ...], flags: list[str]) -> tuple[FieldsEntry, ...]:
    """The newest entries: who wrote last is among them; of the older ones the fields go first."""
    size = sum(len(entry.fields) for entry in entries)
    if len(entries) <= NAMES_KEPT and size <= FIELDS_KEPT:
        return tuple(map(_shorter, entries))
    places = sorted(range(len(entries)), key=lambda at: entries[at].time or "", reverse=True)
    room, bare, kept = FIELDS_KEPT, 0, {}
    for place in places[:NAMES_KEPT]:
        entry = _shorter(entries[place])
        if len(entry.fields) > room:
            bare += 1
            entry = msgspec.structs.replace(entry, fields=NO_FIELDS)
        room -= len(entry.fields)
        kept[place] = entry
    if len(entries) > len(kept):
        flags.append(_said("metadata.managedFields", len(entries) - len(kept)))
    if bare:
        flags.append(f"metadata.managedFields: the fields of {bare}, not kept")
    return tuple(kept[place] for place in sorted(kept))


def _shorter(struct: S) -> S:
    """The struct with its texts cut."""
    texts = [(name, getattr(struct, name)) for name in struct.__struct_fields__]
    cut = {
        name: shortened(text) for name, text in texts if type(text) is str and len(text) > LONGEST
    }
    return msgspec.structs.replace(struct, **cut) if cut else struct


def shortened(text: str) -> str:
    """`text` without what is longer than any name."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def bounded_part(part: Any, path: str) -> tuple[Any, Flags]:
    """A spec, a status or other content with what is too much of it cut."""
    cutter = _Cutter()
    kept = cutter.kept(part)
    if not cutter.dropped:
        return kept, ()
    return kept, (f"{path}: too large, {cutter.dropped} of its fields or elements not kept",)


class _Cutter:
    """Goes through a part until there is no room left; counts what it dropped."""

    def __init__(self) -> None:
        self.room = TEXT_KEPT
        self.dropped = 0

    def kept(self, value: Any) -> Any:
        if type(value) is str:
            return self._text(value)
        if isinstance(value, dict):
            ordered = sorted(value.items(), key=lambda item: item[0] not in _FIRST)
            return dict(self._items(ordered, self._entry))
        if isinstance(value, list | tuple):
            return type(value)(self._items(value, self.kept))
        if isinstance(value, msgspec.Struct):
            return self._fields(value)
        return value

    def _entry(self, item: tuple[str, Any]) -> tuple[str, Any]:
        return self._text(item[0]), self.kept(item[1])

    def _items(self, items: Sequence[T], kept: Callable[[T], T]) -> Iterable[T]:
        for index, item in enumerate(items):
            if index >= ITEMS_KEPT or self.room <= 0:
                self.dropped += len(items) - index
                return
            self.room -= _ENTRY
            yield kept(item)

    def _fields(self, struct: S) -> S:
        """Plain fields first, then conditions. Messages are cut where they are scrubbed."""
        names = struct.__struct_fields__
        values = [(name, getattr(struct, name)) for name in names]
        changed: dict[str, Any] = {}
        for name, value in sorted(values, key=lambda field: _rank(*field)):
            kept = self.kept(value) if name != "message" else value
            if kept is not value:
                changed[name] = kept
        return msgspec.structs.replace(struct, **changed) if changed else struct

    def _text(self, text: str) -> str:
        if len(text) > LONGEST:
            self.dropped += 1
        text = shortened(text)
        self.room -= len(text)
        return text


def _rank(name: str, value: Any) -> int:
    return 0 if not isinstance(value, dict | list | tuple) else 2 - (name == "conditions")
