"""Says which fields differ between two images of one object, withheld values excepted.

Bookkeeping that every write moves (resourceVersion, managedFields, generation) is left out.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec

from eventstream.objects.images import Image
from eventstream.objects.pods import Condition, ContainerStatus
from eventstream.objects.redaction import HIDDEN
from eventstream.objects.sharing import Kept

_VALUE_LIMIT = 200
_BOOKKEEPING = frozenset({"resource_version", "managed_fields", "generation"})
_ELEMENT_KEYS = ("type", "name", "key", "uid")


class FieldChange(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One field of the object that this write changed; values are JSON text, None where absent.

    `hidden` says that the value is withheld and only the fact of the change is known.
    """

    path: str
    before: str | None = None
    after: str | None = None
    hidden: bool = False


def diff(before: Image, after: Image) -> tuple[FieldChange, ...]:
    """The fields that differ, in the order of the object's own fields.

    A list's element is named by its type or name: `status.conditions[Ready].status`, or by its
    place where the name is withheld. A part that differs only in what is not kept yields one
    hidden change of the whole part.
    """
    found: list[FieldChange] = []
    _structs(before.metadata, after.metadata, "metadata", found)
    _part(before.spec, after.spec, "spec", found)
    _part(before.status, after.status, "status", found)
    if before.other != after.other:
        old, new = before.other or {}, after.other or {}
        keys = sorted(old.keys() | new.keys())
        found.extend(FieldChange(key, hidden=True) for key in keys if old.get(key) != new.get(key))
    return tuple(found)


def _part(before: Any, after: Any, path: str, found: list[FieldChange]) -> None:
    if before is after or before == after:
        return
    count = len(found)
    _values(before, after, path, found)
    if len(found) == count:
        found.append(FieldChange(path, hidden=True))


def _values(before: Any, after: Any, path: str, found: list[FieldChange]) -> None:
    """Compare two values that differ; what is no container is the usual case."""
    kind = type(after)
    if kind is not type(before):
        if (kind is dict and before is None) or (type(before) is dict and after is None):
            _dicts(before or {}, after or {}, path, found)
            return
    elif kind is tuple or kind is list:
        _lists(before, after, path, found)
        return
    elif kind is dict:
        _dicts(before, after, path, found)
        return
    elif isinstance(after, msgspec.Struct):
        _structs(before, after, path, found)
        return
    found.append(_change(path, before, after))


def _dicts(
    before: dict[str, Any], after: dict[str, Any], path: str, found: list[FieldChange]
) -> None:
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if old != new:
            _values(old, new, f"{path}.{key}", found)


def _structs(before: Any, after: Any, path: str, found: list[FieldChange]) -> None:
    struct: Any = type(after)
    read, names = _fields(struct)
    values, others = read(before), read(after)
    if values == others:
        return
    for old, new, name in zip(values, others, names, strict=True):
        if old is not new and old != new:
            if type(new) in _PLAIN and type(old) in _PLAIN:
                found.append(_change(f"{path}.{name}", old, new))
            else:
                _values(old, new, f"{path}.{name}", found)


@lru_cache(maxsize=256)
def _fields(
    struct: type[msgspec.Struct],
) -> tuple[Callable[[Any], tuple[Any, ...]], tuple[str, ...]]:
    """How to read all compared fields of a struct at once, and what the API calls them."""
    fields = [
        field
        for field in msgspec.structs.fields(struct)
        if field.name not in _BOOKKEEPING and field.name != "digest"
    ]
    if len(fields) == 1:
        name = fields[0].name
        return lambda value: (getattr(value, name),), (fields[0].encode_name,)
    return (
        attrgetter(*(field.name for field in fields)),
        tuple(field.encode_name for field in fields),
    )


def _lists(before: Any, after: Any, path: str, found: list[FieldChange]) -> None:
    keys = _same_keys(before, after)
    if keys:
        for place, (key, was, now) in enumerate(zip(keys, before, after, strict=True)):
            if was is not now and was != now:
                found.extend(_element(f"{path}[{_label(key, place)}]", was, now))
        return
    old, new = _keyed(before), _keyed(after)
    if old is None or new is None:
        found.append(_change(path, before, after))
        return
    for place, (key, was) in enumerate(old.items()):
        now = new.get(key)
        if was is not now and was != now:
            found.extend(_element(f"{path}[{_label(key, place)}]", was, now))
    for place, (key, now) in enumerate(new.items()):
        if key not in old:
            found.append(_change(f"{path}[{_label(key, place)}]", None, now))


def _same_keys(before: Any, after: Any) -> list[str]:
    """The types or names of structs that both have in the same order, as is usual; else none."""
    if not after or len(before) != len(after) or not isinstance(after[0], msgspec.Struct):
        return []
    name = _key_name(after[0])
    if name is None or _key_name(before[0]) != name:
        return []
    read = attrgetter(name)
    keys = [*map(read, after)]
    return keys if len(set(keys)) == len(keys) and keys == [*map(read, before)] else []


def _element(path: str, before: Any, after: Any) -> Iterable[FieldChange]:
    """The changes of one element; conditions and containers of many Pods change alike."""
    if type(after) in _ALIKE and type(before) in _ALIKE:
        known = _alike.get((path, before, after))
        return _changes_of(path, before, after) if known is None else known
    found: list[FieldChange] = []
    _values(before, after, path, found)
    return found


def _changes_of(path: str, before: Any, after: Any) -> tuple[FieldChange, ...]:
    found: list[FieldChange] = []
    _structs(before, after, path, found)
    size = len(_encode(before)) + len(_encode(after))
    return _alike.keep((path, before, after), tuple(found), size)


_alike = Kept[tuple[str, Any, Any], tuple[FieldChange, ...]](4096)


def _label(key: str, place: int) -> str:
    return str(place) if key.startswith(HIDDEN) else key


def _keyed(items: Any) -> dict[str, Any] | None:
    """Elements by their type or name, or None where they cannot be told apart."""
    if not items:
        return {}
    name = _key_name(items[0])
    if name is None:
        return None
    if isinstance(items[0], dict):
        names = [item.get(name) if isinstance(item, dict) else None for item in items]
        keyed = {key: item for key, item in zip(names, items, strict=True) if isinstance(key, str)}
    else:
        keyed = {getattr(item, name): item for item in items}
    return keyed if len(keyed) == len(items) else None


def _key_name(item: Any) -> str | None:
    for name in _ELEMENT_KEYS:
        value = item.get(name) if isinstance(item, dict) else getattr(item, name, None)
        if isinstance(value, str) and value:
            return name
    return None


def _change(path: str, before: Any, after: Any) -> FieldChange:
    old = "" if before is None or before == () else _encode(before).decode()
    new = "" if after is None or after == () else _encode(after).decode()
    if (HIDDEN in old and _withheld(before)) or (HIDDEN in new and _withheld(after)):
        return FieldChange(path, None, None, True)
    if len(old) > _VALUE_LIMIT or len(new) > _VALUE_LIMIT:
        return FieldChange(path, *_shortened(old or None, new or None))
    return FieldChange(path, old or None, new or None)


def _withheld(value: Any) -> bool:
    if type(value) is str:
        return value.startswith(HIDDEN)
    return type(value) in (list, tuple) and any(_withheld(item) for item in value)


def _shortened(old: str | None, new: str | None) -> tuple[str | None, str | None]:
    """Both texts, one of which is too long, around where they begin to differ."""
    if old is not None and new is not None:
        first = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), 0)
        skipped = max(first - _VALUE_LIMIT // 2, 0)
        old, new = _from(old, skipped), _from(new, skipped)
    return _cut(old), _cut(new)


def _from(text: str, start: int) -> str:
    """`text` from where it begins to matter."""
    return "…" + text[start + 1 :] if start else text


def _cut(text: str | None) -> str | None:
    if text is None or len(text) <= _VALUE_LIMIT:
        return text
    return text[: _VALUE_LIMIT - 1] + "…"


_ALIKE = frozenset({Condition, ContainerStatus})
_PLAIN = frozenset({str, int, bool, float, type(None)})
_encode = msgspec.json.Encoder().encode
