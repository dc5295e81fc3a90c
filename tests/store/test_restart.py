"""A restart goes on from what was committed: nothing doubled, nothing silently missing."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import cast

import msgspec
import pytest

from eventstream import history
from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import StepUpsert, Upsert
from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.identity import ClusterIdentity
from eventstream.models import CoverageRow, ImageRow, PositionRow, StepRow, TraceRow
from eventstream.objects.decoding import Decoder
from eventstream.objects.observations import Change, Coverage, Position, Removed
from eventstream.objects.resource import Resource
from eventstream.observer import Observer
from eventstream.recorder import (
    OtherCluster,
    UnreadableStoreError,
    check_cluster,
    load_saved,
)
from eventstream.recorder.batch import Batch
from eventstream.recorder.commit import commit
from eventstream.recorder.status import Status, save_status
from tests.explain.tapes import observations
from tests.store.conftest import NAME, both
from tests.store.samples import (
    DEPLOYMENTS,
    KEY,
    PODS,
    change,
    position,
    put_step,
    put_trace,
    store,
)

pytestmark = both

POD = b"""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"nginx-1","namespace":"shop",
"uid":"u1","resourceVersion":"41","labels":{"app":"nginx"},"managedFields":[{"manager":"kubelet","operation":
"Update","time":"2026-11-23T00:07:01Z","fieldsV1":{"f:status":{"f:phase":{}}}}]},
"spec":{"nodeName":"node-1","containers":[{"name":"web","image":"nginx","command":["secret"]}]},
"status":{"phase":"Running","podIP":"10.0.0.7"}}"""


def test_a_new_database_has_nothing_to_go_on_from() -> None:
    saved = load_saved(Decoder(KEY))
    assert (saved.resources, saved.steps, saved.traces) == ({}, (), ())


def test_positions_images_and_open_traces_come_back_as_they_were() -> None:
    decoder = Decoder(KEY)
    pod = decoder.image(PODS, POD)
    running, done = put_trace("running"), put_trace("done", settled=True)
    step = put_step("s1", "running", memo=b"\x00\xff")
    store(running, step, put_step("s2", "done"), done, seen=Change(PODS, "EXISTING", pod, 1.0))
    store(seen=Position(PODS, "42", 100.0, listed=True, objects=1))

    saved = load_saved(decoder)

    assert saved.resources[PODS.key].position.resource_version == "42"
    assert saved.resources[PODS.key].position.resource == PODS
    assert saved.resources[PODS.key].images == (pod,)
    assert saved.traces == (running,)
    assert saved.steps == (step,)


def test_a_first_list_that_was_cut_off_is_listed_again_as_if_new() -> None:
    store(seen=change("EXISTING"))
    assert load_saved(Decoder(KEY)).resources == {}
    assert not ImageRow.objects.exists()


def test_a_relist_that_was_cut_off_is_compared_again() -> None:
    store(seen=change("EXISTING", "a"))
    store(seen=position("10"))
    store(seen=change("ADDED", "b", "20", relisted=True))
    saved = load_saved(Decoder(KEY)).resources[PODS.key]
    assert saved.position.resource_version == ""
    assert sorted(image.uid for image in saved.images) == ["a", "b"]


LATER = Resource("", "v2", "pods", "Pod")
"""What may not be so of Pods is of many custom types."""


def test_a_type_that_moved_to_a_version_not_listed_yet_is_compared_with_what_was_known() -> None:
    store(seen=change("EXISTING"))
    store(seen=position("10"))
    store(seen=Coverage(PODS, "watching", 100.0))
    store(seen=Removed(PODS, 200.0, "It is read in version v2 from now on.", LATER))
    assert not CoverageRow.objects.exists()
    saved = load_saved(Decoder(KEY)).resources
    assert saved.keys() == {LATER.key}
    assert saved[LATER.key].position == Position(LATER, "", 100.0)
    assert [image.uid for image in saved[LATER.key].images] == ["uid-1"]


def test_what_moves_twice_or_moves_and_goes_in_one_commit_is_as_it_was_last() -> None:
    last = Resource("", "v3", "pods", "Pod")
    batch = Batch()
    for each in (
        change("EXISTING", "a"),
        position("10"),
        Removed(PODS, 200.0, "", LATER),
        Removed(LATER, 201.0, "", last),
    ):
        batch.add(each, ())
    commit(batch, 100.0)
    saved = load_saved(Decoder(KEY)).resources
    assert saved.keys() == {last.key}
    assert saved[last.key].position == Position(last, "", 100.0)
    assert [image.uid for image in saved[last.key].images] == ["a"]
    batch = Batch()
    batch.add(Removed(last, 202.0, "", PODS), ())
    batch.add(Removed(PODS, 203.0, ""), ())
    commit(batch, 100.0)
    assert load_saved(Decoder(KEY)).resources == {}
    assert not ImageRow.objects.exists()


def test_a_version_whose_first_list_was_cut_off_leaves_nothing_to_compare_with() -> None:
    store(seen=change("EXISTING"))
    store(seen=Removed(PODS, 200.0, "", LATER))
    assert load_saved(Decoder(KEY)).resources == {}


def test_coverage_of_the_earlier_run_is_past() -> None:
    store(seen=Coverage(DEPLOYMENTS, "watching", 100.0))
    load_saved(Decoder(KEY))
    assert not CoverageRow.objects.exists()


SERVER = "http://127.0.0.1:8001"
MADE_UP, MADE_UP_LATER = "1f" * 32, "2e" * 32


def cluster(uid: str, server: str = SERVER) -> Status:
    return Status(uid, "practice", server, "v1", 1.0)


def test_a_database_keeps_to_its_cluster() -> None:
    assert check_cluster(cluster("cluster-1")) == "cluster-1"
    save_status(cluster("cluster-1"))
    assert check_cluster(cluster("cluster-1", "http://127.0.0.1:8002")) == "cluster-1"
    with pytest.raises(OtherCluster, match="BATON_DATA") as refused:
        check_cluster(cluster("cluster-2"))
    assert "practice" in refused.value.message
    assert refused.value.cause
    assert refused.value.action


@pytest.mark.parametrize("scope", ["", "/namespaces/shop"])
@pytest.mark.parametrize(
    ("known", "now"),
    [(MADE_UP, "cluster-1"), ("cluster-1", MADE_UP), (MADE_UP, MADE_UP_LATER)],
    ids=["rights came", "rights went", "the CA was replaced"],
)
def test_a_uid_that_could_not_be_read_makes_no_other_cluster_of_one_at_the_same_address(
    known: str, now: str, scope: str
) -> None:
    save_status(cluster(known + scope))
    assert check_cluster(cluster(now + scope)) == known + scope
    with pytest.raises(OtherCluster):
        check_cluster(cluster(now + scope, "http://127.0.0.1:8002"))
    with pytest.raises(OtherCluster):
        check_cluster(cluster(f"{now}/namespaces/bank"))


def test_who_may_read_the_uid_now_goes_on_under_the_one_that_was_made_up() -> None:
    shown = next(each for each in observations("create") if isinstance(each, Change))
    save_status(cluster(f"{MADE_UP}/namespaces/shop"))
    identity = ClusterIdentity("cluster-1", "practice", SERVER, "v1.36.2")
    observer = Observer(cast("Connection", None), identity, namespace="shop")
    observer._restore()
    made = msgspec.structs.replace(shown, type="ADDED")
    assert observer._told_of.uid == f"{MADE_UP}/namespaces/shop"
    told, before = observer._engine.apply(made), Engine(MADE_UP).apply(made)
    ids = [[each.id for each in some if isinstance(each, StepUpsert)] for some in (told, before)]
    assert ids[0] == ids[1] != []


def test_what_cannot_be_read_back_says_what_to_do() -> None:
    store(put_trace())
    TraceRow.objects.update(body=b'{"id": 7}')
    with pytest.raises(UnreadableStoreError, match="BATON_DATA"):
        load_saved(Decoder(KEY))


WRITER = """
import django
django.setup()
from django.db import connections
import sys
connections.settings["default"]["NAME"] = sys.argv[1] or connections.settings["default"]["NAME"]
from eventstream.recorder.batch import Batch
from eventstream.recorder.commit import commit
from tests.store.samples import change, put_step
for at in range(1, 100_000):
    batch = Batch()
    for part in "abc":
        batch.add(change(uid=part, version=str(at)), [put_step(f"{at}{part}", version=str(at))])
    commit(batch, 100.0)
    print(at, flush=True)
"""


def test_a_killed_writer_leaves_steps_images_and_position_together(
    engine: str, database: Path, request: pytest.FixtureRequest
) -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
    if engine == "postgresql":
        environment["DATABASE_URL"] = request.getfixturevalue("postgres").url(NAME)
    command = [sys.executable, "-c", WRITER, str(database) if engine == "sqlite" else ""]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            if int(line) == 40:
                break
        writer.send_signal(signal.SIGKILL)

    resumed = msgspec.json.decode(PositionRow.objects.get().body, type=Position)
    reached = int(resumed.resource_version)
    assert reached >= 40
    assert StepRow.objects.count() == 3 * reached == history.head()
    saved = load_saved(Decoder(KEY))
    assert {image.version for image in saved.resources[PODS.key].images} == {str(reached)}


def test_reading_the_same_again_after_a_restart_doubles_nothing() -> None:
    every: list[Upsert] = [put_trace(), put_step("s1"), put_step("s2", version="11")]
    head = store(*every, seen=change(version="11"))
    saved = load_saved(Decoder(KEY))
    assert store(*saved.traces, *saved.steps, *every, seen=change(version="11")) == head
    assert (StepRow.objects.count(), TraceRow.objects.count()) == (2, 1)
