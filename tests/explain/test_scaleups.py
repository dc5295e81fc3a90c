"""Whether a node comes of what an autoscaler began for a Pod, as a NodeClaim of Karpenter's."""

from eventstream.kinds import taught
from tests.explain.stories import KCM, Json, Story
from tests.explain.test_outlook_placing import full
from tests.explain.things import condition, node, thing

NONE = "insufficient capacity, all requested instance types were unavailable"
LAUNCHED = {"status": {"conditions": [condition("Launched", "True", "Launched")]}}
FAILED = {
    "status": {
        "conditions": [
            condition("Launched", "False", "LaunchFailed", NONE),
            condition("Ready", "False", "LaunchFailed", "Launched=False"),
        ]
    }
}


def claim(story: Story, name: str) -> Json:
    made = thing("NodeClaim", name, "karpenter.sh/v1", spec={})
    del made["metadata"]["namespace"]
    return story.create(made, "karpenter")


def nominate(story: Story, one: Json, name: str) -> None:
    story.tell(one, "Nominated", f"Pod should schedule on: nodeclaim/{name}", "karpenter")


def later(story: Story) -> None:
    story.wait(30)
    story.exists(thing("Namespace", "other"))


def begun() -> tuple[Story, Json, Json]:
    story = Story(judge=taught.judge())
    web, one = full(story)
    return story, web, one


def test_a_nodeclaim_that_is_not_launched_yet_may_become_a_node() -> None:
    story, web, one = begun()
    claim(story, "default-1")
    nominate(story, one, "default-1")
    later(story)
    assert story.trace(web).state == "running"


def test_a_nomination_names_what_it_was_for_where_nodeclaims_are_not_watched() -> None:
    story, web, one = begun()
    nominate(story, one, "default-1")
    later(story)
    trace = story.trace(web)
    assert trace.state == "running"
    assert trace.summary.endswith("Pod should schedule on: nodeclaim/default-1.")


def test_no_node_comes_of_a_nodeclaim_that_is_gone_and_the_next_must_be_launched() -> None:
    """For as long as the cloud has no machine each NodeClaim is followed by another."""
    story, web, one = begun()
    lost = claim(story, "default-1")
    story.change(lost, FAILED, "karpenter")
    nominate(story, one, "default-1")
    story.delete(lost)
    later(story)
    following = claim(story, "default-2")
    nominate(story, one, "default-2")
    trace = story.trace(web)
    assert (trace.state, trace.diagnosis) == ("stalled", "unschedulable")
    assert "Pod has none yet: Pod should schedule on: nodeclaim/default-2" in trace.summary
    story.change(following, LAUNCHED, "karpenter")
    nominate(story, one, "default-2")
    assert story.trace(web).state == "running"


def test_why_a_nodeclaim_failed_is_told_with_the_pod() -> None:
    story, web, one = begun()
    lost = claim(story, "default-1")
    story.change(lost, FAILED, "karpenter")
    nominate(story, one, "default-1")
    trace = story.trace(web)
    assert trace.summary.endswith(f"was to add a node, and NodeClaim default-1 failed: {NONE}.")
    assert any(source.startswith("NodeClaim.karpenter.sh@") for source in trace.sources or ())
    story.delete(lost)
    nominate(story, one, "default-1")
    assert story.trace(web).summary.endswith(f"NodeClaim default-1 is gone again: {NONE}.")


def test_no_node_comes_of_a_scale_up_that_failed_until_another_is_begun() -> None:
    story, web, one = begun()
    by, begins = "cluster-autoscaler", "pod triggered scale-up: [{a 0->1}]"
    story.tell(one, "TriggeredScaleUp", begins, by)
    why = "Node scale up in zones a associated with this pod failed: GCE out of resources."
    story.tell(one, "FailedScaleUp", why, by)
    trace = story.trace(web)
    assert (trace.state, trace.diagnosis) == ("stalled", "unschedulable")
    assert trace.summary.endswith(f"; {by} could not add a node: {why}")
    story.tell(one, "TriggeredScaleUp", begins, by)
    assert story.trace(web).state == "running"


def told_to_wait_for(story: Story, one: Json, target: str) -> None:
    story.tell(one, "Nominated", f"Pod should schedule on: {target}", "karpenter")


def test_no_more_is_expected_of_nodes_that_were_chosen_one_after_the_other_in_vain() -> None:
    """As Karpenter before 0.32 named Machines."""
    story, web, one = begun()
    for number in (1, 2):
        told_to_wait_for(story, one, f"machine/default-{number}")
        assert story.trace(web).state == "running"
    told_to_wait_for(story, one, "machine/default-3")
    trace = story.trace(web)
    assert (trace.state, trace.diagnosis) == ("stalled", "unschedulable")
    assert trace.summary.endswith("none yet: Pod should schedule on: machine/default-3.")


def test_nothing_is_expected_of_a_node_that_is_silent() -> None:
    story, web, one = begun()
    host = story.exists(node("node-9"))
    told_to_wait_for(story, one, "node/node-9")
    assert story.trace(web).state == "running"
    unknown = condition("Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting.")
    story.change(host, {"status": {"conditions": [unknown]}}, KCM, sub="status")
    story.wait(100)
    later(story)
    assert story.trace(web).diagnosis == "unschedulable"
