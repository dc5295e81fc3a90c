"""What goes well raises no alarm at any moment, ends complete, and is told as who did it."""

import math

import pytest

from eventstream.explain.engine.engine import Engine
from tests.explain.flow import connected
from tests.explain.operated import Operated
from tests.explain.tapes import Result
from tests.explain.thriving import WELL

EACH = 20.0


@pytest.mark.parametrize("name", WELL)
def test_nothing_is_late_or_wrong_on_the_way(name: str) -> None:
    flow = Operated()
    WELL[name](flow)
    engine, result = Engine("cluster"), Result()
    at = flow.shown[0].at
    for shown in flow.shown:
        for tick in range(1, math.ceil((shown.at - at) / EACH) + 1):
            result.take(engine.tick(min(at + tick * EACH, shown.at)))
            alarms = [t for t in result.traces.values() if t.state == "stalled"]
            assert [t.summary for t in alarms if t.diagnosis != "paused"] == []
        at = shown.at
        result.take(engine.apply(shown))
    result.take(engine.tick(at + EACH))
    assert {trace.state for trace in result.traces.values()} == {"complete"}


@pytest.mark.parametrize("name", WELL)
def test_each_write_on_the_way_has_its_writer_and_its_cause(name: str) -> None:
    flow = Operated()
    root = WELL[name](flow)
    wrong, unknown, missing = flow.judged(flow.shown)
    assert ([step.what for step in wrong], [step.what for step in unknown], missing) == ([], [], 0)
    told = flow.told()
    assert connected(told) == []
    own = [t for t in told.traces.values() if t.root.uid == root["metadata"]["uid"]]
    assert len(own) == 1
