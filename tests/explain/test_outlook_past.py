"""What was said before is not told as if it still were so; and what never was is not told."""

import pytest

from eventstream.objects.observations import Position
from tests.explain.stories import KCM, Json, Story
from tests.explain.test_outlook_placing import waits_for_claim
from tests.explain.test_outlook_stuck import claim, later, stands
from tests.explain.test_outlook_volumes import CLAIMED, volume
from tests.explain.things import POD_FINALIZER, condition, definition, node, pod, thing

UNBOUND = "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."


def test_a_claim_that_is_bound_by_now_is_not_what_a_pod_waits_for() -> None:
    story = Story()
    claim = thing("PersistentVolumeClaim", "data-db-0", spec={}, status={"phase": "Pending"})
    story.create(claim, KCM)
    db = waits_for_claim(story, UNBOUND)
    assert story.trace(db).diagnosis == "volume-pending"
    story.change(claim, {"status": {"phase": "Bound"}}, KCM, sub="status")
    trace = story.trace(db)
    assert (trace.state, trace.holder, trace.diagnosis) == ("running", "scheduler", None)
    assert trace.waiting_for == "a node for Pod db-0"
    later(story, 60.0)
    assert "unbound" not in story.trace(db).summary


def test_a_claim_of_an_ephemeral_volume_is_one_of_the_pods() -> None:
    story = Story()
    claim = thing("PersistentVolumeClaim", "data-db-0", spec={}, status={"phase": "Bound"})
    story.create(claim, KCM)
    own = pod(None, "web", "")
    source = {"claimName": "data-db-0"}
    made = {"name": "tmp", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}}
    own["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": source}, made]
    told = condition("PodScheduled", "False", "Unschedulable", UNBOUND)
    own["status"] = {"phase": "Pending", "conditions": [told]}
    story.create(own, "kubectl-create")
    scratch = thing("PersistentVolumeClaim", "web-tmp", owner=own, spec={})
    story.create(scratch | {"status": {"phase": "Pending"}}, KCM)
    assert "waits for PersistentVolumeClaim web-tmp, which is not bound" in story.trace(own).summary


def nominated(story: Story) -> Json:
    """A Pod for which somebody named a node that the scheduler does not take."""
    said = condition("PodScheduled", "False", "Unschedulable", "0/1 nodes are available: no.")
    own = pod(None, "train", "")
    own["status"] = {"phase": "Pending", "nominatedNodeName": "node-1", "conditions": [said]}
    return story.create(own, "kubectl-create")


def test_a_nomination_alone_is_no_sign_that_other_pods_have_to_stop() -> None:
    story = Story()
    story.exists(node())
    own = nominated(story)
    assert (
        story.trace(own).waiting_for == "room on node-1 for Pod train, for which that is nominated"
    )
    later(story, 60.0)
    assert story.trace(own).summary == "No node takes Pod train: no."


def test_on_a_node_that_does_not_exist_nobody_makes_room() -> None:
    story = Story("Node")
    assert story.trace(nominated(story)).summary == "No node takes Pod train: no."


def test_a_pod_that_never_had_a_node_failed_for_no_nodes_sake() -> None:
    story = Story()
    own = pod(None, "once-a", "")
    own["spec"] |= {"terminationGracePeriodSeconds": 30}
    story.create(own, "kubectl-create")
    story.mark(own, 0, [POD_FINALIZER])
    story.change(own, {"status": {"phase": "Failed"}}, KCM, sub="status")
    step = story.last(own)
    assert step.what == "The Pod garbage collector marked Pod once-a failed."
    assert step.why == "It is to go and never had a node, so no kubelet will report that it ended."
    assert step.loop is not None
    assert "node " not in step.loop.observe


@pytest.mark.parametrize(
    ("established", "words"),
    [
        ("True", "are not accepted as they are now asked for: shop is taken."),
        ("False", "are not accepted, so that it is not served: shop is taken."),
    ],
)
def test_a_type_whose_new_names_are_taken_is_served_by_those_of_before(
    established: str, words: str
) -> None:
    story = Story()
    type_ = definition()
    taken = condition("NamesAccepted", "False", "ShortNamesConflict", "shop is taken")
    type_["status"] = {"conditions": [condition("Established", established), taken]}
    assert story.trace(story.create(type_, "kubectl-create")).summary.endswith(words)


def test_a_volume_that_is_recycled_is_emptied_and_not_deleted() -> None:
    story = Story()
    trace = story.trace(volume(story, "Released", "Recycle", claimRef=CLAIMED))
    assert (trace.holder, trace.waiting_for) == (
        "persistentvolume-controller",
        (
            "PersistentVolume pv-1 to be emptied, as PersistentVolumeClaim data of namespace shop "
            "is gone"
        ),
    )


def test_a_pod_on_a_node_that_was_never_seen_does_not_say_that_it_existed() -> None:
    story = Story()
    story.exists(node("node-2"))
    own = pod(None, "web", "node-1")
    own["status"] = {"phase": "Pending"}
    story.create(own, "kubectl-create")
    later(story, 60.0)
    trace = story.trace(own)
    assert (trace.diagnosis, trace.summary) == (
        "node-lost",
        "Node node-1, to which Pod web is bound, is gone or never was.",
    )


def part_of_a_list(story: Story, kind: str) -> None:
    """Of a kind only what came so far of its first list is known."""
    story.shown = [
        seen
        for seen in story.shown
        if not (isinstance(seen, Position) and seen.resource.kind == kind)
    ]


@pytest.mark.parametrize(("whole", "diagnosis"), [(True, "volume-pending"), (False, None)])
def test_what_has_not_come_yet_in_a_long_list_is_not_said_to_be_missing(
    whole: bool, diagnosis: str | None
) -> None:
    story = Story()
    story.exists(thing("PersistentVolume", "pv-2", status={"phase": "Available"}))
    asks = story.create(claim("Pending", spec={"volumeName": "pv-1"}), "kubectl-create")
    later(story, 15.0)
    if not whole:
        part_of_a_list(story, "PersistentVolume")
    trace = story.trace(asks)
    assert trace.diagnosis == diagnosis
    assert ("does not exist" in trace.summary) is whole


@pytest.mark.parametrize(("whole", "diagnosis"), [(True, "node-lost"), (False, None)])
def test_a_node_that_has_not_come_yet_in_a_long_list_is_not_said_to_be_gone(
    whole: bool, diagnosis: str | None
) -> None:
    story = Story()
    story.exists(node("node-2"))
    own = pod(None, "web", "node-1")
    own["status"] = {"phase": "Pending"}
    story.create(own, "kubectl-create")
    later(story, 15.0)
    if not whole:
        part_of_a_list(story, "Node")
    assert story.trace(own).diagnosis == diagnosis


@pytest.mark.parametrize(("node_name", "phase", "held"), [("node-1", "Succeeded", True),
                                                           ("", "Pending", False)])  # fmt: skip
def test_a_claim_is_used_by_a_pod_that_ended_and_by_none_without_a_node(
    node_name: str, phase: str, held: bool
) -> None:
    story = Story()
    data = story.exists(claim("Bound"))
    uses = pod(name="once-a", node_name=node_name)
    uses["spec"] = uses["spec"] | {"volumes": [{"persistentVolumeClaim": {"claimName": "data"}}]}
    uses["status"] = {"phase": phase}
    story.exists(uses)
    story.mark(data, finalizers=["kubernetes.io/pvc-protection"])
    trace = stands(story, data)
    assert (trace.holder == "client") is held
    assert trace.summary.endswith("that it has ended does not count.") is held
