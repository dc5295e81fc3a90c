"""Superseded means replaced; and each change says on every list what it changed."""

from typing import Any

import pytest

from eventstream.explain.vocabulary.records import Trace
from tests.explain.stories import KCM, Json, Story
from tests.explain.things import (
    deployment,
    pod,
    replicaset,
    statefulset,
    template,
    thing,
    website,
)

SET, SCALE, ROLLOUT = "kubectl-set", "kubectl-scale", "kubectl-rollout"
MISSING = {"waiting": {"reason": "ImagePullBackOff", "message": "manifest unknown: not found"}}


def image(name: str) -> Json:
    return {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": name}]}}}}


def traces_of(story: Story, root: Json) -> list[Trace]:
    """The traces of an object, oldest first."""
    found = [t for t in story.told().traces.values() if t.root.uid == root["metadata"]["uid"]]
    return sorted(found, key=lambda trace: trace.started)


def stuck(story: Story) -> tuple[Json, Json]:
    """A Deployment that was given an image that does not exist."""
    web = story.exists(deployment(replicas=1))
    story.change(web, image("nginx:99"), SET)
    new = replicaset(web, "web-2", 1)
    new["spec"] |= image("nginx:99")["spec"]
    new["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": "2"}
    story.create(new, KCM)
    waits = pod(new, "web-2-a")
    waits["status"] = {"phase": "Pending", "containerStatuses": [{"name": "c", "state": MISSING}]}
    story.create(waits, KCM)
    return web, new


def scale_by_hand(story: Story, web: Json) -> str:
    story.change(web, {"spec": {"replicas": 3}}, SCALE, sub="scale")
    return f"scaled 1 → 3 by {SCALE} (a name the client chose)"


def scale_by_autoscaler(story: Story, web: Json) -> str:
    spec = {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "maxReplicas": 5}
    story.exists(thing("HorizontalPodAutoscaler", "web", "autoscaling/v2", spec=spec))
    story.change(web, {"spec": {"replicas": 3}}, KCM, sub="scale")
    return "scaled 1 → 3 by HorizontalPodAutoscaler web"


@pytest.mark.parametrize("since", [scale_by_hand, scale_by_autoscaler])
def test_a_stall_stays_with_the_change_that_brought_the_image(since: Any) -> None:
    story = Story()
    web, _ = stuck(story)
    said = since(story, web)
    brought, later = traces_of(story, web)[-2:]
    assert (brought.state, brought.diagnosis) == ("stalled", "image-not-found")
    assert brought.summary.endswith(f" Since then: {said}.")
    assert (later.state, later.diagnosis, later.cause) == ("running", None, said)
    assert later.summary.startswith(f"Waiting for an earlier change ({brought.cause}), which is")


def test_a_label_does_not_supersede() -> None:
    story = Story()
    web, _ = stuck(story)
    story.change(web, {"metadata": {"labels": {"team": "a"}}}, "kubectl-label")
    assert "image-not-found" in [trace.diagnosis for trace in traces_of(story, web)]


def test_another_template_does() -> None:
    story = Story()
    web, _ = stuck(story)
    story.change(web, image("nginx:2"), SET)
    brought, mended = traces_of(story, web)[-2:]
    assert brought.state == "superseded"
    assert mended.state == "running"
    assert mended.cause == "image of c nginx 99 → 2 by kubectl-set (a name the client chose)"


def test_a_scale_supersedes_a_scale() -> None:
    story = Story()
    web = story.exists(deployment(replicas=1))
    story.change(web, {"spec": {"replicas": 2}}, SCALE)
    story.change(web, {"spec": {"replicas": 3}}, SCALE)
    first, second = traces_of(story, web)[-2:]
    assert (first.state, second.state) == ("superseded", "running")


def test_the_stage_that_is_stuck_is_marked() -> None:
    story = Story()
    web, _ = stuck(story)
    story.change(web, {"spec": {"replicas": 3}}, SCALE, sub="scale")
    brought = traces_of(story, web)[-2]
    assert [stage.name for stage in brought.stages if stage.state == "stalled"] == ["started"]


PATCHES = [
    ({"spec": {"paused": True}}, "paused"),
    ({"spec": {"replicas": 7}}, "scaled 2 → 7"),
    (image("nginx:1.27"), "image of c nginx 1 → 1.27"),
    (image("mirror.example:5000/nginx:1"), "image of c nginx:1 → mirror.example:5000/nginx:1"),
    (image("nginx@sha256:ab"), "image of c nginx:1 → nginx@sha256:ab"),
    (
        {"spec": {"template": {"metadata": {"annotations": {
            "kubectl.kubernetes.io/restartedAt": "2027-01-15T08:00:00Z"}}}}},
        "restarted",
    ),
    ({"spec": {"minReadySeconds": 5}}, "minReadySeconds changed"),
    (image("nginx:2") | {"spec": image("nginx:2")["spec"] | {"replicas": 4}},
     "image of c nginx 1 → 2 and scaled 2 → 4"),
]  # fmt: skip


@pytest.mark.parametrize(("patch", "what"), PATCHES, ids=[what for _, what in PATCHES])
def test_a_trace_says_what_changed(patch: Json, what: str) -> None:
    story = Story()
    web = story.exists(deployment())
    story.change(web, patch, "kubectl-patch")
    assert story.trace(web).cause == f"{what} by kubectl-patch (a name the client chose)"


def test_a_rollback_names_the_revision_that_it_goes_back_to() -> None:
    story = Story()
    web = story.exists(deployment())
    old = replicaset(web)
    old["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": "4"}
    labels = {"labels": {"pod-template-hash": "1"}}
    old["spec"]["template"] = template() | {"metadata": labels}
    story.exists(old)
    story.change(web, image("nginx:2"), SET)
    story.change(web, image("nginx:1"), ROLLOUT)
    assert story.trace(web).cause == (
        "rolled back to revision 4 (image of c nginx 2 → 1) by kubectl-rollout "
        "(a name the client chose)"
    )


def test_a_set_that_is_scaled_while_it_rolls_goes_on_with_its_template() -> None:
    story = Story()
    db = story.exists(statefulset(replicas=2))
    story.change(db, image("pg:99"), SET)
    story.change(db, {"spec": {"replicas": 3}}, SCALE)
    assert [trace.state for trace in traces_of(story, db)[-2:]] == ["running", "running"]


EVICTORS = [
    ("Evicted", "Evicted pod: Underutilized", "karpenter"),
    ("EvictedByVPA", "Pod was evicted by VPA Updater to apply resource", "vpa-updater"),
    ("ScaleDown", "deleting pod for node scale down", "cluster-autoscaler"),
    ("LowNodeUtilization", "pod evicted from node-1 node", "sigs.k8s.io/descheduler"),
]


@pytest.mark.parametrize(("reason", "message", "component"), EVICTORS)
def test_who_evicts_on_its_own_account_is_named(reason: str, message: str, component: str) -> None:
    story = Story("Event", "Node")
    web = story.exists(deployment(replicas=1))
    run = story.exists(pod(story.exists(replicaset(web, replicas=1))))
    target = {"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}
    story.change(run, {"status": {"conditions": [target]}}, "kube-apiserver", sub="status")
    story.mark(run, 30)
    evicted = story.last(run)
    assert (evicted.actor, evicted.actor_name) == ("client", "")
    story.tell(run, reason, message, component)
    evicted = story.last(run)
    assert (evicted.actor, evicted.actor_name) == ("custom-controller", component)
    assert evicted.what.startswith(f"{component} evicted Pod")
    assert any(message in proof.text and proof.claim == "who" for proof in evicted.evidence)


def test_a_kubelet_that_tells_of_an_eviction_is_no_client() -> None:
    story = Story()
    run = story.exists(pod())
    target = {"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}
    story.change(run, {"status": {"conditions": [target]}}, "kube-apiserver", sub="status")
    story.mark(run, 30)
    story.tell(run, "Evicted", "The node was low on resource: memory", "kubelet")
    assert story.last(run).actor_name == ""


def test_a_custom_resource_that_is_scaled_leaves_the_stall_with_its_other_change() -> None:
    story = Story()
    site = story.exists(website(spec={"replicas": 1, "size": 1}))
    made = replicaset(site, "site-1", 1)
    made["metadata"]["ownerReferences"][0]["controller"] = True
    story.exists(made)
    story.change(site, {"spec": {"replicas": 2}}, SCALE)
    story.change(site, {"spec": {"size": 2}}, "kubectl-patch")
    waits = pod(made, "site-1-a")
    waits["status"] = {"phase": "Pending", "containerStatuses": [{"name": "c", "state": MISSING}]}
    story.create(waits, KCM)
    told = {trace.cause.partition(" by ")[0]: trace.state for trace in traces_of(story, site)}
    assert (told["scaled 1 → 2"], told["size changed"]) == ("running", "stalled")


def test_a_report_in_a_type_without_a_status_apart_asks_for_nothing_anew() -> None:
    story = Story()
    site = story.create(website())
    for number in (2, 3):
        site["metadata"]["generation"] = number
        story.change(site, {"status": {"seen": number}})
    assert {trace.state for trace in story.told().traces.values()} == {"unknown"}
    story.change(site, {"spec": {"replicas": 5}})
    assert "superseded" in {trace.state for trace in story.told().traces.values()}
