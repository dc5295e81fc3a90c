"""Which of an object's conditions counts, and since when."""

import pytest

from tests.explain.stories import Story
from tests.explain.test_outlook_stuck import stands
from tests.explain.things import condition, thing


def test_a_budget_is_read_by_the_one_condition_that_its_controller_keeps() -> None:
    """meta.SetStatusCondition sets the first of its type, whoever else wrote another."""
    story = Story()
    budget = thing("PodDisruptionBudget", "web", "policy/v1", spec={"minAvailable": 3})
    kept = condition("DisruptionAllowed", "False", "SyncFailed", "found no controllers for pod a")
    other = condition("DisruptionAllowed", "False", "InsufficientPods")
    other["lastTransitionTime"] = "2027-01-15T08:00:02Z"
    budget["status"] = {"observedGeneration": 1, "conditions": [kept, other]}
    assert stands(story, story.exists(budget)).diagnosis == "spec-invalid"


def test_a_type_waits_to_be_established_since_its_condition_says_so() -> None:
    story = Story()
    names = {"plural": "widgets", "kind": "Widget"}
    long_ago = condition("Established", "False", "NotAccepted", "not all names are accepted")
    long_ago["lastTransitionTime"] = "2027-01-14T08:00:00Z"
    widgets = thing(
        "CustomResourceDefinition",
        "widgets.example.com",
        "apiextensions.k8s.io/v1",
        spec={"group": "example.com", "names": names, "scope": "Namespaced"},
        status={"conditions": [condition("NamesAccepted", "True"), long_ago]},
    )
    trace = stands(story, story.create(widgets, "kubectl-create"))
    assert (trace.state, trace.holder) == ("stalled", "api-server")


@pytest.mark.parametrize(
    ("healthy", "expected", "policy", "said"),
    [
        (2, 3, None, ("allows no disruption of healthy Pods now: 2 of 3 Pods healthy, and 2 "
         "required; a Pod that is not ready may be evicted")),
        (1, 3, None, "allows no disruption now: 1 of 3 Pods healthy, and 2 required"),
        (1, 3, "AlwaysAllow", ("allows no disruption of healthy Pods now: 1 of 3 Pods healthy, and "
         "2 required; a Pod that is not ready may be evicted")),
        (2, 2, "AlwaysAllow", ("allows no disruption now: 2 of 2 Pods healthy, and 2 required; no "
         "healthy Pod may be evicted while it is so")),
    ],
    ids=["if the budget is healthy", "never", "always", "all are healthy"],
)  # fmt: skip
def test_a_budget_that_allows_nothing_says_which_pods_may_go_all_the_same(
    healthy: int, expected: int, policy: str | None, said: str
) -> None:
    story = Story()
    spec = {"minAvailable": 2} | ({"unhealthyPodEvictionPolicy": policy} if policy else {})
    counts = {"currentHealthy": healthy, "desiredHealthy": 2, "expectedPods": expected}
    budget = thing("PodDisruptionBudget", "web", "policy/v1", spec=spec)
    budget["status"] = counts | {"observedGeneration": 1, "disruptionsAllowed": 0}
    trace = stands(story, story.create(budget, "kubectl-create"))
    assert trace.state == "complete"
    assert trace.summary == f"PodDisruptionBudget web is in force and {said}."
