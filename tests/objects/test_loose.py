"""Odd input is read as far as it goes and flagged; only what is no object at all is refused."""

import contextlib
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstream.objects.decoding import DecodeError, encode
from eventstream.objects.images import Image
from eventstream.objects.loosely import REPAIRED, repaired
from eventstream.objects.pods import PodStatus
from eventstream.objects.workloads import DeploymentSpec
from tests.objects.recorded import (
    DEPLOYMENT,
    EVENT,
    POD,
    WEBSITE,
    decoder,
    text,
    thing,
    watch_line,
)


def deployment(**fields: Any) -> Image:
    return decoder().image(DEPLOYMENT, text(thing("Deployment", "apps/v1", **fields)))


def reads_back(image: Image) -> bool:
    resource = {"Pod": POD, "Deployment": DEPLOYMENT, "Event": EVENT}.get(image.kind, WEBSITE)
    return decoder().image(resource, encode(image)) == image


def test_a_text_that_never_ends_costs_no_more_memory_than_itself_a_few_times() -> None:
    cut = b'{"t":1,"name":"' + b"x" * 1_000_000
    tracemalloc.start()
    try:
        assert repaired(cut) is None
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 10 * len(cut)


def test_null_is_an_absent_field_and_no_flaw() -> None:
    spec = {"replicas": None, "template": {"spec": {"containers": None}}}
    status = {"conditions": None, "readyReplicas": 1}
    image = deployment(spec=spec, status=status)
    assert image.flags == ()
    assert isinstance(image.spec, DeploymentSpec)
    assert (image.spec.replicas, image.status.ready_replicas) == (1, 1)
    assert reads_back(image)


def test_null_metadata_fields_are_absent_fields() -> None:
    content = thing()
    content["metadata"] |= {"labels": None, "ownerReferences": None, "managedFields": None}
    image = decoder().image(POD, text(content))
    assert image.flags == ()
    assert image.metadata.labels is None


def test_null_elements_of_a_list_are_left_out() -> None:
    image = deployment(status={"conditions": [None, {"type": "Available", "status": "True"}]})
    assert [condition.type for condition in image.status.conditions] == ["Available"]


def test_numbers_and_booleans_in_quotes_are_read_and_flagged() -> None:
    image = deployment(spec={"replicas": "3", "paused": "true"})
    assert (image.spec.replicas, image.spec.paused) == (3, True)
    assert image.flags == (
        "spec.replicas: Expected `int`, got `str`",
        "spec.paused: Expected `bool`, got `str`",
    )
    assert reads_back(image)


def test_one_bad_field_costs_only_itself() -> None:
    image = deployment(
        spec={"replicas": {"of": 3}, "minReadySeconds": 5},
        status={"conditions": "x", "replicas": 2},
    )
    assert (image.spec.replicas, image.spec.min_ready_seconds) == (1, 5)
    assert (image.status.conditions, image.status.replicas) == ((), 2)
    assert image.flags == (
        "spec.replicas: Expected `int`, got `object`",
        "status.conditions: Expected `array`, got `str`",
    )


@pytest.mark.parametrize("part", ["text", 5, [1], True])
def test_a_part_that_is_no_object_is_flagged_and_read_as_empty(part: Any) -> None:
    image = deployment(spec=part)
    assert image.flags == ("spec: not an object",)
    assert image.spec.replicas == 1


def test_bad_metadata_does_not_spoil_the_rest() -> None:
    content = thing(status={"phase": "Running"})
    content["metadata"] |= {"labels": {"a": 1}, "managedFields": [{"manager": "kubelet"}]}
    image = decoder().image(POD, text(content))
    assert image.flags == ("metadata.labels[...]: Expected `str`, got `int`",)
    assert image.metadata.labels is None
    assert image.metadata.managed_fields[0].manager == "kubelet"
    assert image.status.phase == "Running"
    assert reads_back(image)


def test_an_object_without_a_uid_gets_one_of_its_own() -> None:
    first, second = (
        decoder().image(POD, text({"kind": "Pod", "metadata": {"name": name, "namespace": "b"}}))
        for name in ("x", "y")
    )
    assert first.uid == "no-uid:v1/pods:b/x"
    assert first.uid != second.uid
    assert first.flags == ("metadata.uid: absent",)
    assert isinstance(first.status, PodStatus)
    assert reads_back(first)


@pytest.mark.parametrize("content", [{}, {"metadata": None}, {"metadata": 3}, {"kind": 7}])
def test_an_object_without_metadata_is_flagged(content: Any) -> None:
    image = decoder().image(POD, text(content))
    assert "metadata.uid: absent" in image.flags
    assert image.kind == "Pod"
    assert reads_back(image)


@pytest.mark.parametrize("content", [None, 1, "text", [], True])
def test_what_is_no_object_is_flagged(content: Any) -> None:
    watched = decoder().event(POD, watch_line("ADDED", content))
    assert watched.image is not None
    assert watched.image.flags[0] == "not an object"
    assert reads_back(watched.image)


def test_an_object_of_another_kind_is_flagged() -> None:
    image = decoder().image(POD, text(thing("Node")))
    assert image.flags == ("kind: not Pod",)
    assert image.kind == "Node"


def test_an_event_with_a_bad_field_keeps_the_others() -> None:
    content = thing("Event", message="Scaled up", count="4", involvedObject={"kind": "Pod"})
    image = decoder().image(EVENT, text(content))
    assert image.flags == ("count: Expected `int | null`, got `str`",)
    assert (image.spec.message, image.spec.times) == ("Scaled up", 4)
    assert reads_back(image)


def test_bad_dates_are_kept_as_they_are() -> None:
    """Whoever reads a time has to cope; the image tells what the cluster said."""
    content = thing(status={"startTime": "yesterday", "conditions": [{"lastTransitionTime": ""}]})
    content["metadata"]["creationTimestamp"] = "2026-13-45T99:00:00Z"
    image = decoder().image(POD, text(content))
    assert image.flags == ()
    assert image.status.start_time == "yesterday"
    assert image.metadata.creation_timestamp == "2026-13-45T99:00:00Z"


@pytest.mark.parametrize("text_", ["a\u0085b", "a\u2028b\u2029", "\U0001f600", "a\r\nb\x0b\x1e"])
def test_any_character_that_json_can_hold_may_stand_in_a_message(text_: str) -> None:
    content = {"type": "MODIFIED", "object": thing(status={"message": text_})}
    for ascii_only in (True, False):
        line = json.dumps(content, ensure_ascii=ascii_only).encode()
        watched = decoder().event(POD, line)
        assert watched.image is not None
        assert watched.image.flags == ()
        assert watched.image.status.message == text_


@pytest.mark.parametrize("broken", [rb"\ud800", rb"a\udc00b", b"\xff", b"\xed\xa0\x80"])
@pytest.mark.parametrize("place", ["name", "label", "message", "env", "key"])
def test_text_that_is_not_unicode_is_replaced_and_flagged(broken: bytes, place: str) -> None:
    mark = dict.fromkeys(("name", "label", "message", "env", "key"), "") | {place: "MARK"}
    content = thing(
        spec={"containers": [{"name": "c", "env": [{"name": "E", "value": mark["env"]}]}]},
        status={"message": mark["message"], mark["key"]: 1},
    )
    content["metadata"] |= {"name": mark["name"], "labels": {"l": mark["label"]}}
    line = watch_line("ADDED", content).replace(b"MARK", broken)
    image = decoder().event(POD, line).image
    assert image is not None
    if broken.startswith(b"\\") or place in ("name", "label", "message"):
        assert image.flags == (REPAIRED,)
    assert image.uid == "u-1"
    assert reads_back(image)


def test_a_page_with_text_that_is_not_unicode_is_read() -> None:
    body = text({"kind": "PodList", "metadata": {"resourceVersion": "9"}, "items": [thing()]})
    page = decoder().page(POD, body.replace(b'"u-1"', rb'"u-1","x":"\ud800"'))
    assert [image.flags for image in page.images] == [(REPAIRED,)]


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1" * 400, "1.5e-400", "-0"])
def test_numbers_of_any_size_are_read(number: str) -> None:
    line = watch_line("ADDED", thing("Website", spec={"n": "MARK"}))
    image = decoder().event(WEBSITE, line.replace(b'"MARK"', number.encode())).image
    assert image is not None
    assert image.uid == "u-1"
    assert reads_back(image)


@pytest.mark.parametrize("field", ["spec", "status", "data"])
def test_deep_nesting_is_hidden_as_a_whole(field: str) -> None:
    content = text(thing("Website", **{field: "MARK"}))
    deep = b'{"a":' * 200 + b'"canary"' + b"}" * 200
    image = decoder().image(WEBSITE, content.replace(b'"MARK"', deep))
    assert b"canary" not in encode(image)
    assert encode(image).count(b'"a":') <= 32
    assert reads_back(image)


@pytest.mark.parametrize("depth", [12_000, 200_000])
@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_nesting_without_end_is_left_out_and_flagged(depth: int, opening: bytes) -> None:
    image = nested(depth, opening)
    assert (image.uid, image.spec["n"], image.flags) == ("u-1", 7, (REPAIRED,))
    assert reads_back(image)


@pytest.mark.parametrize("depth", [900, 1_100, 9_000])
@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_nesting_that_only_some_pythons_can_read_costs_nothing_else(
    depth: int, opening: bytes
) -> None:
    # CPython 3.11 bears a thousand levels in C, 3.12 and 3.13 ten times as many.
    image = nested(depth, opening)
    assert (image.uid, image.spec["n"]) == ("u-1", 7)
    assert image.flags in ((), (REPAIRED,))
    assert len(encode(image)) < 500
    assert reads_back(image)


def nested(depth: int, opening: bytes) -> Image:
    """The image of a Website with a field of so many arrays or objects in each other."""
    closing = b"]" if opening == b"[" else b"}"
    line = watch_line("ADDED", thing("Website", spec={"m": "MARK", "n": 7}))
    deep = opening * depth + b"1" + closing * depth
    image = decoder().event(WEBSITE, line.replace(b'"MARK"', deep)).image
    assert image is not None
    return image


@pytest.mark.parametrize("broken", [b"[" * 5000, b'{"a":' * 5000, b"[" * 5000 + b"]" * 4999])
def test_nesting_that_does_not_even_end_is_refused(broken: bytes) -> None:
    line = watch_line("ADDED", thing("Website", spec="MARK"))
    with pytest.raises(DecodeError, match="not a WatchEvent"):
        decoder().event(WEBSITE, line.partition(b'"MARK"')[0] + broken)


def test_a_line_of_six_mebibytes_is_read() -> None:
    content = thing(spec={"containers": [{"name": "c", "args": ["x" * 6 * 1024 * 1024]}]})
    image = decoder().event(POD, watch_line("ADDED", content)).image
    assert image is not None
    assert image.flags == ()
    assert len(encode(image)) < 500


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["name", "uid", "labels", "annotations", "ownerReferences", "managedFields", "finalizers"]
)
PARTS = st.sampled_from(
    ["replicas", "conditions", "containers", "template", "containerStatuses", "nodeName", "phase"]
)


@given(
    metadata=JSON | st.dictionaries(FIELDS, JSON),
    spec=JSON | st.dictionaries(PARTS, JSON),
    status=JSON | st.dictionaries(PARTS, JSON),
    kind=st.sampled_from(["Pod", "Deployment", "Website", "Event", ""]) | JSON,
)
def test_whatever_json_comes_an_image_comes_out(
    metadata: Any, spec: Any, status: Any, kind: Any
) -> None:
    content = {"kind": kind, "metadata": metadata, "spec": spec, "status": status, "count": spec}
    for resource in (POD, DEPLOYMENT, EVENT, WEBSITE):
        read = decoder()
        watched = read.event(resource, watch_line("ADDED", content))
        assert watched.image is not None
        assert read.image(resource, encode(watched.image)) == watched.image


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_whatever_bytes_come_nothing_but_a_decode_error_is_raised(line: bytes) -> None:
    for prefix in (b"", b'{"type":"ADDED","object":', b'{"type":"ERROR","object":{"message":'):
        for read in (decoder().event, decoder().page, decoder().image):
            with contextlib.suppress(DecodeError):
                read(POD, prefix + line)


REFUSED = [
    (b"", "not a WatchEvent"),
    (b"<html><body>secret</body></html>", r"not a WatchEvent .* beginning with <html"),
    (b'{"type":"ADDED","object":{"meta', "not a WatchEvent"),
    (b'{"type":"ADDED"}', "not a WatchEvent"),
    (b'{"type":"PATCHED","object":{}}', "not a WatchEvent"),
    (b'{"kind":"Status","code":401}', "not a WatchEvent"),
    (b"[]", "not a WatchEvent"),
    (watch_line("ADDED", {"kind": "Table", "metadata": {}, "rows": []}), "a Table, not an object"),
]


@pytest.mark.parametrize(("line", "why"), REFUSED)
def test_what_is_no_watch_event_is_refused(line: bytes, why: str) -> None:
    with pytest.raises(DecodeError, match=why):
        decoder().event(POD, line)


def test_a_refusal_quotes_nothing_of_the_line() -> None:
    half = watch_line("ADDED", thing(spec={"env": "canary"}))[:-3]
    for line in (half, half[60:], b"canary", b"<canary of something"):
        with pytest.raises(DecodeError, match="not a WatchEvent") as refused:
            decoder().event(POD, line)
        assert "canary" not in str(refused.value)


NO_LISTS = [
    (b"<!DOCTYPE html><p>sign in", r"not a list .* beginning with <!DOCTYPE html"),
    (b'{"kind":"Table","metadata":{},"rows":[]}', "a Table, no list"),
    (b'{"kind":"Status","metadata":{},"code":403}', "a Status, no list"),
    (b'{"metadata":{},"items":[]}', "a nameless kind, no list"),
    (b'{"kind":"PodList","items":[]}', "not a list"),
    (b'{"kind":"PodList","metadata":{},"items":{}}', "not a list"),
    (b'{"kind":"PodList","metadata":{},"items":[', "not a list"),
]


@pytest.mark.parametrize(("body", "why"), NO_LISTS)
def test_what_is_no_list_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(DecodeError, match=why):
        decoder().page(POD, body)


def test_an_empty_list_may_be_null() -> None:
    page = decoder().page(
        POD, b'{"kind":"PodList","metadata":{"resourceVersion":"4"},"items":null}'
    )
    assert (page.version, page.continue_token, page.images) == ("4", "", ())


def test_a_page_names_the_next() -> None:
    metadata = {"resourceVersion": "4", "continue": "token", "remainingItemCount": 7}
    page = decoder().page(POD, text({"kind": "PodList", "metadata": metadata, "items": [thing()]}))
    assert page.continue_token == "token"
    assert [image.uid for image in page.images] == ["u-1"]
