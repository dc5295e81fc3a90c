"""The engine holds so much and no more, says how much it let go of, and tells all the same."""

import pytest

from eventstream.explain.engine import limits
from eventstream.explain.engine.engine import Engine
from eventstream.explain.world.families import HIGHEST
from eventstream.objects.observations import Change
from tests.explain.stories import KCM, Story
from tests.explain.tapes import Result
from tests.explain.test_cost import LONG, edits, edits_by_two
from tests.explain.things import deployment, owned_by, replicaset, thing


def test_what_lies_too_deep_has_a_trace_of_the_highest_owner_that_is_followed() -> None:
    story = Story()
    last = story.create(thing("Secret", "0"))
    for index in range(1, 2 * HIGHEST):
        last = story.create(thing("Secret", str(index), owner=last))
    result = story.told()
    traces = {trace.root.name: trace for trace in result.traces.values()}
    steps = {step.object.name: step for step in result.of("Secret")}
    assert steps[str(HIGHEST)].trace == traces["0"].id
    assert steps[str(HIGHEST + 1)].trace == traces["1"].id
    assert traces["0"].cause.startswith("existing since")
    assert traces["1"].cause.startswith(f"seen below more than {HIGHEST} owners")


def test_who_owns_itself_in_a_circle_is_judged_to_an_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    story = Story()
    one, other = thing("Website", "a", "x.y/v1"), thing("Website", "b", "x.y/v1")
    one["metadata"]["ownerReferences"] = [owned_by(other)]
    other["metadata"]["ownerReferences"] = [owned_by(one)]
    story.create(one, by="kubectl")
    story.create(other, by="kubectl")
    story.mark(one, finalizers=["example.com/held"])
    assert len(story.told().traces) == 3
    assert not caplog.records


def folded(story: Story) -> tuple[Engine, Result]:
    engine, result = Engine("cluster", audited=False), Result()
    for number, observation in enumerate(story.shown):
        result.take(engine.apply(observation))
        if number % 10 == 0:
            result.take(engine.tick(observation.at))
    return engine, result


def test_of_one_object_so_many_versions_are_held_and_what_asked_last_is_one() -> None:
    story = Story()
    web = story.create(deployment(), by="kubectl-create")
    made = story.create(replicaset(web), KCM)
    for index in range(2 * limits.VERSIONS_KEPT):
        story.wait(-0.998)
        story.change(made, {"status": {"replicas": index % 7}}, KCM, sub="status")
    engine, result = folded(story)
    log = engine._world.logs[made["metadata"]["uid"]]
    assert len(log.writes) <= limits.VERSIONS_KEPT + 20
    asked = log.last_spec_change(log.writes[-1].order)
    assert asked is not None
    assert asked.change.type == "ADDED"
    assert not asked.base
    assert engine.left_out["versions"] >= limits.VERSIONS_KEPT // 2
    trace = result.traces[result.steps[next(iter(result.steps))].trace]
    assert trace.steps == sum(step.trace == trace.id for step in result.steps.values())


def test_of_one_object_so_many_traces_are_open() -> None:
    story = Story()
    edits_by_two(story)
    engine, result = folded(story)
    assert engine.open_traces <= limits.TRACES_KEPT + 10
    assert engine.left_out["traces"] > LONG // 2
    ended = [trace for trace in result.traces.values() if trace.settled]
    assert {trace.state for trace in ended} == {"superseded"}


def test_what_is_open_takes_no_more_bytes_than_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "BYTES_KEPT", 200_000)
    story = Story()
    for number in range(20):
        each = story.create(deployment(f"web-{number}"), by="kubectl-create")
        for index in range(20):
            story.change(each, {"status": {"replicas": index}}, KCM, sub="status")
    engine, result = folded(story)
    engine.tick(story.at)
    held = sum(trace.size for trace in engine._traces.open.values())
    assert held <= 200_000
    assert held == engine._limits._held
    assert engine.left_out["versions"] > 100
    changed = [each for each in story.shown if isinstance(each, Change)]
    assert len(result.steps) == len(changed)


def test_a_trace_in_which_nothing_happens_for_long_lets_go_of_its_past() -> None:
    story = Story()
    web = story.create(deployment(), by="kubectl-create")
    for index in range(200):
        story.change(web, {"status": {"replicas": index % 7}}, KCM, sub="status")
    engine, result = folded(story)
    result.take(engine.tick(story.at + 1.0))
    before = result.traces.copy()
    result.take(engine.tick(story.at + 2 * limits.RESTING))
    assert sum(len(trace.members) for trace in engine._traces.open.values()) < 20
    assert {key: trace.steps for key, trace in result.traces.items()} == {
        key: trace.steps for key, trace in before.items()
    }


def test_a_burst_that_goes_on_for_long_keeps_its_row() -> None:
    story = Story()
    edits(story)
    _, result = folded(story)
    found = [step for step in result.of("Deployment") if step.rule == "client-changed"]
    assert sum(step.count for step in found) == LONG
    assert len(found) == 11
