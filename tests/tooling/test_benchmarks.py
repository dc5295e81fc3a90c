"""The benchmark measures what it says: sound Pods, the same for everybody, none lost."""

import json
import re
import subprocess
import sys
from collections import Counter
from itertools import pairwise

import pytest

from benchmarks import audit, explain, memory
from benchmarks.clusters import recorded_clusters
from benchmarks.decode import PODS as RESOURCE
from benchmarks.decode import WAYS, changes, reads
from benchmarks.rollout import rollout
from benchmarks.rounds import in_turns, shares
from benchmarks.stream import A_SECOND, pod_watch, pods_at_rest
from benchmarks.tasks import Task, main_tasks
from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import TraceUpsert
from eventstream.kubeapi.bodies import BUFFER_BYTES
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
    ways = {"a line at a time": WAYS[name](chunks), "in reads": WAYS[name](reads(chunks))}
    assert [len(spent) for spent in in_turns(ways, [EVENTS // 2] * 2).values()] == [2, 2]


def test_a_way_that_loses_an_event_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="half saw 1 of 2 events"):
        in_turns({"whole": iter("abcd"), "half": iter("abc")}, [2, 2])


def test_what_counts_is_the_median_of_the_ratios_of_one_turn() -> None:
    costs = {"typed": [100.0, 200.0, 100.0], "Baton": [20.0, 40.0, 90.0]}
    assert shares(costs) == {"typed": 1.0, "Baton": 0.2}


def test_reads_are_the_same_bytes(chunks: list[bytes]) -> None:
    found = reads(chunks)
    assert b"".join(found) == b"".join(chunks)
    assert {len(read) for read in found[:-1]} == {BUFFER_BYTES}


def test_no_more_pods_share_their_times_than_said(chunks: list[bytes]) -> None:
    pods = [json.loads(chunk)["object"]["metadata"] for chunk in chunks if b'"ADDED"' in chunk[:20]]
    times = Counter((pod["creationTimestamp"], pod["name"].rpartition("-")[0]) for pod in pods)
    assert len({pod["creationTimestamp"] for pod in pods}) >= PODS / A_SECOND
    assert sum(times.values()) == PODS


@pytest.mark.parametrize("name", explain.WAYS)
def test_every_way_sees_every_event_of_whole_clusters(name: str) -> None:
    clusters = [*recorded_clusters(2), rollout(20)]
    wires = list(map(explain.wire, clusters))
    assert sum(1 for _ in explain.WAYS[name](wires)) == sum(map(len, clusters))


def test_copies_of_a_cluster_have_objects_of_their_own() -> None:
    one, three = (list(recorded_clusters(copies)) for copies in (1, 3))
    for alone, copied in zip(one, three, strict=True):
        own = [line for line in alone if b'"namespace":"shop"' in line.text]
        assert len(copied) > len(alone) + len(own)
        versions = [_identity(line.text) for line in copied if line.type != "EXISTING"]
        assert len(set(versions)) == len(versions)


def _identity(line: bytes) -> tuple[str, str, str]:
    metadata = json.loads(line)["object"]["metadata"]
    return json.loads(line)["type"], metadata["uid"], metadata["resourceVersion"]


def test_the_rollout_comes_up_whole() -> None:
    engine = Engine(cluster="benchmark", audited=False)
    lines = rollout(20)
    for change in explain.changes(explain.wire(lines).reads):
        engine.apply(change)
    judged = [u.trace for u in engine.tick(lines[-1].at + 1) if isinstance(u, TraceUpsert)]
    assert any("20 of 20 Pods available after" in trace.summary for trace in judged)


@pytest.mark.parametrize("name", memory.WAYS)
def test_every_way_keeps_every_pod(name: str) -> None:
    lines = list(pods_at_rest(30))
    assert len({json.loads(line)["object"]["metadata"]["uid"] for line in lines}) == 30
    assert memory.bytes_held(memory.WAYS[name], iter(lines)) > 30 * 300


def test_more_events_than_were_recorded_is_an_error() -> None:
    with pytest.raises(ValueError, match="no recorded Pod has 1000 events"):
        pod_watch(1, 1000)


def test_the_tasks_of_a_page_are_those_of_the_thread_that_draws_frames() -> None:
    def told(name: str, thread: int, worked: int, took: int) -> dict[str, object]:
        return {"name": name, "pid": 7, "tid": thread, "ph": "X", "tdur": worked, "dur": took}

    trace = [
        told("ThreadControllerImpl::RunTask", 1, 37_000, 62_000),
        told("FireAnimationFrame", 1, 5_000, 6_000),
        told("ThreadControllerImpl::RunTask", 2, 90_000, 90_000),
        {"name": "ThreadControllerImpl::RunTask", "pid": 7, "tid": 1, "ph": "B"},
    ]
    assert main_tasks(json.dumps({"traceEvents": trace}).encode()) == [Task(37.0, 62.0)]
    with pytest.raises(RuntimeError, match="Nothing was drawn"):
        main_tasks(b'{"traceEvents": []}')


def test_each_write_of_the_joining_has_its_request() -> None:
    found = audit.joined(audit.cluster(600, 10.0))
    assert found.writes > 500
    assert found.found > 0.99 * found.writes


def test_what_storing_costs_is_told_of_both_streams_and_by_table() -> None:
    sizes = ("--rounds=1", "--pods=20", "--events=160", "--copies=1")
    command = [sys.executable, "-m", "benchmarks.store", *sizes]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    pods, tapes = told.strip().split("\n\n")
    for stream in (pods, tapes):
        assert re.search(r"CPU +[1-9][\d.,]* µs/event", stream)
        assert float(re.findall(r"([\d.]+) eventstream_steprow", stream)[0]) > 0
    assert "160 events made 160 steps" in pods
