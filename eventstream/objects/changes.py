"""Says which fields differ between two images of one object, withheld values excepted.

Bookkeeping that every write moves (resourceVersion, managedFields, generation) is left out.
"""

from collections.abc import Callable
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec

from eventstream.objects.images import Image
from eventstream.objects.redaction import HIDDEN

_VALUE_LIMIT = 200
_BOOKKEEPING = frozenset({"resource_version", "managed_fields", "generation"})
_ELEMENT_KEYS = ("type", "name", "uid")


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

    A list's element is named by its type or name: `status.conditions[Ready].status`. A part that
    differs only in what is not kept yields one hidden change of the whole part.
    """
    found: list[FieldChange] = []
    _structs(before.metadata, after.metadata, "metadata", found)
    _part(before.spec, after.spec, "spec", found)
    _part(before.status, after.status, "status", found)
    return tuple(found)


def _part(before: Any, after: Any, path: str, found: list[FieldChange]) -> None:
    if before is after or before == after:
        return
    count = len(found)
    _values(before, after, path, found)
    if len(found) == count:
        found.append(FieldChange(path, hidden=True))


def _values(before: Any, after: Any, path: str, found: list[FieldChange]) -> None:
    """Compare two values that differ."""
    kind = type(after)
    if kind is type(before):
        if kind is tuple or kind is list:
            _lists(before, after, path, found)
            return
        if kind is dict:
            for key in sorted(before.keys() | after.keys()):
                old, new = before.get(key), after.get(key)
                if old != new:
                    _values(old, new, f"{path}.{key}", found)
            return
        if issubclass(kind, msgspec.Struct):
            _structs(before, after, path, found)
            return
    found.append(_change(path, before, after))


def _structs(before: Any, after: Any, path: str, found: list[FieldChange]) -> None:
    read, names = _fields(type(after))
    for old, new, name in zip(read(before), read(after), names, strict=True):
        if old is not new and old != new:
            _values(old, new, f"{path}.{name}", found)


@lru_cache(maxsize=256)
def _fields(struct: Any) -> tuple[Callable[[Any], tuple[Any, ...]], tuple[str, ...]]:
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
    old, new = _keyed(before), _keyed(after)
    if old is None or new is None:
        found.append(_change(path, before, after))
        return
    for key, was in old.items():
        now = new.get(key)
        if was is not now and was != now:
            _values(was, now, f"{path}[{key}]", found)
    if len(new) > len(old) or not new.keys() <= old.keys():
        for key, now in new.items():
            if key not in old:
                found.append(_change(f"{path}[{key}]", None, now))


def _keyed(items: Any) -> dict[str, Any] | None:
    """Elements by their type or name, or None where they cannot be told apart."""
    if not items:
        return {}
    name = _key_name(items[0])
    if name is None:
        return None
    if isinstance(items[0], dict):
        keyed = {item.get(name): item for item in items if isinstance(item, dict)}
    else:
        keyed = {getattr(item, name, None): item for item in items}
    return keyed if len(keyed) == len(items) and None not in keyed else None


def _key_name(item: Any) -> str | None:
    for name in _ELEMENT_KEYS:
        value = item.get(name) if isinstance(item, dict) else getattr(item, name, None)
        if isinstance(value, str) and value:
            return name
    return None


def _change(path: str, before: Any, after: Any) -> FieldChange:
    if type(before) is str and before.startswith(HIDDEN):
        return FieldChange(path, None, None, True)
    if type(after) is str and after.startswith(HIDDEN):
        return FieldChange(path, None, None, True)
    return FieldChange(path, _text(before), _text(after))


def _text(value: Any) -> str | None:
    if value is None or value == ():
        return None
    text = _encode(value).decode()
    return text if len(text) <= _VALUE_LIMIT else text[: _VALUE_LIMIT - 1] + "…"


_encode = msgspec.json.Encoder().encode
