"""Says which fields differ between two images of one object, withheld values excepted.

Bookkeeping that every write moves (resourceVersion, managedFields, generation) is left out.
"""

from functools import lru_cache
from typing import Any

import msgspec

from eventstream.objects.images import Image
from eventstream.objects.redaction import HIDDEN

_VALUE_LIMIT = 200
_BOOKKEEPING = frozenset({"resource_version", "managed_fields", "generation"})
_ELEMENT_KEYS = ("type", "name", "uid")


class FieldChange(msgspec.Struct, frozen=True, omit_defaults=True):
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
    if before.metadata != after.metadata:
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
    if before == after:
        return
    if isinstance(before, msgspec.Struct) and type(before) is type(after):
        _structs(before, after, path, found)
    elif isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            _values(before.get(key), after.get(key), f"{path}.{key}", found)
    elif isinstance(before, list | tuple) and isinstance(after, list | tuple):
        _lists(before, after, path, found)
    else:
        found.append(_change(path, before, after))


def _structs(before: Any, after: Any, path: str, found: list[FieldChange]) -> None:
    struct: Any = type(after)
    for attribute, name in _fields(struct):
        old, new = getattr(before, attribute), getattr(after, attribute)
        if old is not new and old != new:
            _values(old, new, f"{path}.{name}", found)


@lru_cache(maxsize=256)
def _fields(struct: Any) -> tuple[tuple[str, str], ...]:
    return tuple(
        (field.name, field.encode_name)
        for field in msgspec.structs.fields(struct)
        if field.name not in _BOOKKEEPING and field.name != "digest"
    )


def _lists(before: Any, after: Any, path: str, found: list[FieldChange]) -> None:
    old, new = _keyed(before), _keyed(after)
    if old is None or new is None:
        found.append(_change(path, before, after))
        return
    for key in (*old, *(key for key in new if key not in old)):
        _values(old.get(key), new.get(key), f"{path}[{key}]", found)


def _keyed(items: Any) -> dict[str, Any] | None:
    """Elements by their type or name, or None where they cannot be told apart."""
    keyed: dict[str, Any] = {}
    for item in items:
        key = next((str(value) for name in _ELEMENT_KEYS if (value := _get(item, name))), "")
        if not key or key in keyed:
            return None
        keyed[key] = item
    return keyed


def _get(item: Any, name: str) -> Any:
    return item.get(name) if isinstance(item, dict) else getattr(item, name, None)


def _change(path: str, before: Any, after: Any) -> FieldChange:
    if _withheld(before) or _withheld(after):
        return FieldChange(path, hidden=True)
    return FieldChange(path, _text(before), _text(after))


def _withheld(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(HIDDEN)


def _text(value: Any) -> str | None:
    if value is None or value == ():
        return None
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _VALUE_LIMIT else text[: _VALUE_LIMIT - 1] + "…"
