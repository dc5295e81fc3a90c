"""The engine against clusters with every controller, lost nodes and operators of all kinds.

As test_simulation.py, for what its clusters do not have; `scripts/simulate.py --whole` does more.
"""

from functools import cache
from random import Random

import pytest

from tests.explain.simulation.cluster import Streams, audit, merged, shuffled, streams
from tests.explain.simulation.judging import Score, scored
from tests.explain.simulation.weeks import WholeCluster, lived_whole
from tests.explain.tapes import fold
from tests.explain.test_interleavings import assert_same

SEEDS = range(12)
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
    total = Score()
    for seed in SEEDS:
        cluster, shown = life(seed)
        total.add(scored(cluster, fold(merged(shown))))
    assert not total.wrong
    assert total.writes > 2500
    assert total.unknown <= 0.03 * total.writes, total.unknowns


def test_an_audit_log_makes_every_writer_known() -> None:
    total = Score()
    for seed in SEEDS:
        cluster, shown = life(seed)
        total.add(scored(cluster, fold(merged(shown | {"audit": audit(cluster)}))))
    assert not total.wrong
    assert not total.unknown, total.unknowns


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_arrival_and_what_comes_twice_change_nothing(seed: int) -> None:
    _, shown = life(seed)
    assert_same(fold(shuffled(shown, Random(seed))), fold(merged(shown)))


@pytest.mark.parametrize("hidden", HIDDEN, ids="-".join)
def test_what_is_not_shown_makes_no_writer_wrong(hidden: tuple[str, ...]) -> None:
    total = Score()
    for seed in SEEDS:
        cluster, shown = life(seed)
        shown = {kind: told for kind, told in shown.items() if kind not in hidden}
        total.add(scored(cluster, fold(merged(shown)), complete=False))
    assert not total.wrong


@pytest.mark.parametrize("kind", ["Pod", "StatefulSet", "Node", "Website"])
def test_what_fell_into_a_gap_makes_no_writer_wrong(kind: str) -> None:
    total = Score()
    for seed in SEEDS:
        cluster, _ = life(seed)
        shown = streams(cluster, Random(seed), relist=kind)
        total.add(scored(cluster, fold(merged(shown)), complete=False))
    assert not total.wrong
