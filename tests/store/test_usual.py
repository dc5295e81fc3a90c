"""How long waits took outlives a restart, with the steps that it was learned from."""

from typing import cast

import pytest

from eventstream import history
from eventstream.explain.engine.engine import Engine
from eventstream.explain.outlook.waits import ENOUGH
from eventstream.explain.vocabulary.records import ObjectRef, WaitsSeen, WaitsUpsert
from eventstream.history import waits as waits_module
from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.identity import ClusterIdentity
from eventstream.models import StepRow, WaitsRow
from eventstream.objects.decoding import Decoder
from eventstream.observer import Observer
from eventstream.recorder import load_saved
from tests.explain.tapes import observations
from tests.store.conftest import both
from tests.store.samples import KEY, put_step, put_trace, store

pytestmark = both

LEASE = ObjectRef("coordination.k8s.io/v1", "Lease", "kube-node-lease", "node-1", "uid-l")
BINDS = WaitsSeen("scheduler/bind", 300, (0.1,) * 150 + (0.4,) * 50, 100.0)


def test_what_is_usual_is_told_by_kind() -> None:
    store(WaitsUpsert(BINDS), WaitsUpsert(WaitsSeen("kubelet/start", 1, (2.5,), 90.0)))
    start, bind = history.usual()
    assert (start.actor, start.words, start.seen) == ("kubelet", "starts a Pod", 1)
    assert (start.median, start.p95, start.limit, start.stated) == (2.5, 2.5, 120.0, True)
    assert (bind.seen, bind.median, bind.p95, bind.stated) == (300, 0.1, 0.4, False)


def test_a_kind_that_was_let_go_of_leaves_no_row() -> None:
    store(WaitsUpsert(BINDS))
    store(WaitsUpsert(WaitsSeen(BINDS.key, 0, ())))
    assert not WaitsRow.objects.exists()
    assert history.usual() == ()


def test_waits_move_no_page() -> None:
    head = store(put_trace())
    assert store(WaitsUpsert(BINDS)) == head


def test_a_restart_knows_what_was_usual() -> None:
    engine = Engine("cluster")
    shown = observations("rolling_update")
    for observation in shown:
        store(*engine.apply(observation), seen=observation)
    store(*engine.tick(shown[-1].at))
    store(*engine.tick(shown[-1].at + 1000))
    before = history.usual()
    assert {usual.key: usual.seen for usual in before}["replicaset-controller/report-status"] > (
        ENOUGH
    )
    saved = load_saved(Decoder(KEY))
    again = Engine("cluster")
    images = (
        (resource.position.resource, image)
        for resource in saved.resources.values()
        for image in resource.images
    )
    again.restore(images, [step.memo for step in saved.steps], [], 0.0, waits=saved.waits)
    store(*again.tick(shown[-1].at + 2000))
    assert history.usual() == before
    assert tuple(again._traces.usual.of(usual.key) for usual in before) == before


def test_an_observer_takes_up_what_was_usual() -> None:
    store(WaitsUpsert(BINDS))
    identity = ClusterIdentity("cluster-1", "practice", "http://127.0.0.1:8001", "v1.36.2")
    observer = Observer(cast("Connection", None), identity)
    observer._restore()
    assert observer._engine._traces.usual.of(BINDS.key) == history.usual()[0]


def written(actor: str, *times: float) -> None:
    first = StepRow.objects.count()
    store(*(put_step(f"s{first + n}", actor=actor, at=at) for n, at in enumerate(times)))


def test_a_rate_counts_the_writes_of_the_last_minutes() -> None:
    written("scheduler", 10.0, 700.0, 800.0, 990.0)
    written("kubelet", *(999.0,) * 10)
    store(put_step("lease", actor="kubelet", at=999.0, object=LEASE))
    kubelet, scheduler = history.rates(1000.0)
    assert (kubelet.actor, kubelet.writes, kubelet.per_minute) == ("kubelet", 10, 2.0)
    assert (scheduler.actor, scheduler.writes, scheduler.per_minute) == ("scheduler", 3, 0.6)
    assert [rate.actor for rate in history.rates(1000.0, window=5.0)] == ["kubelet"]


def test_a_rate_covers_what_the_newest_steps_cover(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waits_module, "RATED", 4)
    written("scheduler", 700.0, 900.0, 970.0, 980.0, 990.0, 1000.0)
    [rate] = history.rates(1000.0)
    assert (rate.writes, rate.per_minute) == (4, 8.0)
