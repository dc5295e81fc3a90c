"""Telling a status's only reporter at a glance finds who comparing all fields would find."""

from functools import cache
from random import Random

import pytest

from eventstream.explain.attribution import writers as attribution
from eventstream.explain.world.world import World
from eventstream.explain.world.writes import Write
from eventstream.objects.observations import Change, Observation
from tests.explain.simulation.cluster import merged, streams
from tests.explain.simulation.weeks import lived_whole
from tests.explain.tapes import NAMES, observations


def simulated(seed: int) -> list[Observation]:
    return merged(streams(lived_whole(seed), Random(seed)))


@cache
def writes() -> list[Write]:
    """Each write of the tapes and of some simulated clusters."""
    found: list[Write] = []
    for shown in [*map(observations, NAMES), *map(simulated, range(4))]:
        world = World()
        changes = [
            each for each in shown if isinstance(each, Change) and each.after.kind != "Event"
        ]
        made = [world.add(change, base=change.type == "EXISTING") for change in changes]
        found.extend(write for write in made if write is not None)
    return found


def test_the_only_reporter_is_who_all_that_changed_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    at_a_glance = [attribution.writer(write) for write in writes()]
    monkeypatch.setattr(attribution, "_only_reporter", lambda *_: None)
    assert [attribution.writer(write) for write in writes()] == at_a_glance


def test_that_spares_looking_at_what_changed() -> None:
    world = World()
    spared = 0
    for change in observations("create"):
        if isinstance(change, Change) and change.after.kind == "Pod":
            write = world.add(change, base=False)
            assert write is not None
            spared += attribution.writer(write).basis == "covers" and write._changes is None
    assert spared >= 3
