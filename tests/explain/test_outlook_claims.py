"""A Pod waits for ResourceClaims: the scheduler does not look at it before, and says nothing."""

import pytest

from tests.explain.stories import KCM, Json, Story
from tests.explain.things import condition, pod, thing

TEMPLATE = {"name": "gpu", "resourceClaimTemplateName": "gpu"}
BY_NAME = {"name": "gpu", "resourceClaimName": "shared"}


def asking(story: Story, *claims: Json) -> Json:
    own = pod(None, "train", "")
    own["spec"]["resourceClaims"] = [*claims]
    return story.create(own, "kubectl-create")


def later(story: Story, own: Json, seconds: float = 60.0) -> tuple[str, str | None, str | None]:
    story.wait(seconds)
    story.exists(thing("Namespace", f"after-{story.version}"))
    trace = story.trace(own)
    return trace.state, trace.holder, trace.diagnosis


@pytest.mark.parametrize(
    ("listed", "diagnosis"), [(("Pod", "Event"), "controller-silent"), (("Pod",), "not-ready")]
)
def test_a_claim_of_a_template_is_its_controllers_to_make(
    listed: tuple[str, ...], diagnosis: str
) -> None:
    story = Story(*listed)
    own = asking(story, TEMPLATE)
    assert later(story, own) == ("stalled", "resourceclaim-controller", diagnosis)
    summary = story.trace(own).summary
    assert "the ResourceClaim for gpu of Pod train to be made" in summary
    assert ("Events would tell" in summary) is ("Event" not in listed)


def test_a_claim_that_is_refused_is_told_by_its_event() -> None:
    story = Story("Event")
    own = asking(story, TEMPLATE)
    why = 'PodResourceClaim gpu: resource claim template "gpu" not found'
    story.tell(own, "FailedResourceClaimCreation", why, "resource_claim")
    assert later(story, own) == ("stalled", "client", "spec-invalid")


def test_once_its_claims_are_made_a_pod_is_the_schedulers_from_then_on() -> None:
    story = Story()
    own = asking(story, TEMPLATE)
    assert later(story, own)[1] == "resourceclaim-controller"
    made = {"resourceClaimStatuses": [{"name": "gpu", "resourceClaimName": "train-gpu-x"}]}
    story.change(own, {"status": made}, KCM, sub="status")
    assert later(story, own, 10) == ("running", "scheduler", None)
    assert later(story, own, 60) == ("stalled", "scheduler", "controller-silent")


def test_nobody_is_called_silent_for_a_claim_of_others_that_is_not_watched() -> None:
    story = Story("Event")
    own = asking(story, BY_NAME)
    assert later(story, own, 3600) == ("running", "scheduler", None)
    assert "for which ResourceClaim shared has to be there" in story.trace(own).summary


def test_what_the_scheduler_does_not_look_at_yet_no_node_turned_down() -> None:
    story = Story("Event")
    own = asking(story, BY_NAME)
    said = condition("PodScheduled", "False", "NotReadyForScheduling", "no ResourceClaim shared")
    story.change(own, {"status": {"conditions": [said]}}, "kube-scheduler", sub="status")
    assert later(story, own) == ("stalled", "scheduler", "unschedulable")
    assert story.trace(own).summary == (
        "The scheduler looks for no node for Pod train yet: no ResourceClaim shared."
    )


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ({"schedulingGroup": {"podGroupName": "ring-0"}}, "PodGroup ring-0"),
        ({"workloadRef": {"name": "ring", "podGroup": "w"}}, "PodGroup w of Workload ring"),
    ],
)
def test_of_a_group_that_is_not_whole_the_scheduler_says_nothing(spec: Json, name: str) -> None:
    story = Story("Event")
    own = pod(None, "train", "")
    own["spec"] |= spec
    story.create(own, "kubectl-create")
    assert later(story, own, 3600) == ("running", "scheduler", None)
    assert story.trace(own).summary == (
        f"Waiting for a node for Pod train, which is of {name}: while too few of that can be "
        "placed, nothing is told."
    )


def queueing(story: Story) -> Json:
    own = pod(None, "train", "")
    own["spec"]["schedulerName"] = "yunikorn"
    return story.create(own, "kubectl-create")


def test_a_scheduler_of_another_name_that_queues_a_pod_is_not_silent() -> None:
    story = Story("Event")
    own = queueing(story)
    assert later(story, own) == ("stalled", "scheduler", "controller-silent")
    story = Story()
    own = queueing(story)
    assert later(story, own) == ("stalled", "scheduler", "not-ready")
    told = "whether it queues that, Events would tell, which Baton is not shown."
    assert story.trace(own).summary.endswith(told)
    story = Story("Event")
    own = queueing(story)
    queued = "shop/train is queued and waiting for allocation"
    story.tell(own, "Scheduling", queued, "yunikorn", type="Normal")
    assert later(story, own, 3600) == ("running", "scheduler", None)
    assert story.trace(own).summary.endswith(f"of which yunikorn says: {queued}.")


def test_a_scheduler_of_another_name_may_refuse_a_pod_by_an_event_alone() -> None:
    story = Story("Event")
    own = queueing(story)
    story.tell(own, "FailedScheduling", "Pod not supported: Privileged", "yunikorn")
    assert later(story, own) == ("stalled", "scheduler", "unschedulable")
    told = "No node takes Pod train: yunikorn says: Pod not supported: Privileged."
    assert story.trace(own).summary == told


def test_what_was_not_tried_on_any_node_no_node_turned_down() -> None:
    story = Story("Event")
    own = queueing(story)
    gang = "2/3 tasks in gang unschedulable: pod group is not ready"
    said = condition("PodScheduled", "False", "Schedulable", gang)
    story.change(own, {"status": {"conditions": [said]}}, "yunikorn", sub="status")
    assert later(story, own) == ("stalled", "scheduler", "unschedulable")
    assert story.trace(own).summary == (
        f"The scheduler yunikorn has not placed Pod train yet (Schedulable): {gang}."
    )
