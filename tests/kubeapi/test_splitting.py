"""A list's objects are found in its bytes however they are cut and whatever they hold."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstream.kubeapi.bodies import BodyTooLargeError
from eventstream.kubeapi.splitting import ListSplitter
from eventstream.objects.decoding import DecodeError

TEXT = st.text(max_size=6) | st.sampled_from(['"items":[', "}],{", "\\", '"', "\u2028", "[{"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
ODD = [
    b'{"half":"\\ud800"}',
    b'{"no UTF-8":"\xff"}',
    b'{"no JSON":nul}',
    b"[" * 3000 + b"]" * 3000,
    b'{"a":' * 3000 + b"1" + b"}" * 3000,
    b"-1e999",
    b'"a\\\\"',
]


def split(
    body: bytes, cuts: list[int], most: int = 1_000_000, most_envelope: int = 1000
) -> tuple[list[bytes], bytes]:
    """The objects in `body`, cut at these places, and what stands around them."""
    splitter = ListSplitter(most, most_envelope)
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    found = [each for start, end in pairwise(edges) for each in splitter.feed(body[start:end])]
    found += splitter.end()
    return found, splitter.envelope


@given(
    st.lists(VALUES, max_size=5),
    st.lists(st.integers(0, 300), max_size=8),
    st.sampled_from([(",", ":"), (" , ", " : "), (",\n", ":\t")]),
    VALUES,
)
def test_objects_do_not_depend_on_how_the_bytes_were_cut(
    objects: list[Any], cuts: list[int], separators: tuple[str, str], beside: Any
) -> None:
    content = {"kind": "List", "metadata": {"items": [1]}, "items": objects, "other": beside}
    body = json.dumps(content, separators=separators).encode()
    found, envelope = split(body, cuts)
    assert [json.loads(each) for each in found] == objects
    assert json.loads(envelope) == content | {"items": []}


@pytest.mark.parametrize("size", [1, 7, 1000, 1_000_000])
def test_objects_that_can_not_be_read_end_where_their_brackets_do(size: int) -> None:
    body = b'{"items":[' + b",".join(ODD) + b'],"kind":"List"}'
    found, envelope = split(body, list(range(0, len(body), size)))
    assert [each.strip() for each in found] == ODD
    assert envelope == b'{"items":[],"kind":"List"}'


@pytest.mark.parametrize("items", [b"null", b"{}", b"7", b'"items"'])
def test_items_that_are_no_list_are_left_to_whoever_judges_the_list(items: bytes) -> None:
    body = b'{"kind":"List","items":' + items + b"}"
    assert split(body, [3]) == ([], body)


@pytest.mark.parametrize("body", [b"", b"<html>[1]</html>", b"[[1],[2]]", b'{"items":[{"a":1'])
def test_what_is_no_list_or_not_whole_yields_nothing(body: bytes) -> None:
    found, envelope = split(body, [1, 2])
    assert found == []
    assert body.startswith(envelope)


def test_one_object_may_have_so_many_bytes_and_all_around_them_so_many() -> None:
    large = b'{"items":[{"a":"' + b"x" * 500 + b'"}]}'
    assert len(split(large, [100], most=600)[0]) == 1
    with pytest.raises(BodyTooLargeError, match="an object in it has more than 400 bytes"):
        split(large[:-20], [100], most=400)
    with pytest.raises(BodyTooLargeError, match="beside its objects"):
        split(b'{"a":"' + b"x" * 2000, [100])
    with pytest.raises(BodyTooLargeError, match="beside its objects"):
        split(b'{"items":[1,' + b" " * 2000, list(range(0, 2000, 100)))


def test_an_endless_object_is_not_looked_through_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scanned = []
    scan = ListSplitter._scan

    def counting(splitter: ListSplitter) -> Any:
        scanned.append(splitter.unfinished)
        return scan(splitter)

    monkeypatch.setattr(ListSplitter, "_scan", counting)
    splitter = ListSplitter(64_000_000, 1000)
    list(splitter.feed(b'{"items":[{"a":"'))
    for _ in range(500):
        list(splitter.feed(b"x" * 16_000))
    assert sum(scanned) < 6 * splitter.unfinished


@pytest.mark.parametrize("between", [b"}", b":", b"{}:"])
def test_what_no_list_has_between_its_objects_is_refused(between: bytes) -> None:
    with pytest.raises(DecodeError, match="between the objects"):
        split(b'{"items":[' + between + b" 1]}", [])
