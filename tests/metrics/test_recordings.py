"""On recordings of a real cluster the counts are those of the traces that everybody is shown."""

from collections import Counter

import pytest

from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import Trace
from eventstream.metrics import Counting, Place
from eventstream.objects.observations import Change
from tests.explain.tapes import NAMES, Result, observations
from tests.explain.test_restore import Stopped

SECOND = 1.0
QUIET = 300.0


def shown(traces: dict[str, Trace]) -> list[Trace]:
    return [trace for trace in traces.values() if not trace.background and not trace.settled]


def place(trace: Trace) -> Place:
    return Place(trace.root.type, trace.root.namespace or "")


@pytest.mark.parametrize("tape", NAMES)
def test_they_are_the_traces_that_history_has_whenever_one_looks(tape: str) -> None:
    engine, counting, result = Engine("cluster"), Counting(), Result()
    stalled = 0

    def look(now: float) -> None:
        upserts = engine.tick(now, whole=True)
        counting.take(None, upserts)
        result.take(upserts)
        left = shown(result.traces)
        assert counting.traces.open() == Counter((place(each), each.state) for each in left)
        still = Counter(each.diagnosis or "none" for each in left if each.state == "stalled")
        told: Counter[str] = Counter()
        for stall, count in counting.traces.stalls().items():
            told[stall.diagnosis] += count
        assert told == still

    every = observations(tape)
    due = every[0].at + SECOND
    for observation in every:
        while observation.at >= due:
            look(due)
            stalled += sum(counting.traces.stalls().values())
            due += SECOND
        upserts = engine.apply(observation)
        counting.take(observation, upserts)
        result.take(upserts)
    for later in range(0, round(QUIET), 10):
        look(due + later)
    ended = [
        each
        for each in result.traces.values()
        if each.settled and not each.existing | each.background
    ]
    settled = counting.traces.settled()
    assert sum(sum(each.states.values()) for each in settled.values()) == len(ended)
    took = [each.ended - each.started for each in ended if each.state == "complete" and each.ended]
    told = [each.durations.so_far() for each in settled.values()]
    assert sum(each.count for each in told) == len(took)
    assert sum(each.total for each in told) == pytest.approx(sum(took))
    assert sum(counting.changes.values()) == sum(isinstance(each, Change) for each in every)
    assert stalled or tape not in {"bad_image", "crash_loop", "quota", "unschedulable"}


@pytest.mark.parametrize("tape", ["bad_image", "crash_loop", "unschedulable", "rolling_update"])
def test_after_a_restart_what_is_open_is_counted_again(tape: str) -> None:
    every = observations(tape)
    compared = 0
    for cut in range(30, len(every), 20):
        engine, stopped = Engine("cluster"), Stopped()
        for observation in every[:cut]:
            stopped.take(observation, engine.apply(observation))
        stopped.note(engine.tick(every[cut].at, whole=True))
        before = Counter((place(each), each.state) for each in shown(stopped.result.traces))
        engine, counting = Engine("cluster"), Counting()
        left = [trace for trace in stopped.result.traces.values() if not trace.settled]
        engine.restore(stopped.images(), stopped.memos.values(), left, every[cut].at)
        counting.take(None, engine.tick(every[cut].at, whole=True))
        assert counting.traces.open() == before
        compared += sum(before.values())
    assert compared
