"""What Volcano says of a group, where it says nothing of the Pods that it is to place."""

from typing import Any

import pytest

from eventstream.kinds import taught
from tests.explain.stories import Json, Story
from tests.explain.things import condition, job, owned_by, pod, thing

GANG = "1/1 tasks in gang unschedulable: pod group is not ready, 1 Pending, 1 minAvailable"
UNSCHEDULABLE: Json = {
    "phase": "Inqueue",
    "conditions": [condition("Unschedulable", "True", "NotEnoughResources", GANG)],
}


def story_of(*groups: str, **status: Any) -> tuple[Story, Json]:
    """A Pod of a Volcano Job whose groups have this status, two minutes later."""
    story = Story(judge=taught.judge())
    made = story.create(thing("Job", "train", "batch.volcano.sh/v1alpha1", spec={}), "kubectl")
    for name in groups:
        group = thing("PodGroup", name, "scheduling.volcano.sh/v1beta1", made, spec={})
        story.create(group | {"status": status}, "vc-scheduler")
    waits = pod(made, "train-0", "")
    waits["spec"]["schedulerName"] = "volcano"
    story.create(waits, "vc-controller-manager")
    story.wait(120)
    story.exists(thing("Namespace", "other"))
    return story, made


def test_a_group_that_cannot_be_placed_is_why_its_pod_has_no_node() -> None:
    story, made = story_of("train-1", **UNSCHEDULABLE)
    trace = story.trace(made)
    assert (trace.holder, trace.diagnosis) == ("scheduler", "unschedulable")
    assert trace.summary == f"No node takes Pod train-0: PodGroup train-1 says: {GANG}."


def test_a_group_of_which_nothing_is_said_yet_makes_nobody_silent() -> None:
    story, made = story_of("train-1", phase="Inqueue")
    trace = story.trace(made)
    assert trace.diagnosis == "not-ready"
    assert trace.summary.endswith("for PodGroup train-1 to be done.")


@pytest.mark.parametrize("groups", [(), ("train-1", "train-2")])
def test_without_one_group_none_is_named_for_the_pod(groups: tuple[str, ...]) -> None:
    story, made = story_of(*groups, **UNSCHEDULABLE)
    assert not story.trace(made).summary.startswith("No node takes Pod train-0")


def test_a_job_of_what_kueue_admits_is_resumed_with_that() -> None:
    story = Story()
    made = story.create(thing("JobSet", "sleep", "jobset.x-k8s.io/v1alpha2", spec={}), "kubectl")
    once = job("sleep-0", suspend=True)
    once["metadata"]["ownerReferences"] = [owned_by(made)]
    story.create(once, "jobset-manager")
    without = story.trace(made).summary
    assert without.endswith("and the controller of JobSet sleep is to resume it.")
    admitted = thing("Workload", "jobset-sleep", "kueue.x-k8s.io/v1beta1", made, spec={})
    said = condition("QuotaReserved", "False", "Pending", "4 more cpu needed")
    story.create(admitted | {"status": {"conditions": [said]}}, "kueue-admission")
    trace = story.trace(made)
    assert (trace.holder, trace.holder_name, trace.diagnosis) == (
        "custom-controller",
        "Kueue",
        "paused",
    )
    told = "resume it with JobSet sleep, once that is admitted: 4 more cpu needed."
    assert trace.summary.endswith(told)
