"""fieldsV1 keeps which fields somebody set, and none of the values that its keys hold."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstream.objects.decoding import encode
from eventstream.objects.images import FieldsEntry
from eventstream.objects.managed_fields import FieldsSettler, covers, names_more, paths
from tests.objects.recorded import POD, TAPES, decoder, objects, text, thing

SETTLER = FieldsSettler()


def normal(fields: Any) -> Any:
    return json.loads(bytes(SETTLER.normalized(text(fields))))


KEYS = [
    ("f:spec", "f:spec"),
    ('k:{"type":"Ready"}', 'k:{"type":"Ready"}'),
    ('k:{"type":"example.com/Ready_1.x-y"}', 'k:{"type":"example.com/Ready_1.x-y"}'),
    ('k:{"type":"no word"}', "k:{type}"),
    ('k:{"type":"Ready","name":"n"}', "k:{type,name}"),
    ('k:{"uid":"b48573aa"}', "k:{uid}"),
    ('k:{"containerPort":80,"protocol":"TCP"}', "k:{containerPort,protocol}"),
    ('k:{"name":"a}b"}', "k:{name}"),
    ('k:{"name":"a\\"b\\\\"}', "k:{name}"),
    ("k:{name}", "k:{name}"),
    ("k:loose", "k:{}"),
    ('v:"finalizer.example.com"', "v:"),
    ("v:5", "v:"),
    ("i:0", "i:0"),
    (".", "."),
]


@pytest.mark.parametrize(("key", "kept"), KEYS)
def test_a_key_keeps_its_form_and_no_value(key: str, kept: str) -> None:
    assert normal({"f:a": {key: {"f:b": {}}}}) == {"f:a": {kept: {"f:b": {}}}}
    assert normal(normal({"f:a": {key: {}}})) == normal({"f:a": {key: {}}})


@pytest.mark.parametrize(
    "fields",
    ["text", 5, None, [], ["f:a"], {"f:a": "text"}, {"f:a": 5}, {"other": {}}, {"f:a": {"x": {}}}],
)
def test_what_is_no_fields_v1_becomes_empty(fields: Any) -> None:
    assert normal(fields) == {}


def test_fields_with_spaces_are_read_as_well() -> None:
    spaced = b'{ "f:a": { "k:{\\"uid\\":\\"x\\"}": {} , "f:b": {} } }'
    assert json.loads(bytes(SETTLER.normalized(spaced))) == {"f:a": {"k:{uid}": {}, "f:b": {}}}


def test_objects_with_the_same_fields_share_one_text() -> None:
    one = SETTLER.normalized(text({"f:x": {'k:{"uid":"1"}': {}}}))
    assert SETTLER.normalized(text({"f:x": {'k:{"uid":"2"}': {}}})) is one


def test_fields_larger_than_the_memory_for_them_are_read_as_well() -> None:
    large: dict[str, Any] = {f"f:{number}": {} for number in range(2000)}
    assert normal(large) == large


def test_an_entry_without_fields_reads_back() -> None:
    content = thing()
    content["metadata"]["managedFields"] = [{"manager": "a"}, {"manager": "b", "fieldsV1": {}}]
    image = decoder().image(POD, text(content))
    assert decoder().image(POD, encode(image)) == image
    assert [bytes(entry.fields) for entry in image.metadata.managed_fields] == [b"{}", b"{}"]


@given(
    st.recursive(
        st.just({}), lambda below: st.dictionaries(st.text(max_size=4).map("f:".__add__), below)
    )
)
def test_plain_fields_stay_as_they_are(fields: dict[str, Any]) -> None:
    assert normal(fields) == fields


def test_no_uid_of_a_recording_is_left_in_the_keys() -> None:
    for tape in TAPES:
        for resource, content in objects(tape):
            image = decoder().image(resource, text(content))
            for entry in image.metadata.managed_fields:
                uids = [owner.uid for owner in image.metadata.owner_references]
                assert [uid for uid in uids if uid.encode() in bytes(entry.fields)] == []
                assert paths(bytes(entry.fields)) or bytes(entry.fields) == b"{}"
        break


STATUS = {
    "f:spec": {"f:replicas": {}},
    "f:status": {
        "f:conditions": {".": {}, 'k:{"type":"Ready"}': {".": {}, "f:status": {}}},
        "f:podIPs": {".": {}, 'k:{"ip":"10.0.0.1"}': {".": {}, "f:ip": {}}},
    },
    "f:metadata": {"f:finalizers": {".": {}, 'v:"x"': {}}, "f:labels": {}},
}


def test_paths_are_the_leaves() -> None:
    assert paths(bytes(SETTLER.normalized(text(STATUS)))) == {
        "spec.replicas",
        "status.conditions[Ready].status",
        "status.podIPs[].ip",
        "metadata.finalizers[]",
        "metadata.labels",
    }


@pytest.mark.parametrize("fields", [b"", b"{}", b"[]", b"text", b"5"])
def test_what_names_no_fields_has_no_paths(fields: bytes) -> None:
    assert paths(fields) == frozenset()


@pytest.mark.parametrize(
    ("path", "length"),
    [
        ("spec.replicas", 13),
        ("spec.paused", 0),
        ("status.conditions[Ready].status", 31),
        ("status.conditions[Ready].reason", 0),
        ("metadata.labels.app", 15),
        ("", 0),
    ],
)
def test_a_leaf_covers_itself_and_what_is_below_it(path: str, length: int) -> None:
    assert covers(bytes(SETTLER.normalized(text(STATUS))), path) == length


def test_what_is_covered_is_the_same_when_asked_again() -> None:
    fields = SETTLER.normalized(text({"f:status": {"f:phase": {}, "f:conditions": {}}}))
    asked = [f"status.conditions[{number}].status" for number in range(200)] + ["status.qosClass"]
    first = [covers(fields, path) for path in asked]
    assert first == [covers(fields, path) for path in asked]
    assert set(first) == {len("status.conditions"), 0}


def test_entries_that_differ_in_their_fields_alone_are_told_apart() -> None:
    def entry(name: str, operation: str = "Update") -> FieldsEntry:
        fields = text({"f:metadata": {f"f:{name}": {}}})
        time = "2026-01-01T00:00:00Z"
        return SETTLER.shared(FieldsEntry("m", operation, "", time, "v1", msgspec.Raw(fields)))

    known = entry("labels")
    assert paths(known.fields) == {"metadata.labels"}
    assert paths(entry("owners").fields) == {"metadata.owners"}
    assert entry("labels", "Apply").operation == "Apply"
    assert entry("labels") is entry("labels")
    assert entry("labels") == known


@pytest.mark.parametrize(
    ("before", "after", "more"),
    [
        ({"f:a": {}}, {"f:a": {}, "f:b": {}}, True),
        ({"f:a": {}, "f:b": {}}, {"f:a": {}}, False),
        ({"f:a": {"f:b": {}}}, {"f:a": {}}, False),  # The map alone: its parts were lost.
        ({"f:a": {'k:{"type":"Ready"}': {}}}, {"f:a": {}}, False),
        ({"f:ab": {}}, {"f:a": {}}, True),
        ({"f:a.b": {}}, {"f:a": {}, "f:a.b": {}}, True),  # As labels are called.
        ({"f:a": {".": {}}}, {"f:a": {}}, True),
        ({"f:a": {}}, {"f:a": {"f:b": {}}}, True),
    ],
)
def test_an_entry_names_more_where_it_names_what_it_had_no_part_of(
    before: Any, after: Any, more: bool
) -> None:
    was, now = SETTLER.normalized(text(before)), SETTLER.normalized(text(after))
    assert [names_more(now, was) for _ in range(2)] == [more, more]
