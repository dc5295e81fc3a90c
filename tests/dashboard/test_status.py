"""A page never says "live" when nobody watches."""

from typing import Any

import msgspec
import pytest

from dashboard.liveness import Liveness, liveness
from eventstream.history import ClusterStatus, Coverage
from eventstream.objects.observations import CoverageState, Problem
from eventstream.objects.resource import Resource
from tests.dashboard import scenes

NOW = 1000.0
PROBLEM = Problem("unreachable", "The API server does not answer.", "It is down.", "Start it.")
WATCHED = ClusterStatus("u", "practice", "https://host", "v1", NOW, NOW, 0.24, None)


WIDGETS = Resource("example.org", "v1", "widgets", "Widget")


def covered(
    state: CoverageState,
    problem: Problem | None = None,
    resource: Resource = scenes.PODS,
    **more: Any,
) -> Coverage:
    return Coverage(resource, state, NOW, problem=problem, **more)


def judged_by(*kinds: Coverage) -> Liveness:
    """Judge these kinds beside Deployments, which are watched."""
    every = [covered("watching", resource=scenes.DEPLOYMENTS), *kinds]
    return liveness(WATCHED, every, NOW, every)


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
    judged = liveness(cluster, coverage, NOW, coverage)
    assert (judged.state, judged.word) == (state, word)


def test_how_far_behind_is_told_to_a_tenth_of_a_second() -> None:
    assert judged_by().detail == "0.2 s behind"


@pytest.mark.parametrize(("lag", "told"), [(24.43, "by 24.4 s"), (300.0, "by 5 min")])
def test_what_is_far_behind_says_that_word_once(lag: float, told: str) -> None:
    covering = [covered("watching")]
    judged = liveness(msgspec.structs.replace(WATCHED, lag=lag), covering, NOW, covering)
    assert (judged.word, judged.detail) == ("Behind", told)


def test_the_reason_of_a_lost_cluster_says_what_to_do() -> None:
    kinds = [covered("backing-off", PROBLEM)]
    reason = liveness(WATCHED, kinds, NOW, kinds).reason
    assert reason == "The API server does not answer. Start it."
    withheld = liveness(WATCHED, kinds, NOW, ()).reason
    assert withheld == "No kind can be watched. Whoever may see the whole cluster is told why."


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (covered("backing-off", PROBLEM), "Partly live, without pods"),
        (covered("listing", PROBLEM), "Partly live, without pods"),
        (covered("listing"), "Listing, pods being read"),
        (covered("forbidden", PROBLEM, objects=3), "Partly live, without pods"),
        (covered("forbidden", PROBLEM), "Live, 0.2 s behind"),
        (covered("gone", PROBLEM), "Live, 0.2 s behind"),
        (covered("polling", PROBLEM), "Live, 0.2 s behind"),
        (covered("backing-off", PROBLEM, WIDGETS), "Live, 0.2 s behind"),
        (covered("backing-off", PROBLEM, WIDGETS, last_contact=9.0),
         "Partly live, without widgets"),
        (covered("backing-off", PROBLEM, WIDGETS, objects=1), "Partly live, without widgets"),
        (covered("listing", None, WIDGETS), "Listing, widgets being read"),
    ],
    ids=[
        "it backs off", "it is tried again", "it is read for the first time",
        "its permission was taken away", "it never was allowed", "it was left out", "it is polled",
        "a custom resource that could never be read", "one that could before",
        "one that was read by an earlier run", "one that is being read",
    ],
)  # fmt: skip
def test_it_is_live_when_every_kind_that_is_shown_is_followed(kind: Coverage, told: str) -> None:
    judged = judged_by(kind)
    assert f"{judged.word}, {judged.detail}" == told
    assert (judged.state == "live") == (judged.word == "Live")


def test_one_kind_is_named_to_who_may_see_it_and_several_are_counted() -> None:
    kinds = [
        covered("backing-off", PROBLEM, Resource("", "v1", name, name.title()))
        for name in ("nodes", "pods")
    ]
    watched = covered("watching", resource=scenes.DEPLOYMENTS)
    assert liveness(WATCHED, [watched, *kinds], NOW, kinds).detail == "without 2 kinds"
    assert liveness(WATCHED, [watched, kinds[1]], NOW, kinds).detail == "without pods"
    assert liveness(WATCHED, [watched, kinds[1]], NOW, [watched]).detail == "without 1 kind"
