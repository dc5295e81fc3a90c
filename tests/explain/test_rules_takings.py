"""A mere removal leaves no managedFields entry: who last held the field is not who took it."""

import pytest

from tests.explain.stories import KCM, Json, Story
from tests.explain.things import (
    condition,
    definition,
    deployment,
    node,
    pod,
    replicaset,
    thing,
    website,
)


def test_a_label_that_is_taken_from_a_pod_was_not_taken_by_who_made_the_pod() -> None:
    story = Story()
    rs = story.create(replicaset(replicas=1), "kubectl-create")
    made = story.create(pod(rs, labels={"app": "web", "tier": "front"}), KCM)
    story.change(made, {"metadata": {"labels": {"app": None}}})
    step = story.last(made)
    assert (step.actor, step.grades.who) == ("client", "inferred")
    assert step.what == "A client changed Pod web-1-a: metadata.labels.app removed."
    story.change(made, {"metadata": {"ownerReferences": []}})
    assert (story.last(made).actor, story.last(made).rule) == ("replicaset-controller", "released")


def test_a_cordon_and_its_end_are_a_clients() -> None:
    story = Story()
    host = story.create(node(), "kubelet")
    story.change(host, {"spec": {"unschedulable": True}}, "kubectl")
    story.change(host, {"spec": {"unschedulable": None}})
    assert [story.step(host, n).actor for n in (1, 2)] == ["client"] * 2
    assert "spec.unschedulable from true to false" in story.last(host).what


def test_a_rollout_that_is_resumed_is_a_clients_and_begins_a_trace() -> None:
    story = Story()
    web = story.create(deployment(), "kubectl-create")
    story.change(web, {"spec": {"paused": True}}, "kubectl-rollout")
    story.change(web, {"spec": {"paused": None}})
    assert (story.last(web).actor, story.last(web).cause) == ("client", None)
    assert story.last(web).trace != story.step(web, 1).trace


def test_a_scheduling_gate_is_taken_by_a_client() -> None:
    story = Story()
    gated = pod(None, "gated", "")
    gated["spec"]["schedulingGates"] = [{"name": "example.com/ready"}]
    story.create(gated, KCM)
    story.change(gated, {"spec": {"schedulingGates": None}})
    assert story.last(gated).actor == "client"


@pytest.mark.parametrize("owner", [None, website()])
def test_what_an_operator_owns_may_have_lost_it_to_the_operator(owner: Json | None) -> None:
    story = Story()
    if owner is not None:
        story.exists(owner)
    child = thing("ConfigMap", "settings", owner=owner, metadata={"labels": {"a": "b"}})
    story.create(child, "operator")
    story.change(child, {"metadata": {"labels": {"a": None}}})
    assert story.last(child).actor == ("unknown" if owner else "client")


def test_an_annotation_of_kubernetes_own_may_have_been_a_controllers_to_take() -> None:
    story = Story()
    claim = thing("PersistentVolumeClaim", "data")
    story.create(claim, "kubectl-create")
    chosen = "volume.kubernetes.io/selected-node"
    story.change(claim, {"metadata": {"annotations": {chosen: "node-1"}}}, "kube-scheduler")
    story.change(claim, {"metadata": {"annotations": {chosen: None}}})
    assert story.last(claim).actor == "unknown"


def test_a_status_loses_fields_to_those_who_write_it() -> None:
    story = Story()
    bound = story.create(pod(None, "bare"), "kubectl-run")
    story.change(
        bound, {"status": {"hostIP": "10.0.0.1", "reason": "Odd"}}, "kubelet", sub="status"
    )
    story.change(bound, {"status": {"reason": None}}, "")
    assert story.last(bound).actor == "kubelet"


@pytest.mark.parametrize(
    ("key", "actor"),
    [("example.com/batch", "client"), ("node.cloudprovider.kubernetes.io/x", "unknown")],
)
def test_the_last_taint_of_ones_own_is_taken_by_a_client(key: str, actor: str) -> None:
    story = Story()
    host = story.create(node(), "kubelet")
    taint = {"key": key, "effect": "NoExecute"}
    story.change(host, {"spec": {"taints": [taint]}}, "kubectl-taint")
    story.change(host, {"spec": {"taints": None}})
    assert story.last(host).actor == actor


def test_a_status_that_changed_out_of_sight_is_of_who_reports_more_than_conditions() -> None:
    story = Story()
    bound = story.create(pod(None, "bare"), "kubectl-run")
    unplaced = {"conditions": [condition("PodScheduled", "False")]}
    story.change(bound, {"status": unplaced}, "kube-scheduler", sub="status")
    story.change(bound, {"status": {"hostIP": "10.0.0.1", "hostIPs": "a"}}, "kubelet", sub="status")
    story.at -= 1.0  # Within the second of the report before, so that no time moves.
    story.change(bound, {"status": {"hostIPs": "b"}}, "kubelet", sub="status")
    step = story.last(bound)
    assert [change.path for change in step.changes] == ["status"]
    assert step.actor == "kubelet"


def contents(story: Story, name: str, maker: str) -> Json:
    """A custom resource that stands for another, as a VolumeSnapshotContent does; none owns it."""
    asked = thing("Content", name, "stable.example.com/v1", spec={"of": "shopfront"})
    return story.create(asked, maker)


@pytest.mark.parametrize(
    ("maker", "actor"), [("site-operator", "unknown"), ("kubectl-create", "client")]
)
def test_a_custom_resource_that_another_ones_controller_made_may_be_deleted_by_it(
    maker: str, actor: str
) -> None:
    """Its own controller reports on it, and is not who made it."""
    story = Story()
    story.exists(definition())
    site = story.create(website(), "kubectl-create")
    story.change(site, {"status": {"phase": "Ready"}}, "site-operator", sub="status")
    content = contents(story, "content-1", maker)
    story.change(content, {"status": {"phase": "Ready"}}, "sidecar", sub="status")
    story.mark(content, finalizers=["example.com/content"])
    step = story.last(content)
    assert step.actor == actor
    assert ("site-operator" in step.why) == (actor == "unknown")
