"""Programs that run in a cluster beside Kubernetes: what shows their work, and what leaves it open.

Each writes as its source has it, under the name that the API shows.
"""

from typing import Any

import pytest

from eventstream.explain.vocabulary.declared.tools import LIBRARIES
from tests.explain.stories import KCM, Json, Story
from tests.explain.things import (
    condition,
    deployment,
    node,
    owned_by,
    pod,
    replicaset,
    statefulset,
    thing,
    website,
)

FLUX = "kustomize.toolkit.fluxcd.io"
_FLUX_LABELS = {f"{FLUX}/name": "apps", f"{FLUX}/namespace": "shop"}
_DISRUPTED = {"key": "karpenter.sh/disrupted", "effect": "NoSchedule"}
_TO_GO = {"key": "ToBeDeletedByClusterAutoscaler", "effect": "NoSchedule"}
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


def evicted(story: Story, about: Json) -> None:
    """The eviction API sets a condition, and deletes, for whoever asked."""
    said = condition("DisruptionTarget", "True", "EvictionByEvictionAPI", "Eviction API: evicting")
    story.change(about, {"status": {"conditions": [said]}})
    story.mark(about, 30)


@pytest.mark.parametrize(
    ("manager", "closed", "actor"),
    [
        ("kubectl-drain", {"unschedulable": True}, "client"),
        ("machine-config-controller", {"unschedulable": True}, "unknown"),
        ("karpenter", {"taints": [_DISRUPTED]}, "unknown"),
        (
            "cluster-autoscaler",
            {"taints": [_TO_GO]},
            "unknown",
        ),
        ("platform", {"taints": [{"key": "dedicated", "effect": "NoSchedule"}]}, "client"),
    ],
)  # fmt: skip
def test_who_closed_a_node_may_be_who_evicts_from_it(
    manager: str, closed: Json, actor: str
) -> None:
    story = Story("Event")
    host = story.exists(node())
    doomed = story.exists(pod(story.exists(replicaset(story.exists(deployment())))))
    story.change(host, {"spec": closed}, manager)
    evicted(story, doomed)
    steps = [story.step(doomed, number) for number in (0, 1)]
    assert [step.actor for step in steps] == [actor] * 2
    assert [manager in step.why for step in steps] == [actor == "unknown"] * 2


@pytest.mark.parametrize("cordoned", [False, True])
def test_a_controller_may_evict_pods_of_its_resource_where_no_node_is_drained(
    cordoned: bool,
) -> None:
    """As Argo Rollouts restarts Pods of the ReplicaSets that it made."""
    story = Story("Event")
    host = story.exists(node())
    if cordoned:
        story.change(host, {"spec": {"unschedulable": True}}, "kubectl-cordon")
    made = replicaset(story.exists(website()), "site-1", 1)
    doomed = story.exists(pod(story.exists(made), "site-1-a"))
    evicted(story, doomed)
    step = story.last(doomed)
    assert step.actor == ("client" if cordoned else "unknown")
    assert ("Website shopfront" in step.why) is not cordoned


@pytest.mark.parametrize(("shown", "why"), [(("Node",), "Events"), (("Event",), "node")])
def test_an_eviction_is_open_for_who_is_not_shown_what_would_tell_of_it(
    shown: tuple[str, ...], why: str
) -> None:
    story = Story(*shown)
    doomed = story.exists(pod())
    evicted(story, doomed)
    assert told(story, doomed)[0] == "unknown"
    assert why in story.last(doomed).why
    story.tell(doomed, "Evicted", "Evicted pod: Underutilized", "karpenter")
    assert told(story, doomed)[0] == "custom-controller"


def test_a_cluster_autoscalers_taint_is_a_mark_of_its_own_name() -> None:
    story = Story()
    host = story.exists(node())
    story.change(host, {"spec": {"taints": [_TO_GO]}}, "cluster-autoscaler")
    assert told(story, host)[0] == "unknown"


@pytest.mark.parametrize(
    ("manager", "asked", "actor"),
    [
        ("vc-scheduler", "volcano", "scheduler"),
        ("yunikorn_scheduler", "yunikorn", "scheduler"),
        ("kubectl-edit", "volcano", "client"),
        ("vc-scheduler", "default-scheduler", "custom-controller"),
    ],
)
def test_a_scheduler_of_ones_own_says_that_it_found_no_node_under_any_name(
    manager: str, asked: str, actor: str
) -> None:
    story = Story()
    batch = pod(None, "batch", "")
    batch["spec"]["schedulerName"] = asked
    story.create(batch, "kubectl-create")
    full = {"conditions": [condition("PodScheduled", "False", "Unschedulable", "gang")]}
    story.change(batch, {"status": full}, manager, sub="status")
    assert told(story, batch)[0] == actor


def ingress() -> Json:
    return thing("Ingress", "web", "networking.k8s.io/v1", spec={"ingressClassName": "nginx"})


@pytest.mark.parametrize(
    ("manager", "actor"),
    [
        ("nginx-ingress-controller", "custom-controller"),
        ("kubectl-edit", "client"),
        ("curl", "unknown"),
        ("Mozilla", "client"),
        ("OpenAPI-Generator", "unknown"),
        ("cloud-controller-manager", "unknown"),
    ],
)
def test_who_reports_on_what_is_kubernetes_own_is_a_controller_if_no_tool(
    manager: str, actor: str
) -> None:
    story = Story()
    web = story.create(ingress(), "kubectl-create")
    address = {"status": {"loadBalancer": {"ingress": [{"ip": "10.0.0.9"}]}}}
    story.change(web, address, manager, sub="status")
    step = story.last(web)
    assert (step.actor, step.actor_name) == (actor, manager)
    if actor == "custom-controller":
        assert step.cause == story.step(web, 0).id
        assert step.grades.who == "inferred"
    if manager in LIBRARIES:
        assert f"{manager} is a name that scripts and controllers bear alike" in step.why


@pytest.mark.parametrize(
    ("manager", "more", "actor"),
    [
        ("controller", {}, "custom-controller"),
        ("ansible-operator", {}, "custom-controller"),
        ("kubectl-patch", {}, "client"),
        ("helm", {}, "client"),
        ("controller", {"spec": {"ingressClassName": "alb"}}, "client"),
    ],
)
def test_who_only_puts_a_finalizer_on_what_others_made_is_a_controller_if_no_tool(
    manager: str, more: Json, actor: str
) -> None:
    story = Story()
    web = story.create(ingress(), "kubectl-create")
    held = {"metadata": {"finalizers": ["ingress.k8s.aws/resources"]}}
    story.change(web, held | more, manager)
    assert told(story, web)[0] == actor


@pytest.mark.parametrize(
    ("manager", "actors"),
    [
        ("fabric8-kubernetes-client", ["custom-controller", "unknown"]),
        ("kubectl-create", ["client", "client"]),
    ],
)
def test_who_names_an_owner_of_what_it_makes_is_a_controller_if_no_tool(
    manager: str, actors: list[str]
) -> None:
    """As a Spark driver makes its executors; who makes a custom resource may just ask for one."""
    story = Story()
    driver = story.exists(pod(None, "driver"))
    executor = story.create(pod(driver, "executor", ""), manager)
    secured = thing("Certificate", "web", "cert-manager.io/v1", story.exists(ingress()), spec={})
    story.create(secured, manager)
    assert [told(story, made)[0] for made in (executor, secured)] == actors


def test_a_pod_that_names_a_replicaset_as_its_owner_was_made_by_whoever_is_named() -> None:
    story = Story()
    rs = story.exists(replicaset(story.exists(deployment())))
    made = story.create(pod(rs, "web-1-x", ""), "velero-server")
    assert told(story, made)[0] == "client"


def test_of_an_object_that_is_shown_without_managed_fields_only_its_mark_tells_who_prunes() -> None:
    story = Story()
    web = deployment()
    web["metadata"]["labels"] = _FLUX_LABELS
    story.delete(story.exists(web))
    actor, why = told(story, web)
    assert (actor, "kustomize-controller" in why) == ("unknown", True)


def test_without_managed_fields_nobody_is_named_for_what_went_either() -> None:
    story = Story()
    held = story.exists(thing("Job", "train", "batch/v1", spec={"suspend": True}))
    story.change(held, {"spec": {"suspend": False}})
    assert told(story, held)[0] == "unknown"
