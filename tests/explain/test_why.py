"""Which rules were asked about a write, and why the winner won, can be told."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from eventstream.explain.controllers.deciding import (
    DELETIONS,
    PHASES,
    DeletionPhase,
    Phase,
    decide,
    why,
)
from eventstream.explain.world.world import View, World
from eventstream.objects.observations import Change
from tests.explain.tapes import NAMES, TAPES, observations


@pytest.mark.parametrize("name", NAMES)
def test_what_is_told_is_what_was_decided(name: str) -> None:
    world = World()
    for observation in observations(name):
        if not isinstance(observation, Change) or observation.after.kind in ("Event", "Lease"):
            continue
        write = world.add(observation, base=observation.type == "EXISTING")
        if write is None or write.base:
            continue
        verdict = decide(View(world, write))
        asked = why(View(world, write))
        assert asked[-1].verdict == verdict
        assert all(each.verdict is None for each in asked[:-1])
        assert asked[-1].before
        write.decision.verdict = verdict


def test_every_phase_says_why_it_comes_before_the_next() -> None:
    phases: tuple[Phase | DeletionPhase, ...] = (*PHASES, *DELETIONS)
    for phase in phases:
        assert phase.before.endswith("."), phase.name
    assert len({phase.name for phase in phases}) == len(phases)


def printed(*options: str) -> str:
    """What the command `explain` prints of the recording of a creation."""
    out = StringIO()
    call_command("explain", str(TAPES / "create.jsonl"), *options, stdout=out)
    return out.getvalue()


def test_the_command_prints_the_rules_that_were_asked_of_one_step() -> None:
    steps = [json.loads(line) for line in printed().splitlines()]
    (made,) = [
        each
        for each in steps
        if each["record"] == "step" and each["documented"] == [4]  # The ReplicaSet's creation.
    ]
    what, reason, *asked = printed("--why", made["id"]).splitlines()
    assert (what, reason) == (made["what"], made["why"])
    assert asked[0].startswith("reports: ")
    assert asked[1] == "  controllers.shared.statuses.reported: does not know it"
    assert asked[-1].startswith("  controllers.deployment.rules.created_replicaset: replicaset-cre")


def test_a_step_that_is_not_there_is_told_as_that() -> None:
    with pytest.raises(CommandError, match="No step of this recording has the id nothing"):
        printed("--why", "nothing")
