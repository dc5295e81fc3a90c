"""managedFields are those that a real API server wrote: each write of the shipped recordings."""

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from practicecluster.event_versions import to_group_version
from practicecluster.playlist import SHIPPED
from practicecluster.resources import ResourceType
from practicecluster.store import Store
from practicecluster.writing.definitions import schema_of
from practicecluster.writing.ownership import (
    ANCIENT,
    UPDATERS_MOST,
    Managed,
    Manager,
    Owned,
    managed_of,
    updated,
    written,
)
from practicecluster.writing.schemas import Schema
from tests.practicecluster.objects import served
from tests.practicecluster.tapes import shipped

JsonObject = dict[str, Any]
STATUS_ONLY = (("f:spec",), ("f:metadata", "f:labels"))
TOKENS = "kube-api-access-"


class Recorded(NamedTuple):
    """One recorded update: who wrote, of what, from what to what."""

    by: Manager
    schema: Schema
    before: JsonObject
    after: JsonObject


def _changed(before: Managed, after: Managed) -> list[Manager]:
    """Return who owns more than before, or the same since another time."""
    return [
        who
        for who, owned in after.items()
        if who not in before or owned.paths - before[who].paths or owned.time != before[who].time
    ]


def _sent(content: JsonObject, kind: ResourceType, *, new: bool) -> JsonObject:
    """Return an object as it was sent: without what the server put in after asking who owns it."""
    found = copy.deepcopy(content)
    if new and kind.has_status:
        found.pop("status", None)
    if new and kind.plural == "jobs":
        found["spec"].pop("selector")
        for metadata in (found["metadata"], found["spec"]["template"]["metadata"]):
            metadata["labels"] = {
                name: value
                for name, value in metadata.pop("labels").items()
                if not name.endswith(("controller-uid", "job-name"))
            }
            if not metadata["labels"]:
                del metadata["labels"]
    if new and kind.plural == "pods":
        spec = found["spec"]
        theirs = set().union(*(owned.paths for owned in managed_of(content).values()))
        for name in (
            "priority",
            "preemptionPolicy",
            "serviceAccount",
            "serviceAccountName",
            "tolerations",
        ):
            if ("f:spec", f"f:{name}") not in theirs:
                spec.pop(name, None)
        _drop(spec, "volumes")
        for container in spec["containers"]:
            _drop(container, "volumeMounts")
    return found


def _drop(holder: JsonObject, field: str) -> None:
    left = [each for each in holder.get(field, ()) if not each["name"].startswith(TOKENS)]
    holder.pop(field, None)
    if left:
        holder[field] = left


def _recorded(name: str) -> Iterator[Recorded]:
    tape, store = shipped(name), Store()
    for known in tape.types:
        store.types.add(known)
    last: dict[Any, JsonObject] = {}
    for write in [*tape.initial, *tape.writes]:
        kind = store.types.find(write.resource)
        key = (write.resource, write.key)
        before = last.pop(key, None)
        if kind is None or write.type == "DELETED":
            continue
        last[key] = write.content
        if kind.plural == "customresourcedefinitions":
            store.put(kind, copy.deepcopy(write.content))
        was = managed_of(before) if before is not None else {}
        now = managed_of(write.content)
        changed = _changed(was, now)
        if write in tape.initial or len(changed) != 1 or changed[0].operation == "Apply":
            continue
        yield _told(store, kind, changed[0], before, write.content)


def _told(
    store: Store, kind: ResourceType, by: Manager, before: JsonObject | None, after: JsonObject
) -> Recorded:
    start, end = before or {"metadata": {}}, _sent(after, kind, new=before is None)
    if by.api_version.startswith("events"):
        kind = served(store, "events.k8s.io/v1/events")
        start, end = to_group_version(start), to_group_version(end)
    return Recorded(by, schema_of(store, kind), start, end)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_recorded_update_leaves_the_recorded_managed_fields(name: str) -> None:
    found = list(_recorded(name))
    assert found
    for told in found:
        after = managed_of(told.after)
        got = updated(
            managed_of(told.before),
            told.by,
            told.schema,
            told.before,
            told.after,
            at=after[told.by].time or "",
            not_owned=STATUS_ONLY if told.by.subresource == "status" else (),
        )
        assert got == after, told.after["metadata"]["name"]


@pytest.mark.parametrize("name", SHIPPED)
def test_recorded_managed_fields_are_written_as_they_were(name: str) -> None:
    tape = shipped(name)
    for write in tape.writes:
        recorded = write.content["metadata"].get("managedFields")
        if recorded:
            again = written(managed_of(write.content))
            assert sorted(again, key=manager) == sorted(recorded, key=manager)


def manager(entry: JsonObject) -> tuple[str, str]:
    return entry["manager"], entry.get("subresource", "")


def test_the_oldest_updates_become_one_entry() -> None:
    path = ("f:data", "f:x")
    many = {
        Manager(f"m{n:02}", "Update", "v1"): Owned(
            frozenset({(*path, f"f:{n}")}), f"2026-11-23T00:00:{n:02}Z"
        )
        for n in range(UPDATERS_MOST)
    }
    schema = schema_of(Store(), served(Store(), "v1/configmaps"))
    before, after = ({"metadata": {}, "data": {"a": value}} for value in ("1", "2"))
    by = Manager("last", "Update", "v1")
    found = updated(many, by, schema, before, after, at="2026-11-23T00:01:00Z")
    assert len(found) == UPDATERS_MOST
    assert {who.name for who in found} >= {ANCIENT, "last", "m09"}
    assert len(next(owned for who, owned in found.items() if who.name == ANCIENT).paths) == 2
