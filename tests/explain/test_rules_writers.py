"""Who wrote what, for the writes that the recordings do not show: each as Kubernetes makes it."""

import pytest

from tests.explain.stories import KCM, Json, Story
from tests.explain.things import (
    condition,
    deployment,
    node,
    owned_by,
    pod,
    replicaset,
    revision,
    statefulset,
    thing,
    website,
)

RUNNING = {"hostIP": "10.0.0.1", "startTime": "2027-01-15T08:00:00Z", "phase": "Running"}


def bare(story: Story) -> Json:
    return story.exists(pod(None, "bare", ""))


@pytest.mark.parametrize(
    ("manager", "actor"),
    [("kubelet", "kubelet"), ("hollow-kubelet", "kubelet"), ("kubectl-edit", "client")],
)
def test_a_pods_status_is_its_kubelets_whatever_it_calls_itself(manager: str, actor: str) -> None:
    story = Story()
    bound = story.exists(pod())
    story.change(bound, {"status": RUNNING}, manager, sub="status")
    assert story.last(bound).actor == actor


def test_who_says_which_generation_of_a_pod_it_has_seen_is_its_kubelet() -> None:
    story = Story()
    bound = story.exists(pod())
    story.change(bound, {"status": {"observedGeneration": 2}}, "hollow-kubelet", sub="status")
    assert story.last(bound).actor == "kubelet"


def test_an_entry_that_keeps_only_a_map_whose_parts_others_took_wrote_nothing() -> None:
    """In a burst no time moves, and the map by itself stands where its parts had stood."""
    story = Story()
    quota = thing("ResourceQuota", "pods", spec={"hard": {"pods": "9"}})
    quota["status"] = {"hard": {"pods": "9"}, "used": {"pods": "2"}}
    counted: Json = {"f:hard": {".": {}, "f:pods": {}}, "f:used": {".": {}, "f:pods": {}}}
    quota["metadata"]["managedFields"] = [
        charged := reports("kube-apiserver", {"f:hard": {}}),
        counter := reports(KCM, counted),
    ]
    story.exists(quota)
    quota["status"]["used"]["pods"] = "3"
    charged["fieldsV1"]["f:status"] = {"f:used": {"f:pods": {}}}
    counter["fieldsV1"]["f:status"] = {"f:hard": {".": {}, "f:pods": {}}, "f:used": {}}
    story.change(quota, {})
    assert story.last(quota).actor == "api-server"


def reports(manager: str, fields: Json) -> Json:
    return {
        "manager": manager,
        "operation": "Update",
        "apiVersion": "v1",
        "time": "2027-01-15T08:00:00Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:status": fields},
        "subresource": "status",
    }


def test_a_kubelet_by_another_name_registers_and_reports_its_node() -> None:
    story = Story()
    host = story.create(node("hollow-1"), "hollow-kubelet")
    ready = condition("Ready", "True") | {"lastHeartbeatTime": "2027-01-15T08:05:00Z"}
    story.change(host, {"status": {"conditions": [ready]}}, "hollow-kubelet", sub="status")
    story.change(host, {"metadata": {"annotations": {"a": "b"}}}, "hollow-kubelet")
    story.change(host, {"spec": {"unschedulable": True}}, "kubectl")
    taint = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
    story.change(host, {"spec": {"taints": [taint]}}, KCM)
    assert [story.step(host, n).actor for n in range(5)] == [
        "kubelet",
        "kubelet",
        "kubelet",
        "client",
        "node-lifecycle-controller",
    ]
    assert story.step(host, 0).what == "The kubelet on hollow-1 registered its node hollow-1."


def test_a_static_pod_is_mirrored_by_its_kubelet() -> None:
    story = Story()
    mirror = pod(node(), "etcd-node-1", annotations={"kubernetes.io/config.mirror": "x"})
    story.create(mirror, "kubelet")
    assert story.last(mirror).rule == "mirrored"
    story.mark(mirror, 0)
    assert story.last(mirror).actor == "unknown"


def test_a_replication_controller_makes_and_counts_its_pods() -> None:
    story = Story()
    rc = thing("ReplicationController", "old", spec={"replicas": 1}, status={"replicas": 0})
    story.create(rc, "kubectl-create")
    made = story.create(pod(rc, "old-a", ""), KCM)
    story.change(rc, {"status": {"replicas": 1}}, KCM, sub="status")
    assert [story.last(made).actor, story.last(rc).actor] == ["replication-controller"] * 2


def test_the_autoscaler_writes_the_scale_and_says_what_it_saw() -> None:
    story = Story()
    web = story.exists(deployment())
    scaler = story.exists(
        thing(
            "HorizontalPodAutoscaler",
            "web",
            "autoscaling/v2",
            spec={"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "maxReplicas": 5},
        )
    )
    story.change(web, {"spec": {"replicas": 4}}, KCM, sub="scale")
    story.change(scaler, {"status": {"desiredReplicas": 4}}, KCM, sub="status")
    assert [story.last(web).actor, story.last(scaler).actor] == ["horizontal-pod-autoscaler"] * 2
    assert story.trace(web).cause == "scaled 2 → 4 by HorizontalPodAutoscaler web"


def test_a_statefulsets_claims_are_made_and_bound_for_it() -> None:
    story = Story()
    db = story.create(statefulset(), "kubectl-create")
    claim = story.create(thing("PersistentVolumeClaim", "data-db-0", spec={"accessModes": []}), KCM)
    made = story.last(claim)
    bound = {"metadata": {"annotations": {"pv.kubernetes.io/bind-completed": "yes"}}}
    story.change(claim, bound | {"spec": {"volumeName": "pv-1"}}, KCM)
    story.change(claim, {"status": {"phase": "Bound"}}, KCM, sub="status")
    assert made.actor == "statefulset-controller"
    assert made.causes == (story.step(db, 0).id,)
    assert [story.step(claim, n).actor for n in (1, 2)] == ["persistentvolume-controller"] * 2
    assert story.step(claim, 1).what.startswith(
        "The persistent volume controller bound volume pv-1"
    )


def test_an_ephemeral_volume_and_a_selected_node_name_their_writers() -> None:
    story = Story()
    user = bare(story)
    claim = story.create(thing("PersistentVolumeClaim", "bare-scratch", owner=user), KCM)
    selected = {"metadata": {"annotations": {"volume.kubernetes.io/selected-node": "node-1"}}}
    story.change(claim, selected, "kube-scheduler")
    assert [story.step(claim, n).actor for n in (0, 1)] == [
        "ephemeral-volume-controller",
        "scheduler",
    ]


def test_a_revision_that_is_used_again_gets_a_new_number() -> None:
    story = Story()
    db = story.exists(statefulset())
    old = story.create(revision(db, "db-old", 1), KCM)
    old["revision"] = 3
    story.change(old, {"metadata": {"labels": {"x": "y"}}}, KCM)
    assert [story.step(old, n).actor for n in (0, 1)] == ["statefulset-controller"] * 2


def test_a_budget_is_counted_by_its_controller_and_charged_by_the_api_server() -> None:
    story = Story()
    budget = story.create(
        thing("PodDisruptionBudget", "web", "policy/v1", spec={"minAvailable": 1}), "kubectl-create"
    )
    story.change(budget, {"status": {"disruptionsAllowed": 1}}, KCM, sub="status")
    story.change(budget, {"status": {"disruptionsAllowed": 0}}, "kube-apiserver", sub="status")
    assert [story.step(budget, n).actor for n in range(3)] == [
        "client",
        "disruption-controller",
        "api-server",
    ]


def test_a_quota_is_counted_first_and_charged_later() -> None:
    story = Story()
    quota = story.create(thing("ResourceQuota", "pods", spec={"hard": {"pods": "2"}}), "kubectl")
    story.change(quota, {"status": {"used": {"pods": "0"}}}, KCM, sub="status")
    story.wait(5)
    story.change(quota, {"status": {"used": {"pods": "1"}}}, "kube-apiserver", sub="status")
    assert [story.step(quota, n).actor for n in range(3)] == [
        "client",
        "resourcequota-controller",
        "api-server",
    ]


@pytest.mark.parametrize("manager", ["argocd-controller", "kustomize-controller", "helm"])
def test_gitops_is_a_client_with_its_name_as_a_hint(manager: str) -> None:
    story = Story()
    web = story.create(deployment(), manager, op="Apply")
    site = story.create(website(metadata={"finalizers": ["example.com/x"]}), manager, op="Apply")
    story.change(web, {"spec": {"replicas": 5}}, manager, op="Apply")
    found = [story.step(web, 0), story.step(web, 1), story.last(site)]
    assert [(step.actor, step.actor_name) for step in found] == [("client", manager)] * 3
    assert [step.verb for step in found] == ["create", "patch", "create"]


@pytest.mark.parametrize("manager", ["manager", "python-requests", "OpenAPI-Generator", "curl"])
def test_an_operator_without_a_framework_is_known_by_what_it_writes(manager: str) -> None:
    story = Story()
    site = story.create(website(), "kubectl-client-side-apply")
    web = deployment()
    web["metadata"]["ownerReferences"] = [owned_by(site, controller=False)]
    story.create(web, manager)
    story.change(site, {"status": {"phase": "Ready"}}, manager, sub="status")
    story.change(web, {"spec": {"replicas": 3}}, manager)
    assert [story.step(web, 0).actor, story.step(web, 1).actor] == ["custom-controller"] * 2
    assert story.last(site).actor == "custom-controller"
    assert story.step(web, 0).causes == (story.step(site, 0).id,)
    assert story.step(web, 0).trace == story.step(site, 0).trace


def test_who_only_annotates_a_custom_resource_may_be_either() -> None:
    story = Story()
    site = story.create(website(), "kubectl-create")
    story.change(site, {"metadata": {"annotations": {"seen": "yes"}}}, "python-requests")
    step = story.last(site)
    assert (step.actor, step.actor_name) == ("unknown", "python-requests")
    assert step.why.startswith("A client, or a custom controller")


def test_who_takes_an_annotation_from_a_custom_resource_may_be_either() -> None:
    story = Story()
    asked = {"metadata": {"annotations": {"example.com/restart": "now"}}}
    site = story.create(website(), "kubectl-create")
    story.change(site, asked, "kubectl-annotate")
    story.change(site, {"status": {"phase": "Restarting"}}, "site-operator", sub="status")
    story.change(site, {"metadata": {"annotations": {"example.com/restart": None}}})
    step = story.last(site)
    assert (step.actor, step.grades.who) == ("unknown", "unknown")
    assert "or the custom controller site-operator" in step.why


def test_a_client_that_writes_a_status_by_hand_stays_a_client() -> None:
    story = Story()
    site = story.create(website(), "kubectl-create")
    story.change(site, {"status": {"phase": "Ready"}}, "kubectl-edit", sub="status")
    assert story.last(site).actor == "client"


def test_what_the_controller_manager_wrote_and_nobody_documented_stays_open() -> None:
    story = Story()
    web = story.exists(deployment())
    story.change(web, {"metadata": {"labels": {"odd": "yes"}}}, KCM)
    step = story.last(web)
    assert (step.actor, step.rule) == ("unknown", "undocumented")
    assert step.grades.who == "unknown"


def test_the_disruption_controller_withdraws_what_did_not_come() -> None:
    story = Story("Event", "Node")
    stays = story.exists(pod(replicaset()))
    said = condition("DisruptionTarget", "True", "EvictionByEvictionAPI")
    ready = condition("Ready", "True")
    story.change(stays, {"status": {"conditions": [ready, said]}})
    withdrawn = condition("DisruptionTarget", "False")
    story.change(stays, {"status": {"conditions": [ready, withdrawn]}}, KCM, sub="status")
    assert [story.step(stays, n).actor for n in (0, 1)] == ["client", "disruption-controller"]


def test_a_pod_that_does_not_fit_says_so_through_the_scheduler() -> None:
    story = Story()
    big = bare(story)
    full = "0/1 nodes are available: 1 Insufficient cpu."
    said = condition("PodScheduled", "False", "Unschedulable", full)
    story.change(big, {"status": {"conditions": [said]}}, "kube-scheduler", sub="status")
    step = story.last(big)
    assert (step.actor, step.rule, step.why) == ("scheduler", "not-scheduled", f"It says: {full}")


def test_a_clients_status_write_is_a_report_however_it_was_sent() -> None:
    story = Story()
    web = story.exists(deployment())
    story.change(web, {"status": {"replicas": 7}}, "k9s", sub="status")
    step = story.last(web)
    assert (step.actor, step.verb, step.subresource) == ("client", "report", "status")


def test_a_volume_that_was_attached_is_evidence_of_the_start_that_waited_for_it() -> None:
    story = Story()
    about = story.create(pod(None, "bare", ""), "kubectl-create")
    story.change(about, {"spec": {"nodeName": "node-1"}})
    attached = 'AttachVolume.Attach succeeded for volume "pv-1"'
    story.tell(about, "SuccessfulAttachVolume", attached, "attachdetach-controller")
    story.change(about, {"status": RUNNING | {"phase": "Pending"}}, "kubelet", sub="status")
    assert attached in story.last(about).evidence[-1].text
    story.tell(about, "Started", "Container started", "kubelet")
    status = [{"name": "c", "ready": True, "state": {"running": {}}}]
    story.change(about, {"status": {"containerStatuses": status}}, "kubelet", sub="status")
    step = story.last(about)
    assert [e.source for e in step.evidence].count("event") == 2
    assert "attach" not in step.why
    assert "started it" in step.why


READY = condition("Ready", "True")
SHARED: list[tuple[Json, str]] = [
    (RUNNING, "kubelet"),
    ({"conditions": [READY, condition("PodScheduled", "False", "Unschedulable")]}, "scheduler"),
    ({"nominatedNodeName": "node-2"}, "scheduler"),
    ({"conditions": [condition("Ready", "False")]}, "node-lifecycle-controller"),
    ({"reason": "Odd"}, "unknown"),
]


@pytest.mark.parametrize(("status", "actor"), SHARED)
@pytest.mark.parametrize("manager", ["k3s", "kubelite"])
def test_of_one_name_for_all_what_changed_of_a_pod_tells_who_wrote_it(
    manager: str, status: Json, actor: str
) -> None:
    story = Story()
    bound = story.exists(pod())
    story.change(bound, {"status": status}, manager, sub="status")
    step = story.last(bound)
    assert (step.actor, step.grades.who) == (actor, "unknown" if actor == "unknown" else "inferred")


def test_where_a_gate_may_have_closed_nobody_is_named_by_one_name_for_all() -> None:
    story = Story()
    gated = pod()
    gated["spec"]["readinessGates"] = [{"conditionType": "example.com/open"}]
    bound = story.exists(gated)
    story.change(
        bound, {"status": {"conditions": [condition("Ready", "False")]}}, "k3s", sub="status"
    )
    assert story.last(bound).actor == "unknown"


def test_of_one_name_for_all_the_kind_tells_which_controller_reports() -> None:
    story = Story()
    web = story.create(deployment(), "kubectl-create")
    own = story.create(replicaset(web), "k3s")
    story.change(own, {"status": {"replicas": 1}}, "k3s", sub="status")
    story.change(own, {"spec": {"replicas": 3}}, "k3s")
    steps = [story.step(own, n) for n in range(3)]
    assert [step.actor for step in steps] == [
        "deployment-controller",
        "replicaset-controller",
        "deployment-controller",
    ]
    assert [step.grades.who for step in steps[1:]] == ["inferred"] * 2
    quota = story.exists(thing("ResourceQuota", "pods", status={"used": {"pods": "2"}}))
    story.change(quota, {"status": {"used": {"pods": "3"}}}, "k3s", sub="status")
    assert story.last(quota).actor == "unknown"  # The API server charges it, too.
    data = story.exists(thing("PersistentVolumeClaim", "data", status={"phase": "Pending"}))
    story.change(data, {"status": {"capacity": {"storage": "8Gi"}}}, "k3s", sub="status")
    story.change(data, {"status": {"phase": "Bound"}}, "k3s", sub="status")
    told = [story.step(data, n).actor for n in (0, 1)]
    assert told == ["unknown", "persistentvolume-controller"]


def bare_of_entries(story: Story, what: Json) -> Json:
    """The object as kubectl shows it: without managedFields, whoever writes."""
    what["metadata"].pop("managedFields", None)
    return story.exists(what)


@pytest.mark.parametrize(("status", "actor"), SHARED)
def test_without_managed_fields_what_changed_of_a_pod_tells_who_wrote_it(
    status: Json, actor: str
) -> None:
    story = Story()
    bound = bare_of_entries(story, pod())
    story.change(bound, {"status": status})
    step = story.last(bound)
    assert (step.actor, step.grades.who) == (actor, "unknown" if actor == "unknown" else "inferred")


def test_without_managed_fields_a_status_is_its_kinds_and_what_is_asked_nobodys() -> None:
    story = Story()
    web = bare_of_entries(story, deployment())
    story.change(web, {"status": {"replicas": 1}})
    story.change(web, {"spec": {"replicas": 3}})
    steps = [story.step(web, n) for n in (0, 1)]
    assert [step.actor for step in steps] == ["deployment-controller", "unknown"]
    assert steps[0].grades.who == "inferred"


@pytest.mark.parametrize(
    "what",
    [
        thing("Job", "once", "batch/v1", spec={"managedBy": "example.com/super-job"}),
        thing("PodDisruptionBudget", "web", "policy/v1", status={"disruptionsAllowed": 1}),
        website(status={"active": 1}),
    ],
    ids=["another controller", "the API server charges it", "a custom resource"],
)
def test_without_managed_fields_nobody_is_named_where_several_may_report(what: Json) -> None:
    story = Story()
    own = bare_of_entries(story, what)
    story.change(own, {"status": {"active": 2, "disruptionsAllowed": 0}})
    assert story.last(own).actor == "unknown"
