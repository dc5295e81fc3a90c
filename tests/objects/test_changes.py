"""`diff` names each field that moved, in one order, and no value that is withheld."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from eventstream.objects.changes import FieldChange, diff
from eventstream.objects.images import Image
from tests.objects.recorded import (
    DEPLOYMENT,
    POD,
    TAPES,
    WEBSITE,
    decoder,
    objects,
    text,
    thing,
)


def deployment(metadata: dict[str, Any] | None = None, **fields: Any) -> Image:
    content = thing("Deployment", "apps/v1", **fields)
    content["metadata"] |= metadata or {}
    return decoder().image(DEPLOYMENT, text(content))


def website(**fields: Any) -> Image:
    return decoder().image(WEBSITE, text(thing("Website", "stable.example.com/v1", **fields)))


def changes(before: Image, after: Image) -> list[tuple[str, str | None, str | None]]:
    found = diff(before, after)
    assert [change for change in found if change.hidden] == []
    return [(change.path, change.before, change.after) for change in found]


def test_fields_come_in_the_order_of_the_object() -> None:
    before = deployment({"labels": {"b": "1"}}, spec={"replicas": 2}, status={"replicas": 1})
    after = deployment(
        {"labels": {"a": "2", "b": "3"}},
        spec={"replicas": 5, "paused": True, "minReadySeconds": 4},
        status={"replicas": 2},
    )
    assert changes(before, after) == [
        ("metadata.labels.a", None, '"2"'),
        ("metadata.labels.b", '"1"', '"3"'),
        ("spec.replicas", "2", "5"),
        ("spec.paused", "false", "true"),
        ("spec.minReadySeconds", "0", "4"),
        ("status.replicas", "1", "2"),
    ]


def test_bookkeeping_that_every_write_moves_is_no_change() -> None:
    fields = [{"manager": "m", "fieldsV1": {"f:spec": {}}}]
    moved = {"resourceVersion": "9", "generation": 2, "managedFields": fields}
    assert diff(deployment(), deployment(moved)) == ()


def test_elements_go_by_their_type_or_name_whatever_their_order() -> None:
    ready, free = {"type": "Ready", "status": "True"}, {"type": "Free", "status": "True"}
    before = deployment(status={"conditions": [ready, free]})
    after = deployment(status={"conditions": [free, ready | {"status": "False"}]})
    assert changes(before, after) == [("status.conditions[Ready].status", '"True"', '"False"')]


def test_elements_that_come_and_go_show_as_a_whole() -> None:
    before = deployment(status={"conditions": [{"type": "Old", "status": "True"}]})
    after = deployment(status={"conditions": [{"type": "New", "status": "False"}]})
    assert changes(before, after) == [
        ("status.conditions[Old]", '{"type":"Old","status":"True"}', None),
        ("status.conditions[New]", None, '{"type":"New","status":"False"}'),
    ]


def test_elements_that_cannot_be_told_apart_show_as_one_list() -> None:
    before = deployment({"finalizers": ["a"]})
    after = deployment({"finalizers": ["a", "b"]})
    assert changes(before, after) == [("metadata.finalizers", '["a"]', '["a","b"]')]
    twice = [{"type": "Same"}, {"type": "Same", "status": "True"}]
    (change,) = diff(deployment(), deployment(status={"conditions": twice}))
    assert change.path == "status.conditions"


def test_a_map_that_comes_or_goes_shows_each_key() -> None:
    bare, labelled = deployment(), deployment({"labels": {"x": "1", "a": "2"}})
    assert changes(bare, labelled) == [
        ("metadata.labels.a", None, '"2"'),
        ("metadata.labels.x", None, '"1"'),
    ]
    assert changes(labelled, bare) == [
        ("metadata.labels.a", '"2"', None),
        ("metadata.labels.x", '"1"', None),
    ]


def test_a_hidden_value_shows_only_that_it_changed() -> None:
    before = deployment({"annotations": {"a": "x", "b": "y"}})
    after = deployment({"annotations": {"a": "z", "b": "y", "c": "new"}})
    assert diff(before, after) == (
        FieldChange("metadata.annotations.a", hidden=True),
        FieldChange("metadata.annotations.c", hidden=True),
    )


def test_hidden_strings_in_a_custom_resource_never_show_their_digest() -> None:
    servers = [{"name": "one", "port": 1}, {"name": "two", "port": 2}]
    before = website(spec={"servers": servers, "hosts": ["a"], "size": 1})
    moved = [servers[0] | {"port": 7}, servers[1]]
    after = website(spec={"servers": moved, "hosts": ["a", "b"], "size": 2})
    assert diff(before, after) == (
        FieldChange("spec.hosts", hidden=True),
        FieldChange("spec.servers[0].port", "1", "7"),
        FieldChange("spec.size", "1", "2"),
    )


def test_elements_with_names_of_any_type_are_compared() -> None:
    before = website(spec={"x": [{"name": "a"}, {"name": ["b"]}], "y": [1, {"name": "c"}]})
    after = website(spec={"x": [{"name": "a"}, {"name": ["c"]}], "y": [{"name": "c"}, "d"]})
    assert [change.path for change in diff(before, after)] == ["spec.x", "spec.y"]


def test_a_long_value_is_cut() -> None:
    (change,) = diff(deployment(), deployment({"labels": {"a": "x" * 500}}))
    assert change.after is not None
    assert len(change.after) == 200
    assert change.after.endswith("…")


def test_long_values_show_where_they_differ() -> None:
    before = deployment({"finalizers": ["x" * 400, "before"]})
    after = deployment({"finalizers": ["x" * 400, "after"]})
    (change,) = diff(before, after)
    assert (change.before or "").endswith('"before"]')
    assert (change.after or "").endswith('"after"]')
    assert len(change.before or "") <= 200


def test_a_value_of_another_shape_is_one_change() -> None:
    assert changes(website(spec={"a": 1}), website(spec={"a": [2]})) == [("spec.a", "1", "[2]")]
    assert changes(website(spec={"a": {"b": 1}}), website(spec={"a": 2})) == [
        ("spec.a", '{"b":1}', "2")
    ]


def test_a_pod_shows_what_its_kubelet_reported() -> None:
    waiting = {"name": "c", "state": {"waiting": {"reason": "ContainerCreating"}}}
    running = {"name": "c", "ready": True, "state": {"running": {"startedAt": "t"}}}
    before, after = (
        decoder().image(POD, text(thing(status={"phase": phase, "containerStatuses": [status]})))
        for phase, status in (("Pending", waiting), ("Running", running))
    )
    assert changes(before, after) == [
        ("status.phase", '"Pending"', '"Running"'),
        ("status.containerStatuses[c].ready", "false", "true"),
        ("status.containerStatuses[c].state.waiting", '{"reason":"ContainerCreating"}', None),
        ("status.containerStatuses[c].state.running", None, '{"startedAt":"t"}'),
    ]


def test_every_write_on_the_recordings_but_heartbeats_of_bookkeeping_shows() -> None:
    """A version that differs in content has a diff; an equal one has none."""
    for tape in TAPES:
        last: dict[str, Image] = {}
        read = decoder()
        for resource, content in objects(tape):
            image = read.image(resource, text(content))
            before = last.get(image.uid)
            last[image.uid] = image
            if before is not None and resource.plural == "pods":
                same = (before.spec, before.status) == (image.spec, image.status)
                assert same or diff(before, image)
                assert diff(image, image) == ()


JSON = st.recursive(
    st.none() | st.integers(0, 3) | st.sampled_from(["a", "b"]),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "type", "x", "y"]), below, max_size=3)
    ),
    max_leaves=8,
)


@given(JSON, JSON)
def test_any_two_custom_resources_can_be_compared(one: Any, other: Any) -> None:
    before, after = website(spec=one), website(spec=other)
    found = diff(before, after)
    assert bool(found) == (before.spec != after.spec)
    assert found == diff(before, after)
    assert "hidden:" not in "".join(change.path for change in found)
    assert {change.path for change in found} == {change.path for change in diff(after, before)} or (
        "[" in str(found)
    )
