"""A page never says "live" when nobody watches."""

import msgspec
import pytest

from dashboard.status import liveness
from eventstream.history import ClusterStatus, Coverage
from eventstream.objects.observations import CoverageState, Problem
from tests.dashboard import scenes

NOW = 1000.0
PROBLEM = Problem("unreachable", "The API server does not answer.", "It is down.", "Start it.")
WATCHED = ClusterStatus("u", "practice", "https://host", "v1", NOW, NOW, 0.24, None)


def covered(state: CoverageState, problem: Problem | None = None) -> Coverage:
    return Coverage(scenes.PODS, state, NOW, problem=problem)


@pytest.mark.parametrize(
    ("cluster", "coverage", "state", "word"),
    [
        (None, [], "down", "Not connected"),
        (WATCHED, [covered("watching"), covered("forbidden")], "live", "Live"),
        (WATCHED, [covered("listing")], "late", "Listing"),
        (WATCHED, [], "late", "Listing"),
        (WATCHED, [covered("backing-off", PROBLEM)], "down", "Not connected"),
        (msgspec.structs.replace(WATCHED, heartbeat=NOW - 60), [covered("watching")], "down",
         "Not watching"),
        (msgspec.structs.replace(WATCHED, problem=PROBLEM), [covered("watching")], "late",
         "Not storing"),
        (msgspec.structs.replace(WATCHED, lag=9.0), [covered("watching")], "late", "Behind"),
    ],
)  # fmt: skip
def test_liveness_is_judged_by_the_observer_its_watches_and_its_commits(
    cluster: ClusterStatus | None, coverage: list[Coverage], state: str, word: str
) -> None:
    judged = liveness(cluster, coverage, NOW)
    assert (judged.state, judged.word) == (state, word)


def test_how_far_behind_is_told_to_a_tenth_of_a_second() -> None:
    assert liveness(WATCHED, [covered("watching")], NOW).detail == "0.2 s behind"


def test_the_reason_of_a_lost_cluster_says_what_to_do() -> None:
    reason = liveness(WATCHED, [covered("backing-off", PROBLEM)], NOW).reason
    assert reason == "The API server does not answer. Start it."
