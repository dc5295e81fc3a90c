"""What an audited identity says of a step, and when a request is not taken for a version's."""

from typing import Any

import msgspec
import pytest

from eventstream.explain.vocabulary.records import Step
from tests.explain.audits import ADMIN, KUBECTL, account, ask, by_controller
from tests.explain.stories import KCM, Json, Story, stamp
from tests.explain.things import (
    condition,
    definition,
    deployment,
    node,
    pod,
    replicaset,
    statefulset,
    website,
)

KOPF = "kopf/1.45.2"


def audited(step: Step) -> bool:
    return any(piece.source == "audit" for piece in step.evidence)


def operated(story: Story) -> Json:
    """A custom resource whose status a controller with the admin's own user writes."""
    story.exists(definition())
    site = story.create(website(), "kubectl-create")
    ask(story, site, "create", field_manager="kubectl-create")
    story.change(site, {"status": {"ready": True}}, "kopf", sub="status")
    ask(story, site, "patch", agent=KOPF, subresource="status")
    return site


def test_a_clients_request_is_told_with_user_program_and_verb() -> None:
    story = Story()
    web = story.exists(deployment())
    story.change(web, {"spec": {"replicas": 5}}, "kubectl", sub="scale")
    ask(story, web, "patch", subresource="scale")
    step = story.last(web)
    assert (step.actor, step.actor_name, step.verb) == ("client", "kubectl", "patch")
    assert step.subresource == "scale"
    assert step.what.startswith("kubernetes-admin, with kubectl, changed Deployment web")
    assert step.grades.who == "audited"
    [said] = [piece for piece in step.evidence if piece.source == "audit"]
    assert said.text == (
        f"{ADMIN} ({KUBECTL}) sent a patch of deployments/scale web: 200, "
        "received 2027-01-15T08:00:00.990000Z, answered after 30.0 ms"
    )
    assert said.ref == "audit-5"


def test_a_trace_that_a_client_began_names_the_user_once_that_is_known() -> None:
    story = Story()
    web = story.create(deployment(), "kubectl-create")
    trace = story.told().traces[story.last(web).trace]
    assert trace.cause == "created by kubectl-create (a name the client chose)"
    ask(story, web, "create", field_manager="kubectl-create")
    assert story.told().traces[trace.id].cause == "created by kubernetes-admin, with kubectl"


def test_a_deletion_that_looks_like_a_scale_down_is_the_clients_who_asked() -> None:
    story = Story()
    web = story.exists(deployment(replicas=1))
    rs = story.exists(replicaset(web, replicas=1))
    pods = [story.exists(pod(rs, name)) for name in ("web-1-a", "web-1-b")]
    story.mark(pods[0], grace=30)
    assert story.last(pods[0]).actor == "replicaset-controller"
    ask(story, pods[0], "delete")
    step = story.last(pods[0])
    assert (step.actor, step.rule, step.cause) == ("client", "audited", None)
    assert step.what.startswith("kubernetes-admin, with kubectl, asked the API server to delete")
    assert step.grades.why == "unknown"


def test_what_rests_on_a_corrected_step_follows_it() -> None:
    story = Story()
    claim = {"apiVersion": "v1", "kind": "ConfigMap"}
    thing = story.exists(claim | {"metadata": {"name": "c", "namespace": "shop", "uid": "u"}})
    story.mark(thing)
    ask(story, thing, "delete", user="ann")
    story.delete(thing)
    step = story.last(thing)
    assert (step.actor, step.actor_name) == ("client", "kubectl")


def test_the_kubelets_one_request_makes_a_pods_last_two_versions() -> None:
    story = Story()
    web_pod = story.exists(pod())
    story.mark(web_pod, grace=30)
    ask(story, web_pod, "delete")
    kubelet = {"user": "system:node:node-1", "agent": "kubelet/v1"}
    story.stop(web_pod)
    story.at -= 1.0
    ask(story, web_pod, "delete", **kubelet)
    steps = [story.step(web_pod, number) for number in (-2, -1)]
    assert [(step.actor, step.actor_name) for step in steps] == [("kubelet", "node-1")] * 2
    assert all(audited(step) for step in steps)


def test_an_operator_that_shares_the_admins_user_is_told_apart_by_its_agent() -> None:
    story = Story()
    site = operated(story)
    child = pod(name="child", node_name="")
    child["metadata"]["ownerReferences"] = [
        {
            "apiVersion": "stable.example.com/v1",
            "kind": "Website",
            "name": "shopfront",
            "uid": site["metadata"]["uid"],
        }
    ]
    others = [pod(name=name, node_name="") for name in ("by-hand", "by-operator")]
    for each in others:
        each["metadata"]["ownerReferences"] = child["metadata"]["ownerReferences"]
        story.exists(each)
    story.delete(others[0])
    assert story.last(others[0]).actor == "unknown"
    ask(story, others[0], "delete")
    story.delete(others[1])
    ask(story, others[1], "delete", agent=KOPF)
    assert story.last(others[0]).actor == "client"
    assert story.last(others[1]).actor == "custom-controller"


def test_what_a_proven_operator_does_to_other_objects_is_its_own_too() -> None:
    story = Story()
    lone = story.exists(pod(name="lone", node_name=""))
    story.delete(lone)
    ask(story, lone, "delete", agent=KOPF)
    assert story.last(lone).actor == "client"
    operated(story)  # Only later does its agent prove to be an operator's.
    assert story.last(lone).actor == "custom-controller"


def test_who_creates_a_custom_resource_asks_for_something_whoever_it_is() -> None:
    story = Story()
    operated(story)
    other = story.create(website("other"), "kopf")
    ask(story, other, "create", agent=KOPF)
    assert story.last(other).actor == "client"


def test_an_agent_that_proved_nothing_is_a_client_whatever_it_calls_itself() -> None:
    story = Story()
    site = operated(story)
    story.change(site, {"spec": {"replicas": 9}}, "kopf-like")
    ask(story, site, "patch", agent="kopf-like/1")
    assert (story.last(site).actor, story.last(site).grades.who) == ("client", "audited")


@pytest.mark.parametrize(
    ("user", "agent", "actor"),
    [
        (account("deployment-controller"), "kube-controller-manager/v1", "deployment-controller"),
        (account("generic-garbage-collector"), "kube-controller-manager/v1", "garbage-collector"),
        (
            "system:kube-controller-manager",
            "kube-controller-manager/v1 (x) k/1/job-controller",
            "job-controller",
        ),
        ("system:kube-scheduler", "kube-scheduler/v1", "scheduler"),
        ("system:apiserver", "kube-apiserver/v1", "api-server"),
        (account("node-controller"), "kube-controller-manager/v1", "taint-eviction-controller"),
        (account("token-cleaner"), "kube-controller-manager/v1", "unknown"),
        (account("ci", "tools"), "curl/8", "client"),
        ("", "", "client"),
    ],
)
def test_kubernetes_own_identities_are_actors_of_the_contract(
    user: str, agent: str, actor: str
) -> None:
    story = Story()
    lone = story.exists(pod(name="lone", node_name="node-1"))
    story.mark(lone, grace=30)
    ask(story, lone, "delete", user=user, agent=agent)
    assert story.last(lone).actor == actor


def test_of_those_that_share_an_account_the_rule_decides() -> None:
    story = Story()
    host = story.exists(node())
    taint = {"spec": {"taints": [{"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}]}}
    story.change(host, taint, KCM)
    before = story.last(host).actor
    ask(story, host, "patch", **by_controller("node-controller"))
    assert before == story.last(host).actor == "node-lifecycle-controller"


def test_what_is_to_be_evicted_is_announced_by_who_evicts() -> None:
    """The node lifecycle controller sets Ready alone, and has the same account."""
    story = Story()
    says = condition("DisruptionTarget", "True", "DeletionByTaintManager")
    lone = story.exists(pod(name="lone", node_name="node-1") | {"status": {"conditions": [says]}})
    again = {"status": {"conditions": [says | {"lastTransitionTime": stamp(story.at + 1)}]}}
    story.change(lone, again, KCM, sub="status")
    ask(story, lone, "patch", subresource="status", **by_controller("node-controller"))
    assert story.last(lone).actor == "taint-eviction-controller"


def patched(story: Story, web: Json, user: str, **more: Any) -> None:
    ask(story, web, "patch", user=user, **more)


def test_of_two_askers_that_overlap_neither_is_named() -> None:
    story = Story()
    web = story.exists(deployment())
    story.change(web, {"spec": {"replicas": 5}}, "kubectl-patch")
    patched(story, web, "ann", audit_id="a", field_manager="kubectl-patch")
    assert story.last(web).grades.who == "audited"
    patched(story, web, "bob", audit_id="b", field_manager="kubectl-patch")
    assert not audited(story.last(web))
    assert story.last(web).grades.who == "reported"


@pytest.mark.parametrize(
    "contradiction",
    [
        {"field_manager": "another"},
        {"subresource": "status"},
        {"subresource": "binding"},
        {"verb": "delete"},
        {"verb": "update", "resource_version": "1"},
        {"uid": "another"},
        {"received": 0.0, "at": 1.0},
        {"code": 201},
        {"name": "another"},
    ],
)
def test_one_contradiction_is_enough_to_join_nothing(contradiction: dict[str, object]) -> None:
    story = Story()
    web = story.exists(deployment())
    story.change(web, {"spec": {"replicas": 5}}, "kubectl-patch")
    plain = story.last(web)
    record = ask(story, web, "patch", field_manager="kubectl-patch")
    assert audited(story.last(web))
    story.shown[-1] = msgspec.structs.replace(record, **contradiction)
    assert story.last(web) == plain


def test_a_write_between_which_changed_nothing_does_not_shift_the_others() -> None:
    story = Story()
    web = story.exists(deployment())
    for number, user in enumerate(("ann", "bob", "cy")):
        if user != "bob":
            story.change(web, {"spec": {"replicas": 5 + number}}, "kubectl-patch")
        else:
            story.wait(1)
        patched(story, web, user, audit_id=user, field_manager="kubectl-patch")
    for number, user in ((0, "ann"), (1, "cy")):
        assert story.step(web, number).what.startswith(f"{user}, with kubectl,")


def test_deleting_a_collection_explains_each_deletion_without_a_request_of_its_own() -> None:
    story = Story()
    pods = [story.exists(pod(name=name, node_name="")) for name in ("a", "b")]
    for each in pods:
        story.delete(each)
        story.at -= 0.9
    ask(story, pods[0], "deletecollection", name="", at=story.at, received=story.at - 1.0)
    assert [story.last(each).verb for each in pods] == ["delete", "delete"]
    assert all(story.last(each).grades.who == "audited" for each in pods)


def test_an_evictions_two_versions_are_the_one_requests() -> None:
    story = Story()
    web_pod = story.exists(pod())
    told = {"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}
    ready = {"type": "Ready", "status": "True"}
    story.change(web_pod, {"status": {"conditions": [ready, told]}}, "kubectl", sub="status")
    story.at -= 1.0
    story.mark(web_pod, grace=30)
    ask(story, web_pod, "create", subresource="eviction")
    steps = [story.step(web_pod, number) for number in (0, 1)]
    assert [(step.actor, step.verb) for step in steps] == [("client", "evict")] * 2
    assert all(audited(step) for step in steps)


def test_a_report_that_found_nothing_new_did_not_write_what_an_eviction_adds() -> None:
    story = Story()
    web_pod = story.exists(pod())
    told = {"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}
    story.change(web_pod, {"status": {"conditions": [told]}})
    kubelet = {"user": "system:node:node-1", "agent": "kubelet/v1.36"}
    ask(story, web_pod, "patch", subresource="status", **kubelet)
    story.at -= 1.0
    story.mark(web_pod, grace=30)
    ask(story, web_pod, "create", subresource="eviction")
    assert [story.step(web_pod, number).actor for number in (0, 1)] == ["client"] * 2


def test_a_simulated_kubelet_is_known_by_its_agent_where_the_rule_leaves_it_open() -> None:
    story = Story()
    host = story.exists(node())
    mirror = pod(host, "etcd-node-1", annotations={"kubernetes.io/config.mirror": "x"})
    story.exists(mirror)
    story.mark(mirror, 0)
    assert story.last(mirror).actor == "unknown"
    ask(story, mirror, "delete", agent="hollow-kubelet")
    assert story.last(mirror).actor == "kubelet"


def test_a_mark_that_two_requests_may_have_made_is_neithers() -> None:
    """Deleting what is marked already succeeds, so one of the two wrote nothing."""
    for other, actor in ((True, "unknown"), (False, "garbage-collector")):
        story = Story()
        space = story.exists({"apiVersion": "v1", "kind": "Namespace"} | SHOP)
        web = story.exists(deployment())
        rs = story.exists(replicaset(web))
        about = story.exists(pod(rs))
        story.mark(space)
        story.delete(web)
        story.delete(rs)
        story.mark(about, grace=30)
        collector = account("generic-garbage-collector")
        ask(story, about, "delete", user=collector, agent=KCM + "generic-garbage-collector")
        if other:
            emptier = account("namespace-controller")
            by = {"user": emptier, "agent": KCM + "namespace-controller"}
            ask(story, about, "deletecollection", name="", audit_id="all", **by)
        assert story.last(about).actor == actor


SHOP: Json = {"metadata": {"name": "shop", "uid": "uid-Namespace-shop"}, "spec": {}}


def test_a_second_deletion_in_another_mode_is_the_askers() -> None:
    story = Story()
    web = story.create(deployment(), "kubectl-create")
    story.create(replicaset(web), "kube-controller-manager")
    story.mark(web, finalizers=["foregroundDeletion"])
    story.delete(web)
    ask(story, web, "delete", user="ann")
    step = story.last(web)
    assert (step.actor, step.grades.who) == ("client", "audited")


def test_a_report_that_found_nothing_new_is_not_taken_for_who_removed_a_finalizer() -> None:
    story = Story()
    db = statefulset()
    db["metadata"]["finalizers"] = ["foregroundDeletion"]
    story.exists(db)
    before = db["metadata"]["resourceVersion"]
    db = story.change(db, {"metadata": {"finalizers": []}}, "kube-controller-manager")
    reported = {"subresource": "status", "resource_version": before}
    ask(story, db, "update", **by_controller("statefulset-controller"), **reported)
    ask(story, db, "patch", **by_controller("generic-garbage-collector"))
    step = story.last(db)
    assert (step.actor, step.grades.who) == ("garbage-collector", "audited")


def test_what_is_being_deleted_can_be_scaled() -> None:
    story = Story()
    web = story.exists(deployment())
    web["metadata"]["finalizers"] = ["example.com/held"]
    story.mark(web)
    web = story.change(web, {"spec": {"replicas": 5}}, "kubectl", sub="scale")
    ask(story, web, "patch", subresource="scale", field_manager="kubectl")
    assert audited(story.last(web))


@pytest.mark.parametrize(
    ("more", "what"),
    [
        (
            {"impersonator": "ann"},
            "ann as system:serviceaccount:kube-system:replicaset-controller, ",
        ),
        ({}, "system:serviceaccount:kube-system:replicaset-controller, with kubectl, "),
    ],
)
def test_who_takes_on_a_controllers_identity_is_no_controller(
    more: dict[str, str], what: str
) -> None:
    story = Story()
    web = story.exists(replicaset(None, "web-1", 1))
    one = story.exists(pod(web))
    story.mark(one, 30)
    ask(story, one, "delete", user=account("replicaset-controller"), **more)
    step = story.last(one)
    assert (step.actor, step.actor_name, step.grades.who) == ("client", "kubectl", "audited")
    assert step.what.startswith(what)


def test_a_controllers_own_request_is_its_own() -> None:
    story = Story()
    web = story.exists(replicaset(None, "web-1", 1))
    one = story.exists(pod(web))
    story.mark(one, 30)
    ask(story, one, "delete", **by_controller("replicaset-controller"))
    assert story.last(one).actor == "replicaset-controller"
