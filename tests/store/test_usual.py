"""How long waits took outlives a restart, with the steps that it was learned from."""

from eventstream import history
from eventstream.explain.engine import Engine
from eventstream.explain.records import WaitsSeen, WaitsUpsert
from eventstream.explain.waits import ENOUGH
from eventstream.models import WaitsRow
from eventstream.objects.decoding import Decoder
from eventstream.recorder import load_saved
from tests.explain.tapes import observations
from tests.store.samples import KEY, put_trace, store

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
