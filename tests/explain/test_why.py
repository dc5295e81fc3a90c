"""Which rules were asked about a write, and why the winner won, can be told."""

import pytest

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
from tests.explain.tapes import NAMES, observations


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
        write.verdict = verdict


def test_every_phase_says_why_it_comes_before_the_next() -> None:
    phases: tuple[Phase | DeletionPhase, ...] = (*PHASES, *DELETIONS)
    for phase in phases:
        assert phase.before.endswith("."), phase.name
    assert len({phase.name for phase in phases}) == len(phases)
