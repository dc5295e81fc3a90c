"""Steps are put into words only where somebody asks: when that is must not matter."""

import pytest

from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import Step, StepUpsert
from eventstream.explain.world.text import told_changes
from eventstream.objects.changes import FieldChange
from tests.explain.tapes import NAMES, observations, streams

MUCH_LATER = 10_000.0


@pytest.mark.parametrize("name", NAMES)
def test_a_step_says_the_same_once_all_is_settled_and_forgotten(name: str) -> None:
    engine = Engine("cluster")
    shown = observations(name)
    made: list[tuple[StepUpsert, Step]] = []
    for observation in shown:
        for upsert in engine.apply(observation):
            assert isinstance(upsert, StepUpsert)
            made.append((upsert, upsert.step))
    engine.tick(shown[-1].at)
    engine.tick(shown[-1].at + MUCH_LATER)
    assert made
    for upsert, step in made:
        assert step.what
        assert step.why
        assert upsert.step == step


def test_an_event_that_comes_late_makes_the_step_that_it_tells_of_anew() -> None:
    engine, watches = Engine("cluster"), streams("create")
    told = watches.pop("v1/events")
    for watch in watches.values():
        for observation in watch:
            engine.apply(observation)
    again = [u for late in told for u in engine.apply(late) if isinstance(u, StepUpsert)]
    rules = {upsert.step.rule for upsert in again}
    assert {"bound", "made-for-owner", "kubelet-running"} <= rules
    for upsert in again:
        assert any(piece.source == "event" for piece in upsert.step.evidence)


CONDITIONS = [
    (None, '{"type":"Ready","status":"False","reason":"Lost","message":"a…', "is False (Lost)"),
    (None, '{"type":"Ready","status":"True"}', "is True"),
    ('{"type":"Ready","status":"True"}', None, "removed"),
]


@pytest.mark.parametrize(("before", "after", "said"), CONDITIONS)
def test_a_condition_is_told_in_words(before: str | None, after: str | None, said: str) -> None:
    change = FieldChange("status.conditions[Ready]", before, after)
    assert told_changes((change,)) == f"condition Ready {said}"
