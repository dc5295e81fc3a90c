"""A burst of like edits of one object is a few steps and one that is counted."""

from random import Random

import pytest

from eventstream.explain.engine.engine import Engine
from eventstream.explain.engine.repeats import CLOSELY, FEW
from eventstream.explain.vocabulary.records import Step, StepUpsert
from eventstream.objects.observations import Observation
from tests.explain.stories import KCM, Json, Story
from tests.explain.tapes import LONG_AFTER, Result, fold
from tests.explain.test_interleavings import assert_same
from tests.explain.test_restore import run_with_restarts
from tests.explain.things import deployment, pod, replicaset

MANY = 40


def edited(
    number: int = MANY, *, after: float = 0.002, by: str = "kubectl", story: Story | None = None
) -> tuple[Story, Json]:
    """A Deployment that is scaled so many times, each so many seconds after the one before."""
    story = story or Story()
    web = story.create(deployment(), by="kubectl-create")
    for index in range(number):
        scale(story, web, index, by, after)
    return story, web


def scale(story: Story, web: Json, index: int, by: str = "kubectl", after: float = 0.002) -> None:
    story.wait(after - 1.0)
    story.change(web, {"spec": {"replicas": 3 + index}}, by)


def scalings(result: Result) -> list[Step]:
    return [step for step in result.of("Deployment") if step.rule == "client-changed"]


def test_a_burst_is_a_few_steps_and_one_that_counts_the_rest() -> None:
    story, _ = edited()
    found = scalings(story.told())
    assert [step.count for step in found] == [1] * FEW + [MANY - FEW]
    last = story.shown[-1].at
    assert found[-1].what.startswith("A client that calls itself kubectl changed Deployment web")
    assert f"And {MANY - FEW - 1} more of the same fields until " in found[-1].what
    assert fold(story.shown[:-1]).steps[found[-1].id].count == MANY - FEW - 1
    assert last > found[-1].at


def test_the_newest_trace_tells_of_what_was_asked_last() -> None:
    story, web = edited()
    result = story.told()
    newest = scalings(result)[-1]
    trace = result.traces[newest.trace]
    assert trace.state == "running"
    assert trace.root_step == newest.id
    assert trace.started == newest.at
    assert trace.steps == 1
    made = story.create(replicaset(web, replicas=MANY + 2), KCM)
    answer = story.last(made)
    assert (answer.trace, answer.cause) == (newest.trace, newest.id)


@pytest.mark.parametrize("after", [CLOSELY * 2, 1.0, 60.0])
def test_what_people_do_is_told_one_by_one(after: float) -> None:
    story, _ = edited(after=after)
    assert [step.count for step in scalings(story.told())] == [1] * MANY


def test_few_edits_are_told_one_by_one() -> None:
    story, _ = edited(FEW)
    assert [step.count for step in scalings(story.told())] == [1] * FEW


def test_other_fields_and_other_actors_are_other_steps() -> None:
    story, web = edited()
    for index in range(MANY):
        story.wait(-0.998)
        story.change(web, {"metadata": {"labels": {f"label-{index}": "x"}}}, "kubectl")
    for index in range(MANY):
        story.wait(-0.998)
        story.change(web, {"spec": {"replicas": index}}, "other-tool")
    counts = [step.count for step in scalings(story.told())]
    assert sum(counts) == 3 * MANY
    assert counts == [*[1] * FEW, MANY - FEW, MANY, *[1] * FEW, MANY - FEW]


def test_a_pause_ends_a_burst() -> None:
    story, web = edited()
    story.wait(30.0)
    scale(story, web, 7)
    assert [step.count for step in scalings(story.told())][FEW:] == [MANY - FEW, 1]


def test_reports_on_what_happens_elsewhere_are_told_one_by_one() -> None:
    story = Story()
    web = story.create(deployment(), by="kubectl-create")
    made = story.create(replicaset(web), KCM)
    for index in range(MANY):
        story.wait(-0.998)
        story.create(pod(made, f"web-{index}", ""), KCM)
        story.wait(-0.998)
        story.change(made, {"status": {"replicas": 3 + index}}, KCM, sub="status")
    found = [step for step in story.told().of("ReplicaSet") if step.change_type == "MODIFIED"]
    assert len({step.cause for step in found}) == MANY
    assert [step.count for step in found] == [1] * MANY


def two_at_once() -> list[Observation]:
    """A burst with answers in between."""
    story, web = edited(MANY // 2)
    made = story.create(replicaset(web, replicas=30), KCM)
    for index in range(MANY):
        scale(story, web, 100 + index)
        story.wait(-0.998)
        story.change(made, {"spec": {"replicas": 100 + index}}, KCM)
    return story.shown


@pytest.mark.parametrize("seed", range(12))
def test_how_the_streams_interleave_does_not_matter(seed: int) -> None:
    random, shown = Random(seed), two_at_once()
    streams: dict[str, list[Observation]] = {}
    for each in shown:
        streams.setdefault(each.resource.key, []).append(each)
    mixed: list[Observation] = []
    while streams:
        key = random.choice(sorted(streams))
        for _ in range(random.choice((1, 2, 5, 100))):
            mixed.append(streams[key].pop(0))
            if not streams[key]:
                del streams[key]
                break
    assert_same(fold(mixed), fold(shown))


def test_a_restart_keeps_what_was_counted_under_its_id() -> None:
    story, web = edited()
    story.wait(1.0)
    stop = len(story.shown)
    for index in range(3):
        story.wait(5.0)
        scale(story, web, 200 + index)
    again, whole = run_with_restarts(story.shown, {stop, stop + 2}), story.told()
    assert again.steps.keys() == whole.steps.keys()
    assert [step.count for step in scalings(again)] == [step.count for step in scalings(whole)]


def test_a_restart_within_a_burst_loses_no_write() -> None:
    story, _ = edited()
    again = run_with_restarts(story.shown, {len(story.shown) - 10})
    assert sum(step.count for step in scalings(again)) == MANY


def test_a_burst_changes_one_row_a_write() -> None:
    story, _ = edited(400)
    engine = Engine("cluster")
    changed = [engine.apply(observation) for observation in story.shown]
    rows = [[each.id for each in upserts if isinstance(each, StepUpsert)] for upserts in changed]
    assert all(row == rows[-1] for row in rows[-300:])
    assert len(rows[-1]) == 1
    engine.tick(story.at + LONG_AFTER)
    assert engine.open_traces < FEW + 5
