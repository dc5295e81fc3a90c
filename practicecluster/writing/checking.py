"""Holds an object against its schema: what its fields may be, which are unknown, which are missing.

For built-in types a wrong type ends the decoding (400), as in Go; what a CRD defines is validated
(422). https://kubernetes.io/docs/reference/using-api/api-concepts/#setting-the-field-validation-level
"""

import json
from collections.abc import Iterator
from typing import Any

import re2  # type: ignore[import-untyped] # Go's expressions, as a real server has them.

from practicecluster.stored import JsonObject
from practicecluster.writing.problems import (
    Wrong,
    duplicate,
    invalid,
    mistyped,
    required,
    unsupported,
)
from practicecluster.writing.schemas import ANY, Schema

_GO = {"string": "string", "integer": "int32", "number": "float64", "boolean": "bool"}
_QUANTITIES = frozenset({"limits", "requests", "capacity", "allocatable", "hard", "used"})
UNKNOWN_MOST = 50


class DecodeError(Exception):
    """An object of a built-in type that can't be read; the message is Go's."""


def pruned(schema: Schema, value: Any, at: str, unknown: list[str]) -> Any:
    """Return a value without what its schema does not know, whose places go into `unknown`."""
    if schema.form == "struct" and isinstance(value, dict):
        found = {}
        for name, each in value.items():
            below = schema.fields.get(name)
            place = f"{at}.{name}" if at else name
            if below is not None:
                found[name] = pruned(below, each, place, unknown)
            elif schema.open:
                found[name] = each
            elif len(unknown) < UNKNOWN_MOST:
                unknown.append(place)
        return found
    if schema.form == "list" and isinstance(value, list):
        item = schema.item or ANY
        return [pruned(item, each, f"{at}[{i}]", unknown) for i, each in enumerate(value)]
    if schema.form == "map" and isinstance(value, dict):
        item = schema.item or ANY
        return {name: pruned(item, each, f"{at}.{name}", unknown) for name, each in value.items()}
    return value


def decoded(schema: Schema, value: Any, at: str = "", owner: str = "") -> Any:
    """Return a value of a built-in type without its nulls; raises DecodeError for a wrong type."""
    if schema.form == "struct":
        if not isinstance(value, dict):
            raise _unfit(value, schema.kind, owner, at)
        return {
            name: decoded(schema.fields[name], each, f"{at}.{name}" if at else name, schema.kind)
            for name, each in value.items()
            if each is not None and name in schema.fields
        }
    if schema.form == "list":
        if not isinstance(value, list):
            raise _unfit(value, "[]" + (schema.item or ANY).kind, owner, at)
        return [decoded(schema.item or ANY, each, at, owner) for each in value if each is not None]
    if schema.form == "map":
        if not isinstance(value, dict):
            raise _unfit(value, "map[string]string", owner, at)
        texts = at.rpartition(".")[2] in _QUANTITIES
        item = Schema("any") if texts else schema.item or ANY
        return {
            name: decoded(item, each, at, owner) for name, each in value.items() if each is not None
        }
    if schema.form == "scalar" and not _fits(schema.kind, value):
        raise _unfit(value, _GO.get(schema.kind, "intstr.IntOrString"), owner, at)
    return value


def _fits(kind: str, value: Any) -> bool:
    if kind == "string":
        return isinstance(value, str)
    if kind in {"boolean", "object"}:
        return isinstance(value, bool if kind == "boolean" else dict)
    number = isinstance(value, int) and not isinstance(value, bool)
    if kind == "integer":
        return number or (isinstance(value, float) and value.is_integer())
    if kind == "number":
        return number or isinstance(value, float)
    return number or isinstance(value, str) if kind == "int-or-string" else True


def _unfit(value: Any, wanted: str, owner: str, at: str) -> DecodeError:
    where = f"Go struct field {owner}.{at}" if owner else "Go value"
    return DecodeError(f"json: cannot unmarshal {_json_type(value)} into {where} of type {wanted}")


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    names: dict[type, str] = {str: "string", dict: "object", list: "array"}
    return names.get(type(value), "number")


def violations(schema: Schema, value: Any, at: str = "") -> Iterator[Wrong]:
    """Yield what a custom resource has wrong by its CRD's structural schema."""
    declared = schema.declared
    if value is None and declared.get("nullable"):
        return
    if not _type_fits(schema, value):
        wanted = declared.get("type", schema.kind)
        name = _type_name(value)
        yield mistyped(at, name, f'{at} in body must be of type {wanted}: "{name}"')
        return
    if isinstance(value, dict):
        yield from _of_object(schema, value, at)
    elif isinstance(value, list):
        yield from _of_list(schema, value, at)
    yield from _bounds(declared, value, at)


def _type_fits(schema: Schema, value: Any) -> bool:
    if schema.form == "list":
        return isinstance(value, list)
    if schema.form in {"struct", "map"}:
        return isinstance(value, dict)
    return schema.form == "any" or _fits(schema.kind, value)


def _type_name(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, int) and not isinstance(value, bool):
        return "integer"
    return {bool: "boolean", str: "string", dict: "object", list: "array"}.get(
        type(value), "number"
    )


def _of_object(schema: Schema, value: JsonObject, at: str) -> Iterator[Wrong]:
    for name in sorted(schema.required - value.keys()):
        yield required(f"{at}.{name}" if at else name)
    for name, each in value.items():
        place = f"{at}.{name}" if at else name
        if not at and name in {"apiVersion", "kind", "metadata"}:
            continue
        below = schema.fields.get(name) if schema.form == "struct" else schema.item
        if below is not None:
            yield from violations(below, each, place)


def _of_list(schema: Schema, value: list[Any], at: str) -> Iterator[Wrong]:
    seen = set()
    for i, each in enumerate(value):
        yield from violations(schema.item or ANY, each, f"{at}[{i}]")
        told = each
        if schema.keys and isinstance(each, dict):
            told = {name: each.get(name) for name in schema.keys}
        if schema.keys or schema.each:
            text = json.dumps(told, sort_keys=True)
            if text in seen:
                yield duplicate(f"{at}[{i}]", told)
            seen.add(text)


def _bounds(declared: Any, value: Any, at: str) -> Iterator[Wrong]:
    kinds = declared.get("enum")
    if kinds and value not in kinds:
        yield unsupported(at, value, [str(each) for each in kinds])
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _number_bounds(declared, value, at)
    if isinstance(value, str):
        yield from _text_bounds(declared, value, at)
    if isinstance(value, (list, dict)):
        yield from _size_bounds(declared, value, at)


def _size_bounds(declared: Any, value: list[Any] | JsonObject, at: str) -> Iterator[Wrong]:
    many = isinstance(value, list)
    least = declared.get("minItems" if many else "minProperties")
    most = declared.get("maxItems" if many else "maxProperties")
    what = "items" if many else "properties"
    if least is not None and len(value) < least:
        yield invalid(at, len(value), f"{at} in body should have at least {least} {what}")
    if most is not None and len(value) > most:
        yield Wrong("FieldValueTooMany", at, len(value), f"must have at most {most} items")


def _number_bounds(declared: Any, value: float, at: str) -> Iterator[Wrong]:
    least, most = declared.get("minimum"), declared.get("maximum")
    if least is not None and value < least:
        yield invalid(at, value, f"{at} in body should be greater than or equal to {least}")
    if most is not None and value > most:
        yield invalid(at, value, f"{at} in body should be less than or equal to {most}")


def _text_bounds(declared: Any, value: str, at: str) -> Iterator[Wrong]:
    least, most = declared.get("minLength"), declared.get("maxLength")
    if least is not None and len(value) < least:
        yield invalid(at, value, f"{at} in body should be at least {least} chars long")
    if most is not None and len(value) > most:
        yield Wrong("FieldValueTooLong", at, detail=f"may not be more than {most} bytes")
    pattern = declared.get("pattern")
    if pattern and not re2.search(pattern, value):
        yield invalid(at, value, f"{at} in body should match '{pattern}'")
