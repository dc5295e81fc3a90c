"""Clusters in which containers, images, volumes, nodes and operators fail: each second is judged.

At no second may a diagnosis be told that is not true then, and each has to be told in time, with a
holder who can end it. `scripts/simulate.py --ailing` does more seeds, and tells each one's story.
"""

from functools import cache
from random import Random

import pytest

from tests.explain.simulation.ailing import AilingCluster, Ailments, ailed
from tests.explain.simulation.cluster import Streams, audit, merged, streams
from tests.explain.simulation.eachsecond import EachSecond
from tests.explain.simulation.judging import total

SEEDS = range(10)
CAUSES = sorted({cause.__name__ for cause in Ailments(AilingCluster(0)).every})


@cache
def life(seed: int) -> tuple[AilingCluster, Streams]:
    """One cluster's history and what a watch of it shows."""
    cluster = ailed(seed)
    return cluster, streams(cluster, Random(seed))


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("seed", range(3))
def test_one_cause_is_told_while_it_is_so_and_no_second_longer(cause: str, seed: int) -> None:
    cluster = AilingCluster(seed)
    getattr(Ailments(cluster), cause)()
    cluster.wait(20)
    shown = merged(streams(cluster, Random(seed)))
    assert list(EachSecond(cluster, cluster.faults).judged(shown)) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_several_causes_are_told_while_they_are_so(seed: int) -> None:
    cluster, shown = life(seed)
    assert list(EachSecond(cluster, cluster.faults).judged(merged(shown))) == []


def test_the_clusters_fail_in_all_those_ways() -> None:
    found = {code for seed in SEEDS for fault in life(seed)[0].faults.every for code in fault.codes}
    assert len(found) >= 8, found


def test_each_write_has_one_step_of_its_true_writer_in_one_tree() -> None:
    score = total(map(life, SEEDS))
    assert not score.wrong
    assert score.writes > 500
    assert score.unknown <= 0.01 * score.writes, score.unknowns


def test_an_audit_log_makes_every_writer_known() -> None:
    lives = map(life, SEEDS)
    score = total((cluster, shown | {"audit": audit(cluster)}) for cluster, shown in lives)
    assert not score.wrong
    assert not score.unknown, score.unknowns
