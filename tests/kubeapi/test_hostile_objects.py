"""Whatever a cluster holds is shown or flagged, never skipped, and stops no type."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from eventstream.kubeapi.connection import Connection
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.cluster import serve_types
from tests.kubeapi.objects import POD_PATH, PODS, bookmark, line, listed, pod
from tests.kubeapi.observing import Observed, reflecting, watching
from tests.kubeapi.scripted import Answer, ScriptedServer, json_answer, stream

DEPLOYMENTS = "/apis/apps/v1/deployments"
VERSION = 11


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    content = pod("odd", VERSION)
    change(content)
    return content


def with_metadata(**fields: Any) -> dict[str, Any]:
    return changed(lambda content: content["metadata"].update(fields))


def with_parts(**parts: Any) -> dict[str, Any]:
    return changed(lambda content: content.update(parts))


SHOWN = {
    "null lists": with_metadata(
        labels=None, annotations=None, ownerReferences=None, finalizers=None, managedFields=None
    ),
    "null parts": with_parts(spec=None, status=None),
    "null containers": with_parts(spec={"containers": None}, status={"conditions": None}),
    "bad dates": with_metadata(creationTimestamp="yesterday", deletionTimestamp="0000-00-00"),
    "unknown fields": with_parts(surprise={"deep": [1, None, {"er": True}]}, spec={"new": {}}),
    "U+0085 and U+2028": with_metadata(labels={"note": "one\u2028two\u0085three\rfour\u2029"}),
    "empty strings": with_metadata(labels={"": ""}),
}
FLAGGED = {
    "a number for a name": with_metadata(namespace=7),
    "a number for a date": with_metadata(creationTimestamp=7),
    "a list for labels": with_metadata(labels=["a"]),
    "a string for a list": with_metadata(ownerReferences="me", finalizers="mine"),
    "a string for a number": with_metadata(generation="many"),
    "a string for a part": with_parts(spec="none", status=[]),
    "numbers in strings": with_parts(spec={"terminationGracePeriodSeconds": "thirty"}),
    "containers that are none": with_parts(spec={"containers": [7, "a", None]}),
    "no uid": changed(lambda content: content["metadata"].pop("uid")),
    "no metadata": changed(lambda content: content.pop("metadata")),
    "null metadata": with_parts(metadata=None),
    "another kind": with_parts(kind="Service"),
}
NOT_OBJECTS: dict[str, Any] = {"null": None, "a list": [], "a number": 7, "a string": "pod"}


def told_flags(observed: Observed) -> list[tuple[str, ...]]:
    return [each.after.flags for each in observed.changes]


async def observe(server: ScriptedServer, connection: Connection, *lines: bytes) -> Observed:
    """Return what is told of these lines and of a sound Pod and a bookmark after them."""
    server.on(POD_PATH, json_answer(listed(10)))
    after = line("ADDED", pod("sound", 12))
    server.on_watch(POD_PATH, stream(*lines, after, bookmark(13), hold=True))
    async with reflecting(connection) as observed:
        await observed.until(lambda seen: seen.positions[1:])
    assert observed.told[-1] == ("ADDED", "sound", "12")
    assert observed.gaps == []
    assert len(server.lists(POD_PATH)) == 1
    return observed


@pytest.mark.parametrize("name", SHOWN)
async def test_an_unusual_object_is_shown(
    server: ScriptedServer, connection: Connection, name: str
) -> None:
    text = json.dumps({"type": "ADDED", "object": SHOWN[name]}, ensure_ascii=False)
    observed = await observe(server, connection, text.encode() + b"\n")
    assert observed.told[0] == ("ADDED", "odd", "11")
    assert told_flags(observed) == [(), ()]


@pytest.mark.parametrize("name", FLAGGED)
async def test_an_object_of_wrong_types_is_shown_and_flagged(
    server: ScriptedServer, connection: Connection, name: str
) -> None:
    observed = await observe(server, connection, line("ADDED", FLAGGED[name]))
    odd, sound = told_flags(observed)
    assert odd
    assert sound == ()


@pytest.mark.parametrize("name", NOT_OBJECTS)
async def test_what_is_no_object_at_all_is_flagged(
    server: ScriptedServer, connection: Connection, name: str
) -> None:
    observed = await observe(server, connection, line("ADDED", NOT_OBJECTS[name]))
    assert "not an object" in told_flags(observed)[0]


@pytest.mark.parametrize("text", [b"\xff\xfe", b"\\ud800"], ids=["no UTF-8", "half a pair"])
async def test_text_that_is_not_unicode_is_shown_and_flagged(
    server: ScriptedServer, connection: Connection, text: bytes
) -> None:
    sound = line("ADDED", with_metadata(labels={"note": "TEXT"}))
    observed = await observe(server, connection, sound.replace(b"TEXT", text))
    assert observed.told[0] == ("ADDED", "odd", "11")
    assert told_flags(observed)[0]


async def test_nesting_without_end_is_shown_and_flagged(
    server: ScriptedServer, connection: Connection
) -> None:
    text = line("ADDED", with_parts(spec="DEEP")).replace(b'"DEEP"', b"[" * 9000 + b"]" * 9000)
    observed = await observe(server, connection, text)
    assert observed.told[0] == ("ADDED", "odd", "11")
    assert told_flags(observed)[0]


async def test_a_line_of_six_mib_in_small_chunks_is_shown(
    server: ScriptedServer, connection: Connection
) -> None:
    large = with_metadata(annotations={"filler": "é" * (3 * 1024 * 1024)})
    text = json.dumps({"type": "ADDED", "object": large}, ensure_ascii=False).encode() + b"\n"
    assert len(text) > 6 * 1024 * 1024
    # Of odd size, so that many of the two bytes of a character are apart.
    chunks = [text[i : i + 9973] for i in range(0, len(text), 9973)]
    observed = await observe(server, connection, *chunks)
    assert observed.told[0] == ("ADDED", "odd", "11")


async def test_a_list_of_null_items_is_an_empty_one(
    server: ScriptedServer, connection: Connection
) -> None:
    content = listed(10)
    content["items"] = None
    server.on(POD_PATH, json_answer(content))
    server.on_watch(POD_PATH, stream(hold=True))
    async with reflecting(connection) as observed:
        told = await observed.until_state("watching")
    assert told.objects == 0


async def test_hostile_objects_in_a_list_are_all_told(
    server: ScriptedServer, connection: Connection
) -> None:
    odd = [*SHOWN.values(), *FLAGGED.values()]
    items = [json.loads(json.dumps(each)) for each in odd]
    for number, item in enumerate(items):
        if isinstance(item.get("metadata"), dict) and "uid" in item["metadata"]:
            item["metadata"]["uid"] = f"uid-{number}"
    server.on(POD_PATH, json_answer(listed(20, *items)))
    server.on_watch(POD_PATH, stream(hold=True))
    async with reflecting(connection) as observed:
        await observed.until_state("watching")
    # The two without any metadata are one object as far as anybody can tell.
    assert len(observed.changes) == len(items) - 1


async def test_one_type_that_can_not_be_read_at_all_stops_no_other(
    server: ScriptedServer, connection: Connection
) -> None:
    serve_types(server, POD_PATH, DEPLOYMENTS)
    endless = b'{"type":"ADDED","object":' + b"[" * 100_000 + b"\n"
    server.on_watch(POD_PATH, Answer(stream(endless).raw))
    server.on_watch(DEPLOYMENTS, stream(bookmark(11), hold=True))
    clock = VirtualClock(eager=60).clock()
    async with watching(connection, clock=clock) as observed:
        await observed.until(
            lambda seen: (
                any(each.problem for each in seen.coverage(PODS))
                and sum(each.resource.plural == "deployments" for each in seen.positions) > 1
            )
        )
    codes = {each.problem.code for each in observed.coverage(PODS) if each.problem}
    assert codes == {"malformed"}
