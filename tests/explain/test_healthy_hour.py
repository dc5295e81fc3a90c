"""An hour in which all goes well, though slowly, raises no alarm: each of its seconds is judged.

`scripts/simulate.py --well` does more seeds, and tells each one's story.
"""

from functools import cache
from random import Random

import pytest

from tests.explain.simulation.cluster import Streams, merged, streams
from tests.explain.simulation.eachsecond import EachSecond
from tests.explain.simulation.faults import Faults
from tests.explain.simulation.healthy import HealthyCluster, lived_well
from tests.explain.simulation.judging import total

SEEDS = (1, 2)


@cache
def life(seed: int) -> tuple[HealthyCluster, Streams]:
    """One hour's history and what a watch of it shows."""
    cluster = lived_well(seed)
    return cluster, streams(cluster, Random(seed))


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_called_wrong_at_any_second_of_a_healthy_hour(seed: int) -> None:
    cluster, shown = life(seed)
    nothing = Faults(cluster.clock)
    assert list(EachSecond(cluster, nothing).judged(merged(shown))) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_the_hour_has_what_people_take_for_trouble(seed: int) -> None:
    cluster, _ = life(seed)
    last = cluster.server.log[-1].at
    assert last - cluster.server.log[cluster.begun].at > 3000
    said = {w.thing["reason"] for w in cluster.written if w.kind == "Event"}
    assert said >= {"Unhealthy", "Pulling", "NodeNotReady", "SandboxChanged", "Killing"}


def test_each_write_has_one_step_of_its_true_writer_in_one_tree() -> None:
    score = total(map(life, SEEDS))
    assert not score.wrong
    assert score.unknown <= 0.03 * score.writes, score.unknowns
