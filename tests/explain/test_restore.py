"""A restart goes on where it stopped: same ids, nothing doubled, nothing told otherwise."""

from collections.abc import Sequence

import pytest

from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import StepUpsert, TraceUpsert, Upsert
from eventstream.objects.decoding import Decoder, encode
from eventstream.objects.images import Image
from eventstream.objects.inventory import Inventory
from eventstream.objects.observations import Change, Observation
from eventstream.objects.resource import Resource
from tests.explain.tapes import LONG_AFTER, Result, fold, observations


class Stopped:
    """What a recorder would have kept of an engine that ran until now."""

    def __init__(self) -> None:
        self.result = Result()
        self.memos: dict[str, bytes] = {}
        self.known: dict[str, Inventory] = {}

    def note(self, upserts: list[Upsert]) -> None:
        self.result.take(upserts)
        for upsert in upserts:
            if isinstance(upsert, StepUpsert) and upsert.memo:
                self.memos[upsert.step.id] = upsert.memo

    def take(self, observation: Observation, upserts: list[Upsert]) -> None:
        self.note(upserts)
        if isinstance(observation, Change):
            key = observation.resource.key
            self.known.setdefault(key, Inventory(observation.resource)).apply(
                observation.type, observation.after, observation.at
            )

    def images(self) -> list[tuple[Resource, Image]]:
        """As they come back from the store: encoded and decoded again."""
        decoder = Decoder(b"tests")
        return [
            (known.resource, decoder.image(known.resource, encode(image)))
            for known in self.known.values()
            for image in known
        ]

    def engine(self, at: float) -> Engine:
        """One that goes on where the other stopped."""
        engine = Engine("cluster")
        traces = [t for t in self.result.traces.values() if not t.settled]
        waits = self.result.waits.values()
        engine.restore(self.images(), self.memos.values(), traces, at, waits=waits)
        return engine


def run_with_restarts(shown: Sequence[Observation], stops: set[int]) -> Result:
    engine, stopped = Engine("cluster"), Stopped()
    for number, observation in enumerate(shown):
        if number in stops:
            stopped.note(engine.tick(observation.at))
            engine = stopped.engine(observation.at)
        stopped.take(observation, engine.apply(observation))
    stopped.result.take(engine.tick(max(o.at for o in shown) + LONG_AFTER))
    return stopped.result


@pytest.mark.parametrize("name", ["create", "scale", "rolling_update", "operator", "bad_image"])
@pytest.mark.parametrize("every", [7, 23])
def test_restarts_change_neither_steps_nor_traces(name: str, every: int) -> None:
    shown = observations(name)
    stops = set(range(25, len(shown), every))
    found, expected = run_with_restarts(shown, stops), fold(shown)
    beats = {key for key, step in expected.steps.items() if step.verb == "renew"}
    assert found.steps.keys() - beats == expected.steps.keys() - beats
    for key in expected.steps.keys() - beats:
        assert found.steps[key] == expected.steps[key]
    kept = {k: t for k, t in found.traces.items() if not t.background}
    assert kept == {k: t for k, t in expected.traces.items() if not t.background}


def test_a_workload_that_was_not_judged_before_the_end_gets_its_trace_after_it() -> None:
    shown = observations("scale")
    cut = next(number for number, o in enumerate(shown) if number > 30 and o.resource.kind == "Pod")
    engine, stopped = Engine("cluster"), Stopped()
    for observation in shown[:cut]:
        stopped.take(observation, engine.apply(observation))
    engine = Engine("cluster")
    engine.restore(stopped.images(), [], [], shown[cut].at)
    upserts = engine.tick(shown[cut].at + LONG_AFTER)
    assert [
        u.trace.root.kind for u in upserts if isinstance(u, TraceUpsert) and u.trace.existing
    ] == ["Deployment"]


def test_a_trace_that_ends_by_a_cause_which_came_after_the_restart_is_told_no_more() -> None:
    shown = observations("rolling_update")
    late = [
        each
        for each in shown
        if isinstance(each, Change) and each.type != "EXISTING" and each.after.kind != "Pod"
    ]
    engine, stopped = Engine("cluster"), Stopped()
    for observation in shown:
        if observation not in late:
            stopped.take(observation, engine.apply(observation))
    stopped.note(engine.tick(shown[-1].at))
    began = {key for key, trace in stopped.result.traces.items() if not trace.existing}
    engine = stopped.engine(shown[-1].at)
    for observation in late:
        stopped.take(observation, engine.apply(observation))
    stopped.note(engine.tick(shown[-1].at + LONG_AFTER))
    expected = fold(shown).traces
    assert began - expected.keys()
    assert {key for key, trace in stopped.result.traces.items() if not trace.existing} == {
        key for key, trace in expected.items() if not trace.existing
    }
