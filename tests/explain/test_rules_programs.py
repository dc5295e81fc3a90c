"""Programs that run in a cluster beside Kubernetes: what shows their work, and what leaves it open.

Each writes as its source has it, under the name that the API shows.
"""

from typing import Any

import pytest

from tests.explain.stories import KCM, Json, Story
from tests.explain.things import (
    condition,
    deployment,
    owned_by,
    pod,
    replicaset,
    statefulset,
    thing,
    website,
)

FLUX = "kustomize.toolkit.fluxcd.io"
_FLUX_LABELS = {f"{FLUX}/name": "apps", f"{FLUX}/namespace": "shop"}
_NEWEST = {"controller-revision-hash": "db-old"}
_ARGO_ID = {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web"}


def told(story: Story, what: Json) -> tuple[str, str]:
    step = story.last(what)
    return step.actor, step.why


@pytest.mark.parametrize(
    ("manager", "marks"),
    [
        ("kustomize-controller", {"labels": _FLUX_LABELS}),
        ("argocd-controller", {"annotations": _ARGO_ID}),
        ("argocd-controller", {}),
    ],
)
def test_what_was_applied_from_git_may_be_pruned_or_deleted_by_a_client(
    manager: str, marks: Json
) -> None:
    story = Story()
    web = deployment()
    web["metadata"] |= marks
    story.create(web, manager, op="Apply")
    story.wait(300)
    story.delete(web)
    actor, why = told(story, web)
    assert (actor, manager in why) == ("unknown", True)


def test_a_release_that_its_controller_only_reports_on_was_a_clients_to_delete() -> None:
    story = Story()
    release = thing("HelmRelease", "web", "helm.toolkit.fluxcd.io/v2", spec={"chart": {}})
    story.create(release, "kubectl-create")
    ready = {"status": {"conditions": [condition("Ready", "True")]}}
    story.change(release, ready, "helm-controller", sub="status")
    story.delete(release)
    assert told(story, release)[0] == "client"


def test_what_was_applied_goes_with_the_resource_whose_finalizer_waits_for_that() -> None:
    story = Story()
    apps = thing("Kustomization", "apps", f"{FLUX}/v1", spec={"prune": True})
    story.create(apps, "kubectl-create")
    story.change(apps, {"metadata": {"finalizers": ["finalizers.fluxcd.io"]}}, "gotk-kustomize")
    web = deployment()
    web["metadata"]["labels"] = _FLUX_LABELS
    story.create(web, "kustomize-controller", op="Apply")
    story.wait(300)
    story.mark(apps, finalizers=["finalizers.fluxcd.io"])
    story.delete(web)
    step = story.last(web)
    assert (step.actor, step.actor_name) == ("custom-controller", "kustomize-controller")
    assert step.cause == story.last(apps).id


def test_pods_of_a_set_that_belongs_to_a_custom_resource_may_be_its_controllers_to_let_go() -> None:
    """As LeaderWorkerSets restart a group, and Elasticsearch's operator rolls in its own order."""
    story = Story()
    site = story.exists(website())
    db = statefulset()
    db["metadata"]["ownerReferences"] = [owned_by(site)]
    db["status"]["observedGeneration"] = 1
    story.exists(db)
    below = story.exists(pod(db, "db-1", labels=_NEWEST))
    alone = statefulset("plain")
    alone["status"]["observedGeneration"] = 1
    story.exists(alone)
    plain = story.exists(pod(alone, "plain-1", labels=_NEWEST))
    story.mark(below, 30)
    story.mark(plain, 30)
    actor, why = told(story, below)
    assert (actor, "the custom controller of Website shopfront" in why) == ("unknown", True)
    assert told(story, plain)[0] == "client"


def test_an_event_about_a_later_pod_of_the_same_name_says_nothing_of_the_one_before() -> None:
    """Events of a StatefulSet name no uid of a Pod, and the next Pod has the same name."""
    story = Story()
    db = story.exists(statefulset())
    first = story.exists(pod(db, "db-1"))
    story.mark(first, 30)
    story.stop(first)
    again = pod(db, "db-1")
    again["metadata"]["uid"] = "uid-pod-db-1-again"
    story.create(again, KCM)
    story.wait(60)
    story.change(db, {"spec": {"replicas": 1}}, "kubectl", sub="scale")
    story.mark(again, 30)
    said = "delete Pod db-1 in StatefulSet db successful"
    at: dict[str, Any] = {"firstTimestamp": "2027-01-15T08:01:08Z"}
    at["lastTimestamp"] = at["firstTimestamp"]
    story.tell(db, "SuccessfulDelete", said, "statefulset-controller", **at)
    assert story.step(first, 0).actor == "client"
    assert story.last(again).actor == "statefulset-controller"


def test_a_volumes_phase_is_its_controllers_and_who_provisioned_it_may_delete_it() -> None:
    story = Story()
    spec = {"persistentVolumeReclaimPolicy": "Delete"}
    volume = thing("PersistentVolume", "pv-1", spec=spec, status={"phase": "Bound"})
    del volume["metadata"]["namespace"]
    kept = thing("PersistentVolume", "pv-2", spec=spec, status={"phase": "Available"})
    del kept["metadata"]["namespace"]
    story.exists(volume)
    story.exists(kept)
    story.change(volume, {"status": {"phase": "Released"}}, KCM, sub="status")
    assert told(story, volume)[0] == "persistentvolume-controller"
    story.mark(volume, finalizers=["kubernetes.io/pv-protection"])
    story.mark(kept, finalizers=["kubernetes.io/pv-protection"])
    actor, why = told(story, volume)
    assert (actor, "whoever provisioned it" in why) == ("unknown", True)
    assert told(story, kept)[0] == "client"


def test_a_pod_that_is_deleted_below_a_deployment_of_an_operators_was_a_clients() -> None:
    story = Story()
    web = deployment(replicas=1)
    web["metadata"]["ownerReferences"] = [owned_by(story.exists(website()))]
    story.exists(web)
    below = story.exists(pod(story.exists(replicaset(web, replicas=1))))
    story.mark(below, 30)
    assert told(story, below)[0] == "client"
