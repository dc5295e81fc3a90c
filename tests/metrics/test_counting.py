"""What is observed, and how traces stand, is counted once, within bounds, and by a name or none."""

from typing import Any

import pytest

from eventstream import metrics
from eventstream.explain.vocabulary.records import ObjectRef, StepRemoved, StepUpsert, TraceUpsert
from eventstream.metrics import OTHER, Buckets, Counting, Place, Stall, Tally, TraceCounts
from eventstream.metrics import places as places_module
from eventstream.metrics import traces as traces_module
from eventstream.metrics.places import IDLE_SECONDS, NOWHERE, PLACES_MOST, TYPES_MOST, Places
from eventstream.objects.observations import Coverage, Gap, Removed
from tests.dashboard import scenes
from tests.store.samples import change

WEB = Place("Deployment.apps", "web")


def stood(id_: str, state: str, namespace: str = "web", **more: Any) -> Any:
    root = ObjectRef("apps/v1", "Deployment", namespace, id_, f"uid-{id_}")
    return scenes.trace(id_, root, 100.0, state=state, **more)


@pytest.fixture
def counts() -> TraceCounts:
    return TraceCounts()


def test_an_open_trace_is_counted_where_and_how_it_stands(counts: TraceCounts) -> None:
    counts.take(stood("a", "running"))
    counts.take(stood("a", "running"))
    counts.take(stood("b", "running"))
    assert counts.open() == {(WEB, "running"): 2}
    counts.take(stood("a", "stalled", diagnosis="quota-exceeded", sources=("Pod@web", "Node@")))
    assert counts.open() == {(WEB, "running"): 1, (WEB, "stalled"): 1}
    assert counts.stalls() == {Stall(WEB, "quota-exceeded", frozenset({"Pod", "Node"})): 1}
    counts.take(stood("a", "complete", ended=130.0))
    assert counts.open() == {(WEB, "running"): 1, (WEB, "complete"): 1}
    assert counts.stalls() == {}
    assert counts.settled() == {}


def test_a_settled_trace_is_counted_once_with_how_long_it_took(counts: TraceCounts) -> None:
    counts.take(stood("a", "complete", ended=130.0))
    for _ in range(2):  # An audit record may tell more of it, late.
        counts.take(stood("a", "complete", ended=130.0, settled=True))
    assert counts.open() == {}
    (settled,) = counts.settled().values()
    assert settled.states == {"complete": 1}
    durations = settled.durations.so_far()
    assert (durations.count, durations.total) == (1, 30.0)
    assert dict(durations.upto)[30.0] == 1
    assert dict(durations.upto)[10.0] == 0


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"state": "superseded"}, {"superseded": 1}),
        ({"state": "complete", "ended": 130.0, "existing": True}, {}),
        ({"state": "complete", "ended": 130.0, "background": True}, {}),
    ],
    ids=["one that was overtaken", "one without a seen cause", "one that nobody follows"],
)
def test_durations_are_of_changes_that_were_seen_from_cause_to_completion(
    more: dict[str, Any], expected: dict[str, int], counts: TraceCounts
) -> None:
    counts.take(stood("a", **more))
    counts.take(stood("a", settled=True, **more))
    settled = counts.settled().get(WEB)
    assert (dict(settled.states) if settled else {}) == expected
    assert settled is None or settled.durations.so_far().count == 0
    assert counts.open() == {}


def test_a_trace_that_is_no_more_is_not_counted(counts: TraceCounts) -> None:
    counts.take(stood("a", "stalled", diagnosis="crash-loop"))
    counts.remove("a")
    counts.remove("never there")
    assert (counts.open(), counts.stalls()) == ({}, {})


def test_what_a_diagnosis_draws_on_is_unknown_where_nobody_kept_it(counts: TraceCounts) -> None:
    counts.take(stood("a", "stalled", diagnosis="crash-loop", sources=None))
    ((stall, _),) = counts.stalls().items()
    assert stall.types == frozenset({"?"})


def test_so_many_namespaces_have_a_name_and_the_others_share_one() -> None:
    places = Places()
    for number in range(PLACES_MOST):
        assert places.find("Pod", f"ns-{number}", 0.0) == Place("Pod", f"ns-{number}")
    found = {places.find(f"Kind{number}.example.org", "more", 1.0) for number in range(500)}
    assert len(places) == PLACES_MOST
    assert len(found) == TYPES_MOST + 1
    assert NOWHERE in found
    assert all(place.namespace == OTHER for place in found)
    assert places.find("Pod", "ns-7", 1.0) == Place("Pod", "ns-7")


def test_a_name_goes_to_another_when_its_own_was_idle_for_long() -> None:
    now = [0.0]
    counts = TraceCounts(lambda: now[0])
    for number in range(PLACES_MOST):
        id_ = f"t{number}"
        counts.take(stood(id_, "running", f"ns-{number}"))
        if number:  # The first one's stays open.
            counts.take(stood(id_, "complete", f"ns-{number}", ended=101.0, settled=True))
    counts.take(stood("early", "running", "late-comer"))
    assert (Place("Deployment.apps", OTHER), "running") in counts.open()
    now[0] = IDLE_SECONDS + traces_module.LOOK_SECONDS + 1
    counts.take(stood("late", "running", "late-comer-2"))
    assert (Place("Deployment.apps", "late-comer-2"), "running") in counts.open()
    assert (Place("Deployment.apps", "ns-0"), "running") in counts.open()
    assert counts.settled() == {}


def test_no_more_open_traces_and_stalls_are_told_apart_than_said(
    monkeypatch: pytest.MonkeyPatch, counts: TraceCounts
) -> None:
    monkeypatch.setattr(traces_module, "OPEN_MOST", 5)
    monkeypatch.setattr(traces_module, "STALLS_MOST", 2)
    for number in range(8):
        counts.take(stood(f"t{number}", "stalled", f"ns-{number}", diagnosis="crash-loop"))
    assert sum(counts.open().values()) == 5
    assert counts.left_out == 3
    assert counts.stalls()[Stall(NOWHERE, "crash-loop", frozenset())] == 3
    for number in range(8):
        counts.remove(f"t{number}")
    assert (counts.open(), counts.stalls()) == ({}, {})


def test_each_observation_counts_once_by_what_it_is() -> None:
    counting = Counting()
    counting.take(change("ADDED", size=700), [])
    counting.take(change("MODIFIED", size=800), [StepUpsert(each) for each in scenes.nginx(1.0)[1]])
    counting.take(Gap(scenes.PODS, "1", "9", 1.0, 2.0, "away"))
    counting.take(None, [TraceUpsert(stood("a", "running"))])
    counting.take(None, [StepRemoved("a", "step"), StepRemoved("a", "trace")])
    assert (counting.changes["ADDED"], counting.changes["MODIFIED"]) == (1, 1)
    assert (counting.received, counting.gaps) == (1500, 1)
    assert counting.steps == len(scenes.nginx(1.0)[1])
    assert counting.traces.open() == {}


def test_relists_and_errors_only_rise_whatever_becomes_of_a_watch() -> None:
    counting = Counting()

    def told(relists: int, errors: int, resource: Any = scenes.PODS) -> None:
        counting.take(Coverage(resource, "watching", 1.0, relists=relists, errors=errors))

    told(1, 2)
    told(1, 2)
    told(3, 2)
    told(1, 1, scenes.DEPLOYMENTS)
    assert (counting.relists, counting.errors) == (4, 3)
    counting.take(Removed(scenes.PODS, 2.0, "gone"))
    told(1, 0)  # It was defined anew, and counts from nothing.
    assert (counting.relists, counting.errors) == (5, 3)


class _Queue:
    commits = metrics.Commits()
    pending = limit = 0


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    from eventstream.metrics import observed

    monkeypatch.setattr(observed, "_places", [])


def test_another_observer_goes_on_counting_but_not_what_was_open(nobody: None) -> None:
    assert metrics.running() is None
    first = metrics.observing(_Queue())
    first.take(change("ADDED"), [TraceUpsert(stood("a", "running"))])
    second = metrics.observing(_Queue())
    assert second.changes["ADDED"] == 1
    assert second.traces.open() == {}


def test_a_distribution_counts_all_below_each_bound() -> None:
    buckets = Buckets((1.0, 5.0))
    for seconds in (0.0, 1.0, 1.1, 5.0, 70.0):
        buckets.take(seconds)
    told = buckets.so_far()
    assert told.upto == ((1.0, 2), (5.0, 4), (float("inf"), 5))
    assert told.count == 5
    assert told.total == pytest.approx(77.1)


def test_a_tally_knows_its_names_only() -> None:
    tally = Tally("page", "socket")
    tally.count("page")
    assert tally.so_far() == {"page": 1, "socket": 0}
    with pytest.raises(KeyError):
        tally.count("door")


def test_bounds_are_where_the_table_of_bounds_looks() -> None:
    assert (places_module.PLACES_MOST, places_module.TYPES_MOST) == (400, 40)
