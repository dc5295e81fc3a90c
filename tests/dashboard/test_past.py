"""How a trace stood at an earlier moment, and the map of it in small."""

import pytest

from dashboard.minimap import BINS, HEIGHT, minimap
from dashboard.past import as_of
from eventstream.explain.vocabulary.records import Stage
from eventstream.history import Gap
from tests.dashboard import scenes
from tests.dashboard.pods import BORN, usual_way

STAGES = ("stored", "Pods", "scheduled", "started", "ready", "available")
DONE = tuple(
    Stage(name, "done", *((2, 2) if index else (1, 1))) for index, name in enumerate(STAGES)
)
WAYS = (usual_way("a"), usual_way("b", 1.0, first=10))
STEPS = sorted((step for way in WAYS for step in way.steps), key=lambda step: step.at)
TRACE = scenes.trace(
    "t", scenes.ref("Deployment", "web"), BORN, state="complete", ended=BORN + 4, stages=DONE
)


@pytest.mark.parametrize(
    ("at", "done", "current"),
    [
        (0.0, [1, 1, 0, 0, 0, 0], "Pods"),
        (0.5, [1, 1, 1, 0, 0, 0], "Pods"),
        (1.005, [1, 2, 1, 0, 0, 0], "scheduled"),
        (2.7, [1, 2, 2, 1, 1, 0], "started"),
        (3.9, [1, 2, 2, 2, 2, 2], None),
        (4.0, [1, 2, 2, 2, 2, 2], None),
    ],
)
def test_stages_are_those_of_the_steps_until_then(
    at: float, done: list[int], current: str | None
) -> None:
    was = as_of(TRACE, STEPS, BORN + at)
    assert [stage.done for stage in was.stages] == done
    assert next((s.name for s in was.stages if s.state == "current"), None) == current


def test_it_says_what_had_come_and_who_moved_next() -> None:
    was = as_of(TRACE, STEPS, BORN + 0.005)
    assert (was.done, was.total, was.ended) == (1, 8, False)
    assert was.last is not None
    assert was.last.actor == "replicaset-controller"
    assert was.next is not None
    assert was.next.actor == "scheduler"


def test_nothing_is_made_up_of_stages_that_no_step_is_known_to_do_or_of_a_part() -> None:
    odd = scenes.trace("t", TRACE.root, BORN, stages=(Stage("acted on", "done", 1, 1),))
    assert as_of(odd, STEPS, BORN + 0.5).stages == ()
    assert as_of(TRACE, STEPS, BORN + 0.5, whole=False).stages == ()


def test_a_pod_that_is_gone_by_the_end_is_not_taken_back() -> None:
    gone = scenes.step("t", 99, WAYS[1].pod, "kubelet", change_type="DELETED", at=BORN + 3.95)
    was = as_of(TRACE, [*STEPS, gone], BORN + 0.5)
    assert [stage.done for stage in was.stages][1] == 2


def test_the_map_counts_steps_over_time_without_heartbeats_and_shows_gaps() -> None:
    beat = scenes.step("t", 99, WAYS[0].pod, "kubelet", verb="renew", at=BORN + 600)
    gap = Gap(scenes.PODS, "1", "2", BORN + 1, BORN + 2, "compacted")
    drawn = minimap([*STEPS, beat], [gap])
    assert drawn is not None
    assert (drawn.begin, drawn.end) == (STEPS[0].at, STEPS[-1].at)
    assert max(each.height for each in drawn.bins) == HEIGHT
    assert len(drawn.bins) <= BINS
    ((x, width),) = drawn.gaps
    assert x + width == pytest.approx(drawn.share(BORN + 2))


def test_one_moment_makes_no_map() -> None:
    assert minimap(STEPS[:1], []) is None
    assert minimap([], []) is None
