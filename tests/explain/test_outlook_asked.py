"""What is asked of a Pod that runs: a resize in place, a container to look at it."""

import pytest

from tests.explain.stories import Json, Story
from tests.explain.things import condition, pod

MORE: Json = {"name": "c", "image": "nginx:1", "resources": {"requests": {"cpu": "9"}}}


def resized(story: Story) -> Json:
    one = story.exists(pod(None, "web"))
    story.change(one, {"spec": {"containers": [MORE]}}, "kubectl-patch", sub="resize")
    return one


def says(story: Story, one: Json, *conditions: Json) -> None:
    seen = one["metadata"]["generation"]
    status = {"conditions": [condition("Ready", "True"), *conditions], "observedGeneration": seen}
    story.change(one, {"status": status}, "kubelet", sub="status")


REFUSED = [
    (
        "Infeasible",
        (
            "The resize of Pod web is not done and cannot be on its node as that is (Infeasible): "
            "no room."
        ),
    ),
    ("Deferred", "The resize of Pod web is not done (Deferred): no room."),
]


@pytest.mark.parametrize(("reason", "summary"), REFUSED)
def test_a_resize_that_the_node_cannot_do_is_not_complete(reason: str, summary: str) -> None:
    story = Story()
    one = resized(story)
    trace = story.trace(one)
    assert (trace.state, trace.holder) == ("running", "kubelet")
    assert trace.waiting_for == "the resize of Pod web"
    says(story, one, condition("PodResizePending", "True", reason, "no room"))
    trace = story.trace(one)
    assert (trace.state, trace.diagnosis, trace.summary) == ("stalled", "unschedulable", summary)
    says(story, one)
    assert story.trace(one).state == "complete"


def test_a_resize_under_way_is_waited_for_and_one_that_fails_is_told() -> None:
    story = Story()
    one = resized(story)
    says(story, one, condition("PodResizeInProgress", "True"))
    assert story.trace(one).state == "running"
    says(story, one, condition("PodResizeInProgress", "True", "Error", "runtime says no"))
    trace = story.trace(one)
    assert (trace.state, trace.diagnosis) == ("stalled", "start-failed")
    assert trace.summary == "The resize of Pod web fails: runtime says no."


def looked_at(story: Story, state: Json | None) -> Json:
    one = story.exists(pod(None, "web"))
    added = {"ephemeralContainers": [{"name": "shell", "image": "busybox:none"}]}
    story.change(one, {"spec": added}, "kubectl-debug", sub="ephemeralcontainers")
    if state is not None:
        reported = {"ephemeralContainerStatuses": [{"name": "shell", "state": state}]}
        story.change(one, {"status": reported}, "kubelet", sub="status")
    return one


def test_an_ephemeral_container_has_to_run_first() -> None:
    story = Story()
    trace = story.trace(looked_at(story, None))
    assert (trace.state, trace.waiting_for) == (
        "running",
        "ephemeral container shell of Pod web to run",
    )
    story = Story()
    lacking = {"waiting": {"reason": "ErrImagePull", "message": "manifest unknown"}}
    trace = story.trace(looked_at(story, lacking))
    assert (trace.state, trace.diagnosis) == ("stalled", "image-not-found")
    assert trace.summary.startswith("Pod web cannot get image busybox:none")
    story = Story()
    assert story.trace(looked_at(story, {"running": {}})).state == "complete"


def test_an_older_kubelet_answers_a_resize_also_where_nobody_is_named() -> None:
    """Without observedGeneration, and as in a recording without managedFields."""
    story = Story()
    one = story.exists(pod(None, "web"))
    more = [{"name": "c", "image": "nginx:1", "resources": {"requests": {"cpu": "2"}}}]
    story.change(one, {"spec": {"containers": more}})
    assert story.trace(one).waiting_for == "the resize of Pod web"
    story.change(one, {"status": {"podIP": "10.0.0.9"}})
    assert story.trace(one).state == "complete"
