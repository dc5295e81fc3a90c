"""A restart after a while: nobody was silent, and nothing is over, for what Baton did not see."""

from typing import cast

import msgspec

from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import Trace, TraceUpsert
from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.identity import ClusterIdentity
from eventstream.objects.observations import Change, Coverage
from eventstream.observer import Observer
from tests.explain.tapes import observations
from tests.store.conftest import both
from tests.store.samples import store

AWAY = 600.0


def restarted(name: str, writes: int) -> tuple[Engine, dict[str, Coverage], float]:
    """The engine of an observer begun anew after so many writes, and the end of the first run.

    And how each resource is watched again.
    """
    engine, at, seen = Engine("cluster"), 0.0, 0
    for each in observations(name):
        if isinstance(each, Change) and each.type != "EXISTING":
            seen += 1
        if seen > writes:
            break
        at = each.at
        store(*engine.apply(each), seen=each)
        store(*engine.tick(at))
    identity = ClusterIdentity("cluster-1", "practice", "http://127.0.0.1:8001", "v1.36.2")
    observer = Observer(cast("Connection", None), identity)
    saved = observer._restore()
    again = {
        key: Coverage(kept.position.resource, "watching", at + AWAY)
        for key, kept in saved.resources.items()
    }
    return observer._engine, again, at


def told(engine: Engine, at: float) -> dict[str, Trace]:
    """The Deployments' traces that are told anew by this tick."""
    found = [each.trace for each in engine.tick(at, whole=True) if isinstance(each, TraceUpsert)]
    return {trace.root.name: trace for trace in found if trace.root.kind == "Deployment"}


@both
def test_who_was_to_act_as_baton_ended_is_not_silent_before_it_is_seen_again() -> None:
    engine, again, until = restarted("create", writes=10)
    assert {each.state for each in told(engine, until + AWAY).values()} == {"running"}
    for coverage in again.values():
        engine.apply(coverage)
    for seconds in (0.2, 3.0):
        assert "stalled" not in {t.state for t in told(engine, until + AWAY + seconds).values()}
    for seconds in range(10, 310, 10):
        at = until + AWAY + seconds
        for coverage in again.values():
            engine.apply(msgspec.structs.replace(coverage, at=at, last_contact=at))
    late = told(engine, until + AWAY + 301)["nginx"]
    assert (late.state, late.diagnosis) == ("stalled", "controller-silent")


@both
def test_what_was_done_before_it_ended_is_not_over_before_all_of_it_is_seen() -> None:
    engine, again, until = restarted("create", writes=60)
    opened = engine.open_traces
    assert opened
    told(engine, until + AWAY)
    assert engine.open_traces == opened
    for coverage in again.values():
        engine.apply(coverage)
    told(engine, until + AWAY + 1.0)
    assert engine.open_traces == opened
    told(engine, until + AWAY + 10.0)
    assert engine.open_traces < opened
