"""What a write answers: the write that made a controller act, not just the newest before it."""

import pytest

from eventstream.explain.vocabulary.records import Step
from tests.explain.stories import KCM, Json, Story
from tests.explain.things import (
    condition,
    deployment,
    node,
    owned_by,
    pod,
    replicaset,
    thing,
    website,
)

SITES = "site-operator"
FLUX = "kustomize.toolkit.fluxcd.io"
TAINT = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


def cause_of(story: Story, what: Json) -> Step | None:
    """The step that the object's newest one names as its cause."""
    steps = story.told().steps
    return steps.get(story.last(what).cause or "")


def answers(story: Story, what: Json, other: Json) -> bool:
    """Whether the object's newest write answers the newest one of another."""
    found = cause_of(story, what)
    return found is not None and found.id == story.last(other).id


def run_by_operator(story: Story) -> tuple[Json, Json]:
    """A custom resource that is done, and the Deployment that its controller made for it."""
    site = story.exists(website())
    story.change(site, {"status": {"ready": True}}, SITES, sub="status")
    web = deployment()
    web["metadata"]["ownerReferences"] = [owned_by(site)]
    story.create(web, SITES)
    story.wait(120)
    return site, web


def test_an_operator_sets_back_what_somebody_changed() -> None:
    story = Story()
    _, web = run_by_operator(story)
    story.change(web, {"spec": {"replicas": 5}}, "kubectl-edit")
    story.change(web, {"spec": {"replicas": 2}}, SITES)
    step = story.last(web)
    assert (step.actor, step.actor_name) == ("custom-controller", SITES)
    edit = story.step(web, -2)
    assert f"the MODIFIED event of Deployment web ({edit.resource_version})" in step.why
    assert "set back" in step.why


def test_a_label_that_is_set_back_answers_the_one_who_set_it() -> None:
    story = Story()
    _, web = run_by_operator(story)
    story.change(web, {"metadata": {"labels": {"team": "a"}}}, SITES)
    story.wait(60)
    story.change(web, {"metadata": {"labels": {"team": "b"}}}, "kubectl-label")
    edit = story.last(web)
    story.change(web, {"metadata": {"labels": {"team": "a"}}}, SITES)
    assert story.last(web).cause == edit.id


def test_what_an_operator_changes_beside_is_not_set_back() -> None:
    story = Story()
    _, web = run_by_operator(story)
    story.change(web, {"spec": {"replicas": 5}}, "kubectl-edit")
    story.change(web, {"spec": {"replicas": 3}}, SITES)
    assert "set back" not in story.last(web).why


def test_an_operator_makes_anew_what_was_deleted() -> None:
    story = Story()
    site, web = run_by_operator(story)
    story.delete(web)
    again = deployment()
    again["metadata"] |= {"uid": "uid-again", "ownerReferences": [owned_by(site)]}
    story.create(again, SITES)
    assert answers(story, again, web)


def test_nobody_is_said_to_answer_what_was_there_before() -> None:
    story = Story()
    site = story.exists(website())
    for ready in (1, 2):
        story.change(site, {"status": {"ready": ready}}, SITES, sub="status")
    step = story.last(site)
    assert step.why == "It looks after Website shopfront; what made it act now was not seen."
    assert (step.grades.why, step.cause) == ("unknown", None)


def test_a_mark_by_which_a_resource_is_to_be_looked_at_again_is_answered() -> None:
    story = Story()
    apps = story.exists(thing("Kustomization", "apps", f"{FLUX}/v1", spec={"prune": True}))
    story.change(apps, {"status": {"ready": 1}}, "kustomize-controller", sub="status")
    story.wait(120)
    asked = {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "now"}}}
    story.change(apps, asked, "flux")
    mark = story.last(apps)
    story.change(apps, {"status": {"ready": 2}}, "kustomize-controller", sub="status")
    assert story.last(apps).cause == mark.id


def claim(**spec: object) -> Json:
    asked = {"resources": {"requests": {"storage": "1Gi"}}, "volumeName": "pv-1"}
    return thing("PersistentVolumeClaim", "data", spec=asked | spec, status={"phase": "Bound"})


def test_what_has_no_generation_is_answered_as_anything_else() -> None:
    story = Story()
    data = story.exists(claim())
    more = {"spec": {"resources": {"requests": {"storage": "5Gi"}}}}
    story.change(data, more, "kubectl-patch")
    asked = story.last(data)
    resizing = {"status": {"conditions": [condition("Resizing", "True")]}}
    story.change(data, resizing, "csi-resizer", sub="status")
    assert story.last(data).cause == asked.id


def test_a_volume_is_released_as_its_claim_is_gone() -> None:
    story = Story()
    data = story.exists(claim())
    ref = {"namespace": "shop", "name": "data", "uid": data["metadata"]["uid"]}
    volume = thing("PersistentVolume", "pv-1", spec={"claimRef": ref}, status={"phase": "Bound"})
    del volume["metadata"]["namespace"]
    story.exists(volume)
    story.change(volume, {"metadata": {"labels": {"tier": "old"}}}, "kubectl-label")
    story.delete(data)
    story.change(volume, {"status": {"phase": "Released"}}, KCM, sub="status")
    assert answers(story, volume, data)


@pytest.mark.parametrize(("hard", "why"), [({}, "something goes"), ({"pods": "4"}, "received")])
def test_a_quota_is_not_counted_again_for_being_charged(hard: Json, why: str) -> None:
    story = Story()
    quota = story.exists(
        thing("ResourceQuota", "pods", spec={"hard": {"pods": "3"}}, status={"hard": {"pods": "3"}})
    )
    story.change(quota, {"status": {"used": {"pods": "1"}}}, "kube-apiserver", sub="status")
    if hard:
        story.change(quota, {"spec": {"hard": hard}}, "kubectl-edit")
    story.change(quota, {"status": {"used": {"pods": "0"}, "hard": hard}}, KCM, sub="status")
    step = story.last(quota)
    assert (step.actor, why in step.why) == ("resourcequota-controller", True)
    assert (step.cause is not None) == bool(hard)


def test_a_pod_is_adopted_and_one_too_many_goes_since_it_was_labelled() -> None:
    story = Story()
    owner = replicaset(replicas=1)
    owner["spec"]["selector"] = {"matchLabels": {"app": "web"}}
    story.create(owner, "kubectl-create")
    own = story.create(pod(owner), KCM)
    lone = story.exists(pod(None, "lone", labels={"app": "debug"}))
    story.change(lone, {"metadata": {"labels": {"app": "web"}}}, "kubectl-label")
    label = story.last(lone)
    story.change(lone, {"metadata": {"ownerReferences": [owned_by(owner)]}}, KCM)
    assert story.last(lone).cause == label.id
    story.mark(own, 30)
    step = story.last(own)
    assert (step.actor, step.rule) == ("replicaset-controller", "scaled-down")
    assert answers(story, own, lone)


def test_a_taint_follows_the_cordon_and_not_what_was_written_since() -> None:
    story = Story()
    host = story.create(node(), "kubelet")
    story.change(host, {"spec": {"unschedulable": True}}, "kubectl-cordon")
    cordon = story.last(host)
    story.change(host, {"metadata": {"labels": {"disk": "ssd"}}}, "kubectl-label")
    story.change(host, {"spec": {"taints": [TAINT]}}, KCM)
    assert story.last(host).cause == cordon.id


def test_where_all_components_share_a_name_a_taint_of_kubernetes_tells_whose_it_is() -> None:
    story = Story()
    host = story.create(node(), "k3s")
    story.change(host, {"spec": {"taints": [TAINT]}}, "k3s")
    step = story.last(host)
    assert (step.actor, step.grades.who) == ("node-lifecycle-controller", "inferred")


def test_a_job_is_failed_by_time_alone() -> None:
    story = Story()
    once = thing("Job", "once", "batch/v1", spec={"activeDeadlineSeconds": 10})
    story.create(once, "kubectl-create")
    late = condition("FailureTarget", "True", "DeadlineExceeded")
    story.change(once, {"status": {"conditions": [late]}}, KCM, sub="status")
    assert story.last(once).why == "The Job has run for 10 seconds (activeDeadlineSeconds)."


@pytest.mark.parametrize(("seen", "said"), [(True, False), (False, True)])
def test_what_was_seen_to_come_has_a_cause_that_was_seen(seen: bool, said: bool) -> None:
    story = Story()
    quota = thing("ResourceQuota", "pods", spec={"hard": {"pods": "3"}})
    (story.create if seen else story.exists)(quota, *["kubectl-create"][: int(seen)])
    story.change(quota, {"status": {"used": {"pods": "1"}}}, "kube-apiserver", sub="status")
    traces = story.told().traces.values()
    [cause] = [trace.cause for trace in traces if trace.existing]
    assert cause.endswith("its cause was not seen") == said
