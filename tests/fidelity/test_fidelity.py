"""The practice cluster does what the recorded one did, and a difference would be noticed."""

import copy
from collections.abc import Callable

import pytest

from tests.fidelity import recorded, simulated
from tests.fidelity.comparing import compare
from tests.fidelity.plays import PLAYS
from tests.fidelity.replaying import OTHERS
from tests.fidelity.stories import Story


@pytest.mark.parametrize("name", ["create", "crash_loop", "dc_create", "operator"])
async def test_the_commands_of_a_recording_have_the_same_consequences(name: str) -> None:
    given = OTHERS if PLAYS[name].replayed else frozenset[str]()
    result = compare(name, recorded.story(name), await simulated.story(PLAYS[name]), given)
    assert result.score >= 0.95, "\n".join(result.differences)


@pytest.mark.parametrize("name", sorted(PLAYS))
def test_every_write_of_a_recording_has_a_known_writer(name: str) -> None:
    story = recorded.story(name)
    assert compare(name, story, story).score == 1.0
    assert {write.actor for write in story.writes} <= _ACTORS


_ACTORS = {
    "api-server",
    "client",
    "cronjob-controller",
    "custom-controller",
    "daemonset-controller",
    "deployer",
    "deployer-controller",
    "deployment-controller",
    "deploymentconfig-controller",
    "garbage-collector",
    "job-controller",
    "kubelet",
    "namespace-controller",
    "replicaset-controller",
    "replication-controller",
    "scheduler",
    "serviceaccount-controller",
    "statefulset-controller",
}


def _another_writer(story: Story) -> None:
    story.writes[3].actor = "somebody"


def _another_field(story: Story) -> None:
    story.writes[3].changed |= {"spec.hostNetwork"}


def _another_event(story: Story) -> None:
    story.told[3].reason = "Odd"


def _too_early(story: Story) -> None:
    first = next(w for w in story.writes if story.things[w.uid].kind == "ReplicaSet")
    story.writes.remove(first)
    story.writes.append(first)
    for number, write in enumerate(story.writes):
        write.number = number


@pytest.mark.parametrize(
    "change", [_another_writer, _another_field, _another_event, _too_early]
)  # fmt: skip
def test_a_difference_is_told_and_costs(change: Callable[[Story], None]) -> None:
    story = recorded.story("create")
    other = copy.deepcopy(story)
    change(other)
    result = compare("create", story, other)
    assert result.score < 1.0
    assert result.differences
