"""Who owns which fields: managedFields after an update and after a server-side apply.

Source: https://github.com/kubernetes-sigs/structured-merge-diff/blob/master/merge/update.go
Source: https://github.com/kubernetes/apimachinery/blob/master/pkg/util/managedfields/internal/structuredmerge.go
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from practicecluster.stored import JsonObject
from practicecluster.writing.fieldpaths import (
    Laid,
    Path,
    from_fields_v1,
    key_of,
    laid_out,
    listed,
    to_fields_v1,
)
from practicecluster.writing.schemas import ANY, Schema

UPDATERS_MOST = 10
ANCIENT = "ancient-changes"


class Manager(NamedTuple):
    """By what an entry of managedFields is told apart."""

    name: str
    operation: str
    api_version: str
    subresource: str = ""


@dataclass(frozen=True)
class Owned:
    """The paths of one entry, and since when; a scale has no time."""

    paths: frozenset[Path]
    time: str | None


Managed = dict[Manager, Owned]


class ConflictError(Exception):
    """An apply would change what others own; `found` says who owns which paths of it."""

    def __init__(self, found: dict[Manager, frozenset[Path]]) -> None:
        super().__init__("conflict")
        self.found = found


def managed_of(content: JsonObject) -> Managed:
    """Return an object's managedFields."""
    found: Managed = {}
    for entry in content["metadata"].get("managedFields") or ():
        manager = Manager(
            entry.get("manager", ""),
            entry.get("operation", ""),
            entry.get("apiVersion", ""),
            entry.get("subresource", ""),
        )
        found[manager] = Owned(
            frozenset(from_fields_v1(entry.get("fieldsV1") or {})), entry.get("time")
        )
    return found


def written(managed: Managed) -> list[JsonObject]:
    """Return managedFields in the API server's order."""
    order = sorted(
        managed.items(),
        key=lambda each: (each[0].operation != "Apply", each[1].time or "", each[0]),
    )
    return [_entry(manager, owned) for manager, owned in order]


def _entry(manager: Manager, owned: Owned) -> JsonObject:
    shown: JsonObject = {
        "manager": manager.name,
        "operation": manager.operation,
        "apiVersion": manager.api_version,
    }
    if owned.time:
        shown["time"] = owned.time
    shown |= {"fieldsType": "FieldsV1", "fieldsV1": to_fields_v1(owned.paths)}
    return shown | ({"subresource": manager.subresource} if manager.subresource else {})


@dataclass(frozen=True)
class Differences:
    """What became of an object's paths."""

    touched: frozenset[Path]
    removed: frozenset[Path]


def differences(was: Laid, now: Laid) -> Differences:
    """Return which paths came or changed, and which went."""
    touched = frozenset(
        path for path, value in now.items() if path not in was or was[path] != value
    )
    return Differences(touched, frozenset(was.keys() - now.keys()))


def updated(
    managed: Managed,
    by: Manager,
    schema: Schema,
    before: JsonObject,
    after: JsonObject,
    *,
    at: str,
    not_owned: Iterable[Path] = (),
) -> Managed:
    """Return who owns what after an update: what it changed is its own, and nobody else's.

    What lies below a path in `not_owned` (a spec that is written through its status) is left out.
    """
    same = [name for name, each in after.items() if name in before and before[name] == each]
    was, now = ({k: v for k, v in each.items() if k not in same} for each in (before, after))
    found = differences(laid_out(schema, was), laid_out(schema, now))
    skipped = tuple(not_owned)
    touched = frozenset(path for path in found.touched if not _below(path, skipped))
    left = _without(managed, touched | found.removed)
    if touched:
        mine = left.get(by, Owned(frozenset(), None)).paths
        left[by] = Owned(mine | touched, None if by.subresource == "scale" else at)
    return _capped(left)


@dataclass(frozen=True)
class Apply:
    """What an apply does to an object: `merged` is `before` with the configuration over it."""

    schema: Schema
    before: JsonObject
    config: JsonObject
    merged: JsonObject


def applied(
    managed: Managed,
    by: Manager,
    apply: Apply,
    *,
    at: str,
    force: bool,
    not_owned: Iterable[Path] = (),
) -> tuple[Managed, JsonObject]:
    """Return who owns what after an apply, and the object without what the manager gave up.

    Raises ConflictError where it would change what others own and is not forced.
    """
    schema, before = apply.schema, apply.before
    skipped = tuple(not_owned)
    mine = frozenset(path for path in listed(schema, apply.config) if not _below(path, skipped))
    last = managed.get(by)
    others = {who: owned for who, owned in managed.items() if who != by}
    given_up = (last.paths if last else frozenset()) - mine
    for owned in others.values():
        given_up -= owned.paths
    after = _pruned(schema, apply.merged, given_up, mine.union(*(o.paths for o in others.values())))
    found = differences(laid_out(schema, before), laid_out(schema, after))
    conflicts = {
        who: frozenset(owned.paths & found.touched)
        for who, owned in others.items()
        if owned.paths & found.touched
    }
    if conflicts and not force:
        raise ConflictError(conflicts)
    left = _without(others, found.touched | found.removed)
    same = last is not None and last.paths == mine and not found.touched and not found.removed
    left[by] = last if same and last is not None else Owned(mine, at)
    return left, after


def _below(path: Path, tops: tuple[Path, ...]) -> bool:
    return any(path[: len(top)] == top for top in tops)


def _without(managed: Managed, gone: frozenset[Path]) -> Managed:
    left = {by: Owned(owned.paths - gone, owned.time) for by, owned in managed.items()}
    return {by: owned for by, owned in left.items() if owned.paths}


def _capped(managed: Managed) -> Managed:
    """Join the oldest updates into one entry where there are more than ten of them."""
    updates = [each for each in managed.items() if each[0].operation == "Update"]
    if len(updates) <= UPDATERS_MOST:
        return managed
    updates.sort(key=lambda each: (each[1].time or "", each[0]))
    oldest = updates[: len(updates) - UPDATERS_MOST + 1]
    joined = Manager(ANCIENT, "Update", oldest[0][0].api_version)
    paths: frozenset[Path] = frozenset().union(*(owned.paths for _, owned in oldest))
    left = {by: owned for by, owned in managed.items() if by not in dict(oldest)}
    left[joined] = Owned(paths, oldest[-1][1].time)
    return left


def _pruned(
    schema: Schema, content: JsonObject, gone: frozenset[Path], kept: frozenset[Path]
) -> JsonObject:
    """Return the object without the paths that are gone, unless something kept lies below."""
    if not gone:
        return content
    prefixes = {path[:length] for path in kept for length in range(1, len(path) + 1)}
    doomed = {path for path in gone if path not in prefixes}
    found = _drop(schema, content, (), doomed)
    assert isinstance(found, dict)  # noqa: S101 - The root is never dropped.
    return found


def _drop(schema: Schema, value: Any, path: Path, doomed: set[Path]) -> Any:
    if isinstance(value, dict):
        left = {}
        for name, each in value.items():
            at = (*path, f"f:{name}")
            if at in doomed:
                continue
            below = schema.fields.get(name) if schema.form == "struct" else schema.item
            left[name] = _drop(below or ANY, each, at, doomed)
        return left
    if isinstance(value, list) and schema.keys:
        items = [(each, (*path, key_of(schema, each))) for each in value]
        return [
            _drop(schema.item or ANY, each, at, doomed) for each, at in items if at not in doomed
        ]
    if isinstance(value, list) and schema.each:
        return [each for each in value if (*path, "v:" + json.dumps(each)) not in doomed]
    return value
