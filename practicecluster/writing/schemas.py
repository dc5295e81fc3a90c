"""What fields the objects of a type have, and how each is merged.

The built-in types are read from `schemas.json` (made by `scripts/practice_schemas.py`), OpenShift's
from a file of its own, custom ones from their CRD's structural schema.
https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
"""

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from practicecluster.resources import ResourceType
from practicecluster.writing.listkeys import (
    ALWAYS,
    ATOMIC_MAPS,
    ATOMIC_STRUCTS,
    MAPS,
    MERGE_KEYS,
    MERGED_PLAIN,
    RETAIN_KEYS,
    SETS,
)

Form = Literal["scalar", "any", "struct", "list", "map"]
_SCALARS = {"s": "string", "i": "integer", "n": "number", "b": "boolean", "x": "int-or-string"}


@dataclass(frozen=True, eq=False)
class Schema:
    """One place of an object.

    `keys` tell the items of a list apart, `each` says that its values are owned one by one;
    a list with neither is atomic. `always` fields are there even when empty. `merge_key` and
    `merges` are for strategic merges. `open` structs take fields that they don't name.
    """

    form: Form
    kind: str = ""
    fields: Mapping[str, "Schema"] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    always: frozenset[str] = frozenset()
    item: "Schema | None" = None
    keys: tuple[str, ...] = ()
    each: bool = False
    atomic: bool = False
    merge_key: str = ""
    merges: bool = False
    retains: bool = False
    open: bool = False
    declared: Mapping[str, Any] = field(default_factory=dict)
    """What a CRD says of the place besides: its bounds, enumerations, default and formats."""

    def identity(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return by which keys an item of a list is told apart; what is left out has its default.

        Source: https://github.com/kubernetes-sigs/structured-merge-diff/blob/master/typed/helpers.go
        """
        found = {}
        for name in sorted(self.keys):
            if name in item:
                found[name] = item[name]
            elif name == "protocol" and not self.declared:
                found[name] = "TCP"
            elif self.item is not None and name in self.item.fields:
                default = self.item.fields[name].declared.get("default")
                if default is not None:
                    found[name] = default
        return found


ANY = Schema("any")
ATOMIC_ANY = Schema("any", atomic=True)


class _Fields(Mapping[str, Schema]):
    """A type's fields, each read when somebody asks, since some types contain themselves."""

    def __init__(self, owner: str, raw: Mapping[str, str]) -> None:
        self._owner, self._raw = owner, raw
        self._read: dict[str, Schema] = {}

    def __getitem__(self, name: str) -> Schema:
        found = self._read.get(name)
        if found is None:
            hint = self._raw[name].rstrip("!")
            found = self._read[name] = _place(hint, f"{self._owner}.{name}")
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._raw

    def get(self, name: str, default: Any = None) -> Any:
        """Return the schema of a field, or what stands for one that there is not."""
        return self[name] if name in self._raw else default

    def __iter__(self) -> Any:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)


@functools.cache
def _file() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for each in ("schemas.json", "openshift/schemas.json"):
        found |= json.loads((Path(__file__).parent / each).read_text())
    return found


def _plain(name: str) -> str:
    """Return a type's name without the API's group and version before it."""
    return re.sub(r"^[A-Z][a-z]*?V\d(?=[A-Z])|^V\d(?=[A-Z])", "", name)


@functools.cache
def _struct(name: str) -> Schema:
    raw, plain = _file()[name], _plain(name)
    return Schema(
        "struct",
        plain,
        _Fields(plain, raw),
        required=frozenset(each for each, hint in raw.items() if hint.endswith("!")),
        always=ALWAYS.get(plain, frozenset())
        | ({"metadata"} if raw.get("metadata") == "V1ObjectMeta" else frozenset()),
        atomic=plain in ATOMIC_STRUCTS,
    )


def _place(hint: str, at: str) -> Schema:
    if hint in _SCALARS:
        return Schema("scalar", _SCALARS[hint])
    if hint in {"*", "V1JSONSchemaProps"}:
        return ATOMIC_ANY
    if hint.startswith("["):
        keys = MAPS.get(at, ())
        return Schema(
            "list",
            item=_place(hint[1:], at),
            keys=keys,
            each=at in SETS,
            atomic=not keys and at not in SETS,
            merge_key=MERGE_KEYS.get(at, keys[0] if keys else ""),
            merges=bool(keys) or at in MERGED_PLAIN or at in MERGE_KEYS,
            retains=at in RETAIN_KEYS,
        )
    if hint.startswith("{"):
        return Schema("map", item=_place(hint[1:], at), atomic=at in ATOMIC_MAPS)
    found = _struct(hint)
    if at in RETAIN_KEYS:
        return Schema(
            "struct",
            found.kind,
            found.fields,
            found.required,
            found.always,
            atomic=found.atomic,
            retains=True,
        )
    return found


@functools.cache
def _by_kind() -> dict[tuple[str, str], str]:
    """Return the file's names of the types that are objects, by kind and version."""
    found = {}
    for name, raw in _file().items():
        if "apiVersion" in raw and "kind" in raw:
            version = re.search(r"V(\d)", name)
            found[_plain(name), version[1] if version else "1"] = name
    return found


def builtin(served: ResourceType) -> Schema | None:
    """Return the schema of a built-in type, None for one that is not known."""
    names = _by_kind()
    if served.kind == "Event":
        return _struct("EventsV1Event" if served.group else "CoreV1Event")
    version = re.search(r"v(\d)", served.version)
    name = names.get((served.kind, version[1] if version else "1")) or names.get((served.kind, "1"))
    return _struct(name) if name else None


OBJECT_META = "V1ObjectMeta"


def object_meta() -> Schema:
    """Return the schema of an object's metadata."""
    return _struct(OBJECT_META)


def custom(structural: Mapping[str, Any]) -> Schema:
    """Return the schema of a custom resource from its version's `openAPIV3Schema`."""
    found = _custom(structural, root=False)
    fields = {
        **found.fields,
        "apiVersion": Schema("scalar", "string"),
        "kind": Schema("scalar", "string"),
        "metadata": object_meta(),
    }
    return Schema(
        "struct",
        "",
        fields,
        found.required,
        open=found.open,
        declared=found.declared,
    )


def _custom(raw: Mapping[str, Any], *, root: bool = False) -> Schema:
    form = raw.get("type", "")
    keeps = bool(raw.get("x-kubernetes-preserve-unknown-fields"))
    if raw.get("x-kubernetes-embedded-resource"):
        return Schema("any", declared=raw)
    if raw.get("x-kubernetes-int-or-string"):
        return Schema("scalar", "int-or-string", declared=raw)
    if form == "array":
        kind = raw.get("x-kubernetes-list-type", "atomic")
        keys = tuple(raw.get("x-kubernetes-list-map-keys", ())) if kind == "map" else ()
        return Schema(
            "list",
            item=_custom(raw.get("items") or {}),
            keys=keys,
            each=kind == "set",
            atomic=kind == "atomic",
            declared=raw,
        )
    if form == "object" and "properties" not in raw and raw.get("additionalProperties"):
        below = raw["additionalProperties"]
        item = _custom(below) if isinstance(below, dict) else ANY
        atomic = raw.get("x-kubernetes-map-type") == "atomic"
        return Schema("map", item=item, atomic=atomic, declared=raw)
    if form == "object" or "properties" in raw:
        return Schema(
            "struct",
            fields={name: _custom(each) for name, each in raw.get("properties", {}).items()},
            required=frozenset(raw.get("required", ())),
            atomic=raw.get("x-kubernetes-map-type") == "atomic",
            open=keeps,
            declared=raw,
        )
    if form:
        return Schema("scalar", form, declared=raw)
    return Schema("any", declared=raw, open=True)
