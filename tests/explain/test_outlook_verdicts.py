"""Which of an object's conditions counts, and since when."""

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
