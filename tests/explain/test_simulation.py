"""The engine against clusters that know who did what: no wrong writer, in whatever order it hears.

`scripts/simulate.py` does the same for as many seeds as wanted, and tells each one's story.
"""

from functools import cache
from random import Random

import pytest

from tests.explain.simulation.cluster import Cluster, Streams, audit, merged, shuffled, streams
from tests.explain.simulation.judging import Score, scored
from tests.explain.simulation.scenarios import lived
from tests.explain.tapes import fold
from tests.explain.test_interleavings import assert_same

SEEDS = range(16)
HIDDEN: tuple[tuple[str, ...], ...] = (
    ("Event",),
    ("ReplicaSet",),
    ("Deployment",),
    ("Pod",),
    ("Node",),
    ("Namespace",),
    ("Event", "ReplicaSet"),
    ("Event", "Deployment", "ReplicaSet"),
)


@cache
def life(seed: int) -> tuple[Cluster, Streams]:
    """One cluster's history and what a watch of it shows."""
    cluster = lived(seed)
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
        shown = streams(cluster, Random(seed)) | {"audit": audit(cluster)}
        total.add(scored(cluster, fold(merged(shown))))
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
        shown = {k: v for k, v in streams(cluster, Random(seed)).items() if k not in hidden}
        total.add(scored(cluster, fold(merged(shown)), complete=False))
    assert not total.wrong


def test_events_that_never_came_make_no_writer_wrong() -> None:
    total = Score()
    for seed in SEEDS:
        (cluster, shown), chance = life(seed), Random(seed)
        heard = [note for note in shown["Event"] if chance.random() < 0.5]
        total.add(scored(cluster, fold(merged(shown | {"Event": heard}))))
    assert not total.wrong
