"""The three patches, held against the published algorithms and the documented examples."""

import copy
from typing import Any

import jsonpatch
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from practicecluster.store import Store
from practicecluster.writing.definitions import schema_of
from practicecluster.writing.patches import (
    OPERATIONS_MOST,
    PatchError,
    json_merge,
    json_patch,
    strategic_merge,
)
from practicecluster.writing.schemas import Schema
from tests.practicecluster.objects import served

NAMES = st.sampled_from("abcd")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.text(max_size=3),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(NAMES, below, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=4)

BUSY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""On a busy machine the first example takes its time."""


def schema(resource: str) -> Schema:
    return schema_of(Store(), served(Store(), resource))


POD = schema("v1/pods")


def merge_patch_of_rfc_7386(target: Any, patch: Any) -> Any:
    """The pseudo-code of section 2, line by line."""
    if not isinstance(patch, dict):
        return patch
    if not isinstance(target, dict):
        target = {}
    for name, value in patch.items():
        if value is None:
            if name in target:
                del target[name]
        else:
            target[name] = merge_patch_of_rfc_7386(target.get(name), value)
    return target


@BUSY
@given(OBJECTS, OBJECTS)
def test_a_merge_patch_does_what_the_rfc_says(before: Any, patch: Any) -> None:
    untouched = copy.deepcopy(before)
    assert json_merge(before, patch) == merge_patch_of_rfc_7386(copy.deepcopy(before), patch)
    assert before == untouched


@BUSY
@given(OBJECTS, OBJECTS)
def test_a_json_patch_leads_from_one_object_to_another(before: Any, after: Any) -> None:
    assert json_patch(before, jsonpatch.make_patch(before, after).patch) == after


@pytest.mark.parametrize(
    ("operations", "code"),
    [
        ([{"op": "test", "path": "/a", "value": 2}], 422),
        ([{"op": "remove", "path": "/nothing"}], 422),
        ([{"op": "dance", "path": "/a"}], 422),
        ([{"path": "/a"}], 422),
        ({"op": "remove", "path": "/a"}, 400),
        ([1], 422),
        ([{"op": "test", "path": "/a", "value": 1}] * (OPERATIONS_MOST + 1), 413),
    ],
)
def test_a_json_patch_that_makes_no_sense_is_refused(operations: Any, code: int) -> None:
    with pytest.raises(PatchError) as error:
        json_patch({"a": 1}, operations)
    assert error.value.code == code


def containers(*items: Any, **more: Any) -> Any:
    return {"spec": {"template": {"spec": {"containers": list(items), **more}}}}


def test_containers_are_merged_by_name_and_tolerations_replaced() -> None:
    """The two examples of the page that documents strategic merge patches."""
    before = containers({"name": "a", "image": "nginx"}, tolerations=[{"key": "x"}, {"key": "y"}])
    patch = containers({"name": "b", "image": "redis"}, tolerations=[{"key": "z"}])
    after = strategic_merge(schema("apps/v1/deployments"), before, patch)
    found = after["spec"]["template"]["spec"]
    assert [each["name"] for each in found["containers"]] == ["a", "b"]
    assert found["tolerations"] == [{"key": "z"}]


def test_retain_keys_clear_what_they_do_not_name() -> None:
    """The page's third example: from RollingUpdate to Recreate."""
    before = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}
    patch = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    after = strategic_merge(schema("apps/v1/deployments"), before, patch)
    assert after == {"spec": {"strategy": {"type": "Recreate"}}}


@pytest.mark.parametrize(
    ("item", "names"),
    [
        ({"$patch": "delete", "name": "a"}, ["b"]),
        ({"name": "a", "image": "new"}, ["a", "b"]),
        ({"name": "c", "image": "new"}, ["a", "b", "c"]),
    ],
)
def test_an_item_is_changed_added_or_deleted(item: Any, names: list[str]) -> None:
    before = containers({"name": "a", "image": "1"}, {"name": "b", "image": "1"})
    after = strategic_merge(schema("apps/v1/deployments"), before, containers(item))
    assert [each["name"] for each in after["spec"]["template"]["spec"]["containers"]] == names


def test_a_list_is_replaced_and_put_in_order() -> None:
    before = containers({"name": "a", "image": "1"}, {"name": "b", "image": "1"})
    deployments = schema("apps/v1/deployments")
    replaced = strategic_merge(
        deployments, before, containers({"$patch": "replace"}, {"name": "c", "image": "1"})
    )
    assert replaced == containers({"name": "c", "image": "1"})
    ordered = containers(**{"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]})
    del ordered["spec"]["template"]["spec"]["containers"]
    after = strategic_merge(deployments, before, ordered)
    assert [each["name"] for each in after["spec"]["template"]["spec"]["containers"]] == ["b", "a"]


def test_finalizers_are_added_and_taken_out_by_value() -> None:
    pods = schema("v1/pods")
    before = {"metadata": {"finalizers": ["a/x", "b/y"]}}
    added = strategic_merge(pods, before, {"metadata": {"finalizers": ["c/z"]}})
    assert added["metadata"]["finalizers"] == ["a/x", "b/y", "c/z"]
    patch = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a/x"]}}
    assert strategic_merge(pods, before, patch)["metadata"]["finalizers"] == ["b/y"]


@pytest.mark.parametrize(
    "patch",
    [
        {"metadata": {"$patch": "dance"}},
        {"spec": {"containers": [{"image": "no name"}]}},
        ["not an object"],
    ],
)
def test_a_strategic_merge_that_makes_no_sense_is_refused(patch: Any) -> None:
    with pytest.raises(PatchError):
        strategic_merge(schema("v1/pods"), {"metadata": {}, "spec": {"containers": []}}, patch)


@BUSY
@given(OBJECTS, OBJECTS)
def test_where_no_list_has_keys_it_is_a_merge_patch(labels: Any, patch: Any) -> None:
    flat = {
        name: value
        for name, value in patch.items()
        if not isinstance(value, (dict, list)) or value == []
    }
    before = {"metadata": {"annotations": labels}}
    sent = {"metadata": {"annotations": flat}}
    assert strategic_merge(POD, before, sent) == json_merge(before, sent)
