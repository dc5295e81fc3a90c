"""Reads what the structs refuse: nothing of a cluster is skipped for being odd.

Each field that fits is kept, and each that does not leaves a flag. A flag is made of names that
the structs know and of words of ours, never of what the object holds.
"""

import json
import math
from typing import Any, TypeVar

import msgspec

from eventstream.expressions import expression
from eventstream.objects.images import Metadata
from eventstream.objects.nulls import without_nulls
from eventstream.objects.resource import Resource
from eventstream.objects.uids import UID_MOST, bounded, is_sound

REPAIRED = "text that is not Unicode, a number out of range, or nesting without end"
_FLAG = expression(r"[\w.$`|\[\]<>=:, -]{1,200}")
_DEEPEST = 100
"""More than any documented object, and less than what reading it could not stand."""
_NESTING = expression(rb'"(?:[^"\\]|\\.)*(?:"|\\?$)|[\[\]{}]', dot_all=True, whole=True)
"""A string, which ends with the text at the latest: none is read twice."""
S = TypeVar("S", bound=msgspec.Struct)


def repaired(text: bytes) -> bytes | None:
    """The same JSON in sound Unicode, numbers out of range as null; None where it is no JSON.

    JSON may name half a surrogate pair, and a server may send bytes that are no UTF-8; neither
    can be written down again as it is. What is nested without end becomes null as well.
    """
    try:
        value = json.loads(
            _shallow(text).decode(errors="replace"), parse_float=_number, parse_constant=_number
        )
        sound = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return None
    return sound.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _shallow(text: bytes) -> bytes:
    """`text` with null in place of what is nested too deeply; time linear in its length."""
    kept: list[bytes] = []
    depth = start = 0
    for found in _NESTING.finditer(text):
        if found[0] in {b"[", b"{"}:
            depth += 1
            if depth == _DEEPEST + 1:
                kept += [text[start : found.start()], b"null"]
        elif found[0] in {b"]", b"}"}:
            if depth == _DEEPEST + 1:
                start = found.end()
            depth -= 1
    # Of what never ends there is no rest that could be kept.
    return b"".join(kept) if depth > _DEEPEST else b"".join([*kept, text[start:]])


def _number(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def fit(struct: type[S], value: Any, path: str) -> tuple[S, tuple[str, ...]]:
    """`value` in `struct`, as far as its fields fit, with a flag for each that does not.

    A null is an absent field, as the API's conventions say. A number or boolean in quotes is
    read, and flagged.
    """
    flags: list[str] = []
    if value is not None and not isinstance(value, dict):
        flags.append(f"{path}: not an object")
        value = None
    given = without_nulls(value or {})
    try:
        return _as(struct, given), tuple(flags)
    except msgspec.ValidationError:
        fields = _fitting(struct, given, path, flags)
    return _as(struct, fields, strict=False), tuple(flags)


def _fitting(struct: type[S], given: dict[str, Any], path: str, flags: list[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name in (field.encode_name for field in msgspec.structs.fields(struct)):
        if name not in given:
            continue
        one = {name: given[name]}
        try:
            _as(struct, one)
        except msgspec.ValidationError as error:
            flags.append(_flag(path, error))
            try:
                _as(struct, one, strict=False)
            except msgspec.ValidationError:
                continue
        fields |= one
    return fields


def _as(struct: type[S], value: Any, *, strict: bool = True) -> S:
    return msgspec.json.decode(msgspec.json.encode(value), type=struct, strict=strict)


def _flag(path: str, error: msgspec.ValidationError) -> str:
    what, _, where = str(error).partition(" - at `$")
    return f"{path}{where.rstrip('`')}: {what}".lstrip(".")


def read_metadata(resource: Resource, value: Any) -> tuple[Metadata, tuple[str, ...]]:
    """Whatever of the metadata is usable; never fails on a JSON value of any shape.

    An object without a uid gets one made of its namespace and name, so that it still has a
    history of its own.
    """
    metadata, flags = fit(Metadata, value, "metadata")
    if not metadata.uid:
        flags = (*flags, "metadata.uid: absent")
        uid = f"no-uid:{resource.key}:{metadata.namespace or ''}/{metadata.name}"
        metadata = msgspec.structs.replace(metadata, uid=uid)
    elif not is_sound(metadata.uid):
        flags = (*flags, f"metadata.uid: longer than {UID_MOST} characters")
    return msgspec.structs.replace(metadata, uid=bounded(metadata.uid)), flags


def read_flags(given: tuple[str, ...]) -> tuple[str, ...]:
    """The flags that an image was recorded with; what no flag looks like is left out."""
    return tuple(flag for flag in given if _FLAG.fullmatch(flag))
