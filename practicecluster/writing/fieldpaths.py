"""An object laid out as the paths that managers own, and FieldsV1, in which they are written.

Path elements are those of FieldsV1: `f:name`, `k:{"name":"web"}`, `v:"value"`.
Source: https://github.com/kubernetes-sigs/structured-merge-diff/blob/master/fieldpath/element.go
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from practicecluster.stored import JsonObject
from practicecluster.writing.schemas import ANY, Schema

Path = tuple[str, ...]
Laid = dict[Path, Any]
PRESENT = object()
"""What a path has that is owned for being there, whatever lies below it."""

SERVERS_OWN = frozenset(
    [
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "clusterName",
        "generation",
        "managedFields",
        "resourceVersion",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ]
)
"""Metadata that no manager owns."""


def laid_out(schema: Schema, content: JsonObject) -> Laid:
    """Return each path of an object that an update may own, with its value.

    That is every leaf, and every list, map and struct that might as well be missing.
    """
    return dict(_root(schema, content, applied=False))


def listed(schema: Schema, content: JsonObject) -> frozenset[Path]:
    """Return the paths that an apply of `content` owns: leaves, and items of lists and maps."""
    return frozenset(path for path, _ in _root(schema, content, applied=True))


def _root(schema: Schema, content: JsonObject, *, applied: bool) -> Iterator[tuple[Path, Any]]:
    walk = _Walk(applied=applied)
    for name, value in content.items():
        below = schema.fields.get(name, ANY)
        if name == "metadata":
            owned = {key: each for key, each in value.items() if key not in SERVERS_OWN}
            found = walk.below(below, owned, ("f:metadata",), listed=False)
            yield from (each for each in found if each[0] != ("f:metadata",))
        elif _from_the_start(schema, name, value) and not applied:
            continue
        elif name not in {"apiVersion", "kind"}:
            listed = name not in schema.fields if applied else name not in schema.always
            yield from walk.below(below, value, (f"f:{name}",), listed=listed)


def _from_the_start(schema: Schema, name: str, value: Any) -> bool:
    """Return whether the server's own empty object has a field with that value already."""
    return name in schema.always and value in (None, "", {})


@dataclass(frozen=True)
class _Walk:
    """One way through an object: as an update owns it, or as an apply does."""

    applied: bool

    def below(
        self, schema: Schema, value: Any, path: Path, *, listed: bool
    ) -> Iterator[tuple[Path, Any]]:
        """Yield what lies at and below a path, itself where `listed` or a leaf."""
        if schema.form == "any" and isinstance(value, dict) and not schema.atomic:
            schema = Schema("map", item=ANY)
        if isinstance(value, dict) and schema.form in {"struct", "map"} and not schema.atomic:
            yield from self._fields(schema, value, path, listed=listed)
        elif isinstance(value, list) and (schema.keys or schema.each):
            if (listed and not self.applied) or not value:
                yield path, PRESENT
            yield from self._items(schema, value, path)
        else:
            yield path, value

    def _fields(
        self, schema: Schema, value: JsonObject, path: Path, *, listed: bool
    ) -> Iterator[tuple[Path, Any]]:
        if listed or not value:
            yield path, PRESENT
        for name, each in value.items():
            if not (self.applied or listed) and _from_the_start(schema, name, each):
                continue
            known = schema.form == "struct" and name in schema.fields
            below = schema.fields[name] if known else schema.item or ANY
            shown = not known if self.applied else listed or name not in schema.always
            yield from self.below(below, each, (*path, f"f:{name}"), listed=shown)

    def _items(self, schema: Schema, value: list[Any], path: Path) -> Iterator[tuple[Path, Any]]:
        for each in value:
            if schema.each or not isinstance(each, dict):
                yield (*path, "v:" + json.dumps(each)), PRESENT
            else:
                place = (*path, key_of(schema, each))
                yield from self.below(schema.item or ANY, each, place, listed=True)


def key_of(schema: Schema, item: JsonObject) -> str:
    """Return the path element of an item of a list that is a map by its keys."""
    return "k:" + json.dumps(schema.identity(item), separators=(",", ":"))


def to_fields_v1(paths: Iterable[Path]) -> JsonObject:
    """Return the paths as FieldsV1."""
    tree: JsonObject = {}
    owned = sorted(paths)
    for path in owned:
        below = tree
        for element in path:
            below = below.setdefault(element, {})
    for path in owned:
        below = tree
        for element in path:
            below = below[element]
        if below:
            below["."] = {}
    return tree


def from_fields_v1(fields: JsonObject, above: Path = ()) -> Iterator[Path]:
    """Yield the paths that FieldsV1 holds."""
    if not fields and above:
        yield above
    for element, below in fields.items():
        if element == ".":
            yield above
        else:
            yield from from_fields_v1(below, (*above, element))
