"""What a write costs does not grow with what there was before: counted in calls, not by the clock.

Each history is long enough that a look at all that was before would show: the calls of its last
writes are compared with those of as many earlier ones.
"""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from eventstream.explain.engine.engine import Engine
from eventstream.objects.observations import Change, Observation
from tests.explain.stories import KCM, Json, Story
from tests.explain.things import deployment, pod, replicaset, thing, website

LONG, SAMPLE = 1600, 100
MORE = 1.5
"""How much more calls the last writes may need: bounded work comes in pieces now and then."""


def calls(engine: Engine, shown: list[Observation]) -> int:
    """How many calls of Python and of C it takes to take these in, with a tick after each tenth."""
    made = 0

    def count(_frame: FrameType, event: str, _arg: Any) -> None:
        nonlocal made
        made += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        for number, observation in enumerate(shown):
            engine.apply(observation)
            if number % 10 == 0:
                engine.tick(observation.at)
    finally:
        sys.setprofile(None)
    return made


def edits(story: Story) -> None:
    """One Deployment, scaled again and again by one client."""
    web = story.create(deployment(), by="kubectl-create")
    for index in range(LONG):
        story.wait(-0.998)
        story.change(web, {"spec": {"replicas": index}}, "kubectl")


def edits_by_two(story: Story) -> None:
    """The same by two in turn, so that none is like the one before."""
    web = story.create(deployment(), by="kubectl-create")
    for index in range(LONG):
        story.wait(-0.998)
        story.change(web, {"spec": {"replicas": index}}, ("one", "other")[index % 2])


def reports(story: Story) -> None:
    """A ReplicaSet's status, written again and again while its owner is, too."""
    web = story.create(deployment(), by="kubectl-create")
    made = story.create(replicaset(web), KCM)
    for index in range(LONG // 2):
        story.wait(-0.998)
        story.change(made, {"status": {"replicas": index}}, KCM, sub="status")
        story.wait(-0.998)
        story.change(web, {"metadata": {"labels": {"n": str(index)}}}, ("a", "b")[index % 2])


def chain(story: Story) -> None:
    """Objects of which each is owned by the one before."""
    last = story.create(thing("Secret", "0"), by="operator")
    for index in range(1, LONG):
        story.wait(-0.998)
        last = story.create(thing("Secret", str(index), owner=last), by="operator")


def siblings(story: Story) -> None:
    """Pods of one ReplicaSet, each made by a client, and then deleted by one."""
    made = story.create(replicaset(), by="kubectl-create")
    pods: list[Json] = []
    for index in range(LONG // 2):
        story.wait(-0.99)
        pods.append(story.create(pod(made, f"web-{index}"), by="kubectl"))
    for each in pods:
        story.wait(-0.95)
        story.delete(each)


def namesakes(story: Story) -> None:
    """Claims of one name, made and deleted again and again."""
    for index in range(LONG // 2):
        claim = thing("PersistentVolumeClaim", "data", metadata={"uid": f"uid-{index}"})
        story.wait(-0.998)
        story.create(claim, by="kubectl")
        story.wait(-0.998)
        story.delete(claim)


def operated(story: Story) -> None:
    """Pods and Jobs that an operator makes for one custom resource."""
    site = story.create(website(), by="kubectl-create")
    for index in range(LONG // 2):
        story.wait(-0.998)
        story.create(pod(site, f"web-{index}"), by="site-operator")
        story.wait(-0.998)
        story.create(thing("Job", f"job-{index}", "batch/v1", owner=site), by="site-operator")


HISTORIES = (edits, edits_by_two, reports, chain, siblings, namesakes, operated)


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: str(history.__name__))
def test_the_last_writes_cost_what_earlier_ones_did(history: Callable[[Story], None]) -> None:
    story = Story()
    history(story)
    changes: list[Observation] = [each for each in story.shown if isinstance(each, Change)]
    engine = Engine("cluster", audited=False)
    middle = SAMPLE * 2
    if history in (reports, siblings):  # These have to come to what is held at most, first.
        middle = len(changes) * 2 // 3
    calls(engine, changes[:middle])
    early = calls(engine, changes[middle : middle + SAMPLE])
    calls(engine, changes[middle + SAMPLE : -SAMPLE])
    late = calls(engine, changes[-SAMPLE:])
    assert late < early * MORE
