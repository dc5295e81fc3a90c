"""Reads managedFields: normalizes fieldsV1 for keeping, and tells which paths it covers.

Source: https://github.com/kubernetes-sigs/structured-merge-diff (fieldpath), and
https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management.
"""

from collections.abc import Iterator, Set
from typing import Any

import msgspec

from eventstream.expressions import expression
from eventstream.objects.images import NO_FIELDS, FieldsEntry, Image, Metadata
from eventstream.objects.messages import withheld
from eventstream.objects.sharing import Kept, Words

_TYPE_KEY = expression(rb'"k:\{\\"type\\":\\"[A-Za-z0-9./_-]+\\"\}"', whole=True)
_NORMAL_KEY = expression(rb'"k:\{[\w,]*\}"', whole=True)
_KEY_NAMES = expression(rb'\\"(\w+)\\":', whole=True)
_PREFIXES = (b'"f:', b'"k:', b'"v:', b'"i:', b'".":')


class FieldsSettler:
    """Normalizes entries for one installation; equal ones of many objects share one struct."""

    def __init__(self) -> None:
        self._words = Words()
        self._managers = Words(withheld)
        self._came = Kept[_Place, tuple[FieldsEntry, FieldsEntry]](2048)
        self._entries = Kept[tuple[str, str, str, str | None, str, bytes], FieldsEntry](4096)
        self._normalized = Kept[bytes, msgspec.Raw](4096)
        self._raws = Kept[bytes, msgspec.Raw](4096)
        self._keys = Kept[bytes, bytes](2048)

    def shared(self, entry: FieldsEntry) -> FieldsEntry:
        """The entry with its fields normalized.

        The same text comes with each version of an object: to compare it with the one that came
        before costs less than its hash.
        """
        place = entry.manager, entry.subresource, entry.time, len(entry.fields)
        known = self._came.get(place)
        if known is not None and known[0] == entry:
            return known[1]
        fields = bytes(entry.fields)
        names = entry.manager, entry.operation, entry.subresource, entry.time, entry.api_version
        size = len(fields) + len(entry.manager)
        shared = self._entries.get((*names, fields))
        if shared is None:
            shared = self._entry(*names, fields)
            self._entries.keep((*names, fields), shared, size)
        self._came.pop(place, None)  # The latest is the one that comes again.
        self._came.keep(place, (FieldsEntry(*names, msgspec.Raw(fields)), shared), size)
        return shared

    def _entry(
        self, manager: str, operation: str, part: str, time: str | None, version: str, fields: bytes
    ) -> FieldsEntry:
        word = self._words.__getitem__
        return FieldsEntry(
            word(self._managers[manager]),
            word(operation),
            word(part),
            word(time) if time else time,
            word(version),
            self.normalized(fields),
        )

    def normalized(self, fields: bytes) -> msgspec.Raw:
        """The fieldsV1 JSON without the values in its keys (all but condition types), shared.

        Objects with the same fields get the very same Raw, whatever their uids and addresses. What
        is no fieldsV1 at all may hold anything, and becomes `{}`.
        """
        known = self._normalized.get(fields)
        if known is not None:
            return known
        normal = fields
        if b'"k:' in fields or b'"v:' in fields:
            normal = b"".join(self._pieces(fields))
        shared = self._raws.get(normal)
        if shared is None:
            shared = self._interned(normal) if _sound(normal) else NO_FIELDS
        return self._normalized.keep(fields, shared, len(fields))

    def _pieces(self, fields: bytes) -> Iterator[bytes]:
        """The text in pieces, without the values in its keys. By hand, as each Pod has others."""
        place = 0
        while (start := _next_key(fields, place)) >= 0:
            end = _end_of_string(fields, start + 1)
            yield fields[place:start]
            yield self._key(fields[start:end])
            place = end
        yield fields[place:]

    def _key(self, text: bytes) -> bytes:
        """A key without the values in it."""
        if len(text) > _LONGEST_KEY:
            return _no_values(text)
        known = self._keys.get(text)
        return self._keys.keep(text, _no_values(text), len(text)) if known is None else known

    def _interned(self, normal: bytes) -> msgspec.Raw:
        if normal == b"{}":
            return NO_FIELDS
        return self._raws.keep(normal, msgspec.Raw(normal), len(normal))


_Place = tuple[str, str, str | None, int]
_LONGEST_KEY = 200
"""Bytes of a key that is remembered: `k:{"containerPort":…,"protocol":…}` is of those."""


def _next_key(fields: bytes, place: int) -> int:
    """Where the next key with a value begins, -1 where none does."""
    found = fields.find(b'"k:', place)
    other = fields.find(b'"v:', place, found if found >= 0 else None)
    return other if other >= 0 else found


def _end_of_string(text: bytes, place: int) -> int:
    """Where the JSON string that `place` is in has ended."""
    while (quote := text.find(b'"', place)) >= 0:
        before = quote - 1
        while text[before] == _BACKSLASH:
            before -= 1
        if (quote - before) % 2:
            return quote + 1
        place = quote + 1
    return len(text)


_BACKSLASH = 0x5C


def _no_values(text: bytes) -> bytes:
    """A key without the values in it."""
    if text.startswith(b'"v:'):
        return b'"v:"'
    if _TYPE_KEY.fullmatch(text) or _NORMAL_KEY.fullmatch(text):
        return text  # A condition's type, or normalized before (a recording).
    return b'"k:{' + b",".join(_KEY_NAMES.findall(text)) + b'}"'


def _sound(fields: bytes) -> bool:
    """Whether all strings are keys as documented; counting settles it for the server's own form."""
    keys = fields.count(b'":{')
    if fields.count(b'"') == 2 * keys and sum(map(fields.count, _PREFIXES)) == keys:
        return fields.startswith(b"{")
    return _documented(msgspec.json.decode(fields))


def _documented(tree: Any) -> bool:
    return isinstance(tree, dict) and all(
        (key == "." or key[:2] in ("f:", "k:", "v:", "i:")) and _documented(below)
        for key, below in tree.items()
    )


def paths(fields: msgspec.Raw | bytes) -> Set[str]:
    """The leaf paths that normalized fieldsV1 names, as `spec.replicas`.

    List elements keyed by type read `status.conditions[Ready]`; those keyed otherwise `[]`.
    Returns the empty set for text that is not a fieldsV1 object.
    """
    return _read(fields).leaves


class _Read:
    """What a text says: its leaf paths, those of maps and lists above, what leaves cover of others.

    Of none where it is no fieldsV1 object.
    """

    __slots__ = ("above", "covered", "leaves")

    def __init__(self, text: bytes) -> None:
        self.leaves: set[str] = set()
        self.above: set[str] = set()
        self.covered: dict[str, int] = {}
        try:
            tree = msgspec.json.decode(text) if text else {}
        except (msgspec.DecodeError, RecursionError):
            return
        if isinstance(tree, dict):
            self._walk(tree, "")

    def _walk(self, tree: dict[str, Any], prefix: str, depth: int = 0) -> bool:
        """Take in what lies below a path; returns whether that names any leaf."""
        names = False
        for key, below in tree.items():
            if key == ".":
                continue
            kind, _, name = key.partition(":")
            if kind == "f":
                path = f"{prefix}.{name}" if prefix else name
            elif kind == "k":
                path = f"{prefix}[{_element(name)}]"
            else:
                path = f"{prefix}[]"
            if isinstance(below, dict) and below and depth < _DEEPEST:
                if not self._walk(below, path, depth + 1):
                    continue
                self.above.add(path)
            else:
                self.leaves.add(path)
            names = True
        return names


def _read(fields: msgspec.Raw | bytes) -> _Read:
    text = bytes(fields)
    known = _texts_read.get(text)
    return _texts_read.keep(text, _Read(text), len(text)) if known is None else known


_PATHS_KEPT, _ROOM_FOR_PATHS = 2048, 8 * 1024 * 1024
_COVERED_KEPT = 64
_DEEPEST = 64
"""Levels of fields that are told apart: of any deeper ones, that they are there."""
_texts_read = Kept[bytes, _Read](_PATHS_KEPT, _ROOM_FOR_PATHS)
"""What normalized texts say, which is the same whoever reads them."""


def leaf_paths(fields: bytes) -> frozenset[str]:
    """The same as `paths`, remembered nowhere."""
    return frozenset(_Read(fields).leaves)


def _element(key: str) -> str:
    try:
        values = msgspec.json.decode(key)
    except msgspec.DecodeError:
        return ""
    return str(values.get("type", "")) if isinstance(values, dict) else ""


def covers(fields: msgspec.Raw | bytes, path: str) -> int:
    """How much of `path` fieldsV1 names: the length of the leaf at or above it, 0 if none.

    A leaf above is an atomic list or map, or an empty claim on the whole; a longer one knows
    the field better. An element whose key's value is withheld matches any of its list.
    """
    read = _read(fields)
    known = read.covered.get(path)
    if known is None:
        if len(read.covered) >= _COVERED_KEPT:
            read.covered.clear()
        known = read.covered[path] = _covers(read.leaves, path)
    return known


def names_more(fields: msgspec.Raw, earlier: msgspec.Raw) -> bool:
    """Whether fieldsV1 names a path that the `earlier` one of the same entry had no part of.

    One that names a map or list alone, of which the other named parts, only lost them.
    """
    was = _read(earlier)
    return not paths(fields) - was.leaves <= was.above


def _covers(leaves: Set[str], path: str) -> int:
    known = _longest(leaves, path)
    return max(known, _longest(leaves, _ELEMENT.sub("[]", path))) if "[" in path else known


def status_writers(image: Image) -> set[str]:
    """The managers that own an object's status and nothing of its spec; people's tools aside."""
    return {
        entry.manager
        for entry in image.metadata.managed_fields
        if not entry.manager.startswith("kubectl")
        and (entry.subresource == "status" or _reports(paths(entry.fields)))
    }


def desired_at(metadata: Metadata) -> list[str]:
    """When each manager last wrote what it set of the desired state, as RFC 3339.

    One that writes a status as part of the object may have reported then.
    """
    return [
        entry.time
        for entry in metadata.managed_fields
        if entry.time
        and entry.subresource != "status"
        and b'"f:spec"' in bytes(entry.fields)
        and any(path.startswith("spec") for path in paths(entry.fields))
    ]


def reported_at(metadata: Metadata) -> list[str]:
    """When each manager last wrote what it set of the status, as RFC 3339."""
    return [
        entry.time
        for entry in metadata.managed_fields
        if entry.time and (entry.subresource == "status" or b'"f:status"' in bytes(entry.fields))
    ]


def reports_as_spec(metadata: Metadata) -> bool:
    """Whether somebody wrote a status as part of the object: each such report is a generation.

    Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/
    custom-resource-definitions/#status-subresource (only with it `.metadata.generation` leaves
    changes of the status out).
    """
    entries = metadata.managed_fields
    if any(entry.subresource == "status" for entry in entries):
        return False
    return any(
        b'"f:status"' in bytes(entry.fields)
        and any(path.startswith("status") for path in paths(entry.fields))
        for entry in entries
    )


def _reports(leaves: Set[str]) -> bool:
    owned = {leaf.partition(".")[0] for leaf in leaves}
    return "status" in owned and "spec" not in owned


_ELEMENT = expression(r"\[[^\]]*\]")


def _longest(leaves: Set[str], path: str) -> int:
    if f"{path}[]" in leaves:
        return len(path)  # A list of plain values, of which no element is named.
    if path.endswith("]") and any(leaf.startswith(f"{path}.") for leaf in leaves):
        return len(path)  # The element as a whole came or went: who knows its fields knows it.
    while path:
        if path in leaves:
            return len(path)
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return 0
