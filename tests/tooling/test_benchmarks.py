"""The benchmark measures what it says: sound Pods, the same for everybody, none lost."""

import json
from itertools import pairwise

import pytest

from benchmarks.decode import PODS as RESOURCE
from benchmarks.decode import WAYS, changes, cpu_microseconds, held_bytes
from benchmarks.stream import pod_watch
from eventstream.objects.inventory import Inventory

PODS, EVENTS = 120, 960


@pytest.fixture(scope="module")
def chunks() -> list[bytes]:
    return pod_watch(PODS, EVENTS)


def test_the_stream_is_as_large_as_asked_and_the_same_each_time(chunks: list[bytes]) -> None:
    assert len(chunks) == EVENTS
    assert len({json.loads(chunk)["object"]["metadata"]["uid"] for chunk in chunks}) == PODS
    assert chunks == pod_watch(PODS, EVENTS)


def test_resource_versions_rise_one_by_one(chunks: list[bytes]) -> None:
    versions = [int(json.loads(chunk)["object"]["metadata"]["resourceVersion"]) for chunk in chunks]
    assert all(later == earlier + 1 for earlier, later in pairwise(versions))


def test_each_pod_is_a_sound_object_with_the_version_before(chunks: list[bytes]) -> None:
    seen = list(changes(chunks, Inventory(RESOURCE)))
    assert [change for change in seen if change.after.flags] == []
    assert all((change.before is None) == (change.type == "ADDED") for change in seen)


@pytest.mark.parametrize("name", WAYS)
def test_every_way_sees_every_event(name: str, chunks: list[bytes]) -> None:
    assert cpu_microseconds(WAYS[name], chunks) > 0


def test_memory_is_counted_for_every_pod(chunks: list[bytes]) -> None:
    pods, held = held_bytes(chunks)
    assert pods == PODS
    assert held > 0


def test_more_events_than_were_recorded_is_an_error() -> None:
    with pytest.raises(ValueError, match="no recorded Pod has 1000 events"):
        pod_watch(1, 1000)
