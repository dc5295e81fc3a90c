"""Keeps managedFields as the API server does, since they are what the engine reads most.

An object is laid out as a set of paths, and each manager owns some. An update takes what it
changed from all others; what it merely removes leaves no entry; an apply owns what it lists.
Source: https://github.com/kubernetes-sigs/structured-merge-diff/blob/master/merge/update.go
Source: https://github.com/kubernetes/apimachinery/blob/master/pkg/util/managedfields/internal/managedfieldsupdater.go
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from practicecluster.controllers.api import Json
from practicecluster.writing.times import stamp

Path = tuple[str, ...]

_NOBODYS = (
    "name",
    "namespace",
    "uid",
    "managedFields",
    "creationTimestamp",
    "generation",
    "resourceVersion",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
)
_KEYS = {
    "conditions": "type",
    "containers": "name",
    "initContainers": "name",
    "ownerReferences": "uid",
    "ports": "port",
    "env": "name",
}
_SETS = ("finalizers",)
_PLAIN = ("f:metadata", "f:spec", "f:status", "f:template", "f:strategy", "f:source")
"""Structs that are there even when empty, so that nobody owns their presence."""


def laid_out(thing: Json) -> dict[Path, str]:
    """Each path that can be owned, with its value; of a container only that it is there."""
    found: dict[Path, str] = {}
    for part, value in thing.items():
        if part not in ("apiVersion", "kind"):
            found.update(_walk((f"f:{part}",), value, part))
    return found


def _walk(path: Path, value: Any, name: str) -> Iterator[tuple[Path, str]]:
    if isinstance(value, dict):
        if not value or path[-1] not in _PLAIN:
            yield path, "{}"
        for key, below in value.items():
            if path != ("f:metadata",) or key not in _NOBODYS:
                yield from _walk((*path, f"f:{key}"), below, key)
    elif isinstance(value, list) and name in _SETS:
        yield path, "{}"
        yield from (((*path, "v:" + json.dumps(item)), "{}") for item in value)
    elif isinstance(value, list) and name in _KEYS and all(isinstance(i, dict) for i in value):
        yield path, "{}"
        for item in value:
            key = json.dumps({_KEYS[name]: item.get(_KEYS[name])}, separators=(",", ":"))
            yield from _walk((*path, f"k:{key}"), item, "")
    else:
        yield path, json.dumps(value, sort_keys=True)


class Entry(NamedTuple):
    """Whose fields: what an entry of managedFields is told apart by."""

    manager: str
    operation: str
    api_version: str
    subresource: str


class Owned(NamedTuple):
    """The paths that one entry owns, and since when; a scale has no time."""

    paths: frozenset[Path]
    time: str | None


Managed = dict[Entry, Owned]


def updated(managed: Managed, by: Entry, before: Json, after: Json, at: float) -> Managed:
    """The entries after an update: what it changed is its own, and no one else's."""
    was, now = laid_out(before), laid_out(after)
    touched = {path for path, value in now.items() if was.get(path) != value}
    removed = was.keys() - now.keys()
    left = _without(managed, touched | removed)
    if touched:
        mine = left.get(by, Owned(frozenset(), None)).paths
        time = None if by.subresource == "scale" else stamp(at)
        left[by] = Owned(mine | touched, time)
    return left


def applied(
    managed: Managed, by: Entry, before: Json, after: Json, lists: Json, at: float
) -> Managed:
    """The entries after a forced server-side apply of `lists`, which it owns from now on."""
    was, now, mine = laid_out(before), laid_out(after), frozenset(laid_out(lists))
    touched = {path for path, value in now.items() if was.get(path) != value and path in mine}
    removed = was.keys() - now.keys()
    kept = managed.get(by)
    left = _without({k: v for k, v in managed.items() if k != by}, touched | removed)
    same = kept is not None and kept.paths == mine and not touched and not removed
    left[by] = kept if same and kept else Owned(mine, stamp(at))
    return left


def _without(managed: Managed, gone: set[Path]) -> Managed:
    left = {by: Owned(owned.paths - gone, owned.time) for by, owned in managed.items()}
    return {by: owned for by, owned in left.items() if owned.paths}


def rendered(managed: Managed) -> list[Json]:
    """The entries as metadata.managedFields, in the API server's order."""
    order = sorted(managed.items(), key=lambda item: _order(*item))
    return [_entry(by, owned) for by, owned in order]


def _order(by: Entry, owned: Owned) -> tuple[bool, str, Entry]:
    return by.operation != "Apply", owned.time or "", by


def _entry(by: Entry, owned: Owned) -> Json:
    shown: Json = {"manager": by.manager, "operation": by.operation, "apiVersion": by.api_version}
    if owned.time:
        shown["time"] = owned.time
    shown |= {"fieldsType": "FieldsV1", "fieldsV1": _nested(owned.paths)}
    return shown | ({"subresource": by.subresource} if by.subresource else {})


def _nested(paths: frozenset[Path]) -> Json:
    tree: Json = {}
    for path in sorted(paths):
        below = tree
        for name in path:
            below = below.setdefault(name, {})
    for path in paths:
        below = tree
        for name in path:
            below = below[name]
        if below:
            below["."] = {}
    return tree
