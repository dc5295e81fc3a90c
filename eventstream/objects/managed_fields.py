"""Reads managedFields: normalizes fieldsV1 for keeping, and tells which paths it covers.

Source: https://github.com/kubernetes-sigs/structured-merge-diff (fieldpath), and
https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

from eventstream.expressions import expression
from eventstream.objects.images import NO_FIELDS, FieldsEntry, Image
from eventstream.objects.messages import withheld
from eventstream.objects.sharing import Kept, Words

_TYPE_KEY = expression(rb'"k:\{\\"type\\":\\"[A-Za-z0-9./_-]+\\"\}"', whole=True)
_NORMAL_KEY = expression(rb'"k:\{[\w,]*\}"', whole=True)
_KEY_NAMES = expression(rb'\\"(\w+)\\":', whole=True)
_words = Words()
_PREFIXES = (b'"f:', b'"k:', b'"v:', b'"i:', b'".":')


def shared_entry(entry: FieldsEntry) -> FieldsEntry:
    """The entry with its fields normalized; equal entries of many objects share one struct.

    The same text comes with each version of an object: to compare it costs less than its hash.
    """
    place = entry.manager, entry.subresource, entry.time, len(entry.fields)
    known = _latest.get(place)
    if known is not None and known[0] == entry:
        return known[1]
    fields = bytes(entry.fields)
    names = entry.manager, entry.operation, entry.subresource, entry.time, entry.api_version
    size = len(fields) + len(entry.manager)
    shared = _entries.get((*names, fields))
    if shared is None:
        shared = _entry(*names, fields)
        _entries.keep((*names, fields), shared, size)
    _latest.keep(place, (FieldsEntry(*names, msgspec.Raw(fields)), shared), size)
    return shared


_latest = Kept[tuple[str, str, str | None, int], tuple[FieldsEntry, FieldsEntry]](2048)
"""Entries as they came, and as they are kept."""
_entries = Kept[tuple[str, str, str, str | None, str, bytes], FieldsEntry](4096)


def _entry(
    manager: str, operation: str, subresource: str, time: str | None, version: str, fields: bytes
) -> FieldsEntry:
    entry = FieldsEntry(withheld(manager), operation, subresource, time, version, normalize(fields))
    _words.share(entry, _WORDS)
    return entry


_WORDS = ("manager", "operation", "subresource", "time", "api_version")


def normalize(fields: bytes) -> msgspec.Raw:
    """The fieldsV1 JSON without the values in its keys (all but condition types), shared.

    Objects with the same fields get the very same Raw, whatever their uids and addresses. What
    is no fieldsV1 at all may hold anything, and becomes `{}`.
    """
    known = _normalized.get(fields)
    return _normalized.keep(fields, _normalize(fields), len(fields)) if known is None else known


_normalized = Kept[bytes, msgspec.Raw](4096)


def _normalize(fields: bytes) -> msgspec.Raw:
    if b'"k:' in fields or b'"v:' in fields:
        fields = b"".join(_normal_pieces(fields))
    return _interned(fields) if _sound(fields) else NO_FIELDS


def _normal_pieces(fields: bytes) -> Iterator[bytes]:
    """The text in pieces, without the values in its keys. Found by hand, as each Pod has others."""
    place = 0
    while (start := _next_key(fields, place)) >= 0:
        end = _end_of_string(fields, start + 1)
        key = fields[start:end]
        yield fields[place:start]
        yield _without_values(key) if end - start <= _LONGEST_KEY else _no_values(key)
        place = end
    yield fields[place:]


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


_without_values = lru_cache(maxsize=2048)(_no_values)


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


def _interned(normal: bytes) -> msgspec.Raw:
    if normal == b"{}":
        return NO_FIELDS
    known = _raws.get(normal)
    return _raws.keep(normal, msgspec.Raw(normal), len(normal)) if known is None else known


_raws = Kept[bytes, msgspec.Raw](4096)


def paths(fields: msgspec.Raw | bytes) -> frozenset[str]:
    """The leaf paths that normalized fieldsV1 names, as `spec.replicas`.

    List elements keyed by type read `status.conditions[Ready]`; those keyed otherwise `[]`.
    Returns the empty set for text that is not a fieldsV1 object.
    """
    return _read(fields)[1]


def _read(fields: msgspec.Raw | bytes) -> "_Read":
    known = _read_by_id.get(id(fields))
    if known is not None and known[0] is fields:
        return known
    return _read_by_id.keep(id(fields), (fields, _paths(bytes(fields)), {}), len(fields))


_PATHS_KEPT, _ROOM_FOR_PATHS = 2048, 8 * 1024 * 1024
_COVERED_KEPT = 64
_DEEPEST = 64
"""Levels of fields that are told apart: of any deeper ones, that they are there."""
_Read = tuple[msgspec.Raw | bytes, frozenset[str], dict[str, int]]
"""The fields, the leaf paths that they name, and how much of some other paths these cover."""
_read_by_id = Kept[int, _Read](_PATHS_KEPT, _ROOM_FOR_PATHS)
"""By identity, as equal fields share one Raw, which has no hash; each is kept alive here."""


def _paths(fields: bytes) -> frozenset[str]:
    try:
        tree = msgspec.json.decode(fields) if fields else {}
    except (msgspec.DecodeError, RecursionError):
        return frozenset()
    found: set[str] = set()
    if isinstance(tree, dict):
        _walk(tree, "", found)
    return frozenset(found)


def _walk(tree: dict[str, Any], prefix: str, found: set[str], depth: int = 0) -> None:
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
            _walk(below, path, found, depth + 1)
        else:
            found.add(path)


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
    _, leaves, covered = _read(fields)
    known = covered.get(path)
    if known is None:
        if len(covered) >= _COVERED_KEPT:
            covered.clear()
        known = covered[path] = _covers(leaves, path)
    return known


def names_more(fields: msgspec.Raw, earlier: msgspec.Raw) -> bool:
    """Whether fieldsV1 names a path that the `earlier` one of the same entry had no part of.

    One that names a map or list alone, of which the other named parts, only lost them.
    """
    pair = id(fields), id(earlier)
    known = _compared.get(pair)
    if known is not None and known[0] is fields and known[1] is earlier:
        return known[2]
    was = paths(earlier)
    more = any(not _parts(path, was) for path in paths(fields) - was)
    _compared.keep(pair, (fields, earlier, more), len(fields) + len(earlier))
    return more


_compared = Kept[tuple[int, int], tuple[msgspec.Raw, msgspec.Raw, bool]](_PATHS_KEPT)
"""By identity, as `_read_by_id`: Pods of one kind of workload go through the same fields."""


def _parts(path: str, leaves: frozenset[str]) -> bool:
    """Whether some of the leaves lie below `path`."""
    return any(leaf.startswith((f"{path}.", f"{path}[")) for leaf in leaves)


def _covers(leaves: frozenset[str], path: str) -> int:
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


def _reports(leaves: frozenset[str]) -> bool:
    owned = {leaf.partition(".")[0] for leaf in leaves}
    return "status" in owned and "spec" not in owned


_ELEMENT = expression(r"\[[^\]]*\]")


def _longest(leaves: frozenset[str], path: str) -> int:
    if f"{path}[]" in leaves:
        return len(path)  # A list of plain values, of which no element is named.
    if path.endswith("]") and any(leaf.startswith(f"{path}.") for leaf in leaves):
        return len(path)  # The element as a whole came or went: who knows its fields knows it.
    while path:
        if path in leaves:
            return len(path)
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return 0
