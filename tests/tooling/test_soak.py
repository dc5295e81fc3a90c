"""The soak attacks a real Baton, and tells when it does not hold."""

from pathlib import Path
from random import Random

import pytest

from benchmarks.soak.__main__ import left_out, soak
from benchmarks.soak.levels import allowed, errors
from benchmarks.soak.writes import ATTACKS
from practicecluster.cluster import PracticeCluster

SOUND = "2026-11-28 23:13:21,287 WARNING eventstream.pulse: The event loop was held.\n  here\n"
FAILED = "2026-11-28 23:13:22,000 ERROR   django.request: Error: /\nTraceback (most recent call"
CUT = f"{FAILED} last):\n  File a\nValueError: no\n"


def test_a_few_turns_of_it_run_and_hold(tmp_path: Path) -> None:
    attacks = [name for name in ATTACKS if name != "odd"]
    assert soak(tmp_path, 0, turns=2, attacks=attacks) == []
    assert (tmp_path / "cluster.log").read_text() == ""


@pytest.mark.parametrize("name", ATTACKS)
def test_each_attack_writes_and_leaves_the_cluster_no_larger(name: str) -> None:
    cluster, chance = PracticeCluster(), Random(1)
    counted = []
    for _ in range(5):
        before = cluster.store.newest_revision()
        ATTACKS[name](cluster, chance)
        assert name == "relists" or cluster.store.newest_revision() > before
        caches = cluster.store._caches.values()
        counted.append(sum(len(cache.objects) for cache in caches))
    assert max(counted[2:]) <= max(counted[:2])


def test_errors_and_tracebacks_are_found_and_all_else_is_not() -> None:
    assert errors(SOUND) == []
    assert errors(SOUND + CUT + SOUND) == [f"{FAILED.splitlines()[0]}\n  ValueError: no"]
    assert len(errors(CUT.replace("ERROR  ", "INFO   "))) == 1


def test_the_memory_is_what_the_deployment_gives() -> None:
    assert allowed() == 2**30


def test_a_soak_after_which_coverage_tells_of_nothing_did_not_hold() -> None:
    assert len(list(left_out({"gaps": [], "resources": [{"errors": 0}]}))) == 2
    assert list(left_out({"gaps": [{}], "resources": [{"errors": 2}]})) == []
