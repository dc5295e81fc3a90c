"""The engine against clusters with every controller, lost nodes and operators of all kinds.

As test_simulation.py, for what its clusters do not have; `scripts/simulate.py --whole` does more.
"""

from functools import cache
from random import Random

import pytest

from tests.explain.simulation.cluster import Streams, audit, merged, shuffled, streams, without
from tests.explain.simulation.judging import total
from tests.explain.simulation.outlooks import misjudged
from tests.explain.simulation.weeks import WholeCluster, lived_whole
from tests.explain.tapes import fold
from tests.explain.test_interleavings import assert_same

SEEDS = (*range(12), 29, 41)
HIDDEN: tuple[tuple[str, ...], ...] = (
    ("Event",),
    ("Node",),
    ("Namespace",),
    ("StatefulSet",),
    ("DaemonSet",),
    ("CronJob",),
    ("CustomResourceDefinition",),
    ("Event", "ControllerRevision"),
)


@cache
def life(seed: int) -> tuple[WholeCluster, Streams]:
    """One cluster's history and what a watch of it shows."""
    cluster = lived_whole(seed)
    return cluster, streams(cluster, Random(seed))


def test_each_write_has_one_step_of_its_true_writer_in_one_tree() -> None:
    score = total(map(life, SEEDS))
    assert not score.wrong
    assert score.writes > 2500
    assert score.unknown <= 0.03 * score.writes, score.unknowns


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_called_wrong_is_wrong_and_what_is_plainly_wrong_is_told(seed: int) -> None:
    cluster, shown = life(seed)
    assert list(misjudged(cluster, merged(shown))) == []


def test_an_audit_log_makes_every_writer_known() -> None:
    lives = map(life, SEEDS)
    score = total((cluster, shown | {"audit": audit(cluster)}) for cluster, shown in lives)
    assert not score.wrong
    assert not score.unknown, score.unknowns


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_arrival_and_what_comes_twice_change_nothing(seed: int) -> None:
    _, shown = life(seed)
    assert_same(fold(shuffled(shown, Random(seed))), fold(merged(shown)))


@pytest.mark.parametrize("hidden", HIDDEN, ids="-".join)
def test_what_is_not_shown_makes_no_writer_wrong(hidden: tuple[str, ...]) -> None:
    lives = map(life, SEEDS)
    score = total(((cluster, without(shown, hidden)) for cluster, shown in lives), complete=False)
    assert not score.wrong


@pytest.mark.parametrize("kind", ["Pod", "StatefulSet", "Node", "Website"])
def test_what_fell_into_a_gap_makes_no_writer_wrong(kind: str) -> None:
    clusters = ((life(seed)[0], Random(seed)) for seed in SEEDS)
    lives = ((cluster, streams(cluster, random, relist=kind)) for cluster, random in clusters)
    assert not total(lives, complete=False).wrong
