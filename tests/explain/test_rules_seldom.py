"""Writes that few clusters show, each as Kubernetes makes it, and what is left open."""

import pytest

from eventstream.explain.controllers import deciding
from tests.explain.stories import KCM, Json, Story, stamp
from tests.explain.things import (
    condition,
    deployment,
    job,
    node,
    pod,
    replicaset,
    revision,
    statefulset,
    thing,
)

HASH = "controller-revision-hash"
UNREACHABLE = "node.kubernetes.io/unreachable"


def entry(manager: str, fields: Json, at: float) -> Json:
    return {
        "manager": manager,
        "operation": "Update",
        "apiVersion": "apps/v1",
        "time": stamp(at),
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": fields},
    }


def by_several(story: Story, times: tuple[float, float]) -> Json:
    """One write of which the entries of two managers moved, at these seconds from now."""
    web = deployment(replicas=1)
    web["metadata"]["managedFields"] = [
        one := entry("helm", {"f:replicas": {}}, story.at),
        two := entry("argo", {"f:paused": {}}, story.at),
    ]
    story.exists(web)
    web["spec"] |= {"replicas": 2, "paused": True}
    one["time"], two["time"] = (stamp(story.at + each) for each in times)
    return story.change(web, {})


def test_of_two_entries_that_moved_the_newest_tells() -> None:
    story = Story()
    step = story.last(by_several(story, (3.0, 5.0)))
    assert (step.actor, step.actor_name) == ("client", "argo")


def test_of_two_that_moved_in_one_second_neither_is_named() -> None:
    story = Story()
    step = story.last(by_several(story, (5.0, 5.0)))
    assert (step.actor, step.grades.who) == ("unknown", "unknown")
    assert "It was one of argo and helm; which cannot be told." in step.why
    assert "entries of argo and helm moved together" in [piece.text for piece in step.evidence]


def test_a_rule_that_fails_is_told_where_it_struck(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    story = Story()
    one = story.exists(pod(None, "one"))
    monkeypatch.setattr(deciding, "_decide", fail)
    story.change(one, {"status": {"phase": "Running"}}, "kubelet", sub="status")
    step = story.last(one)
    assert (step.actor, step.rule) == ("unknown", "defect")
    assert step.why == "This is a defect of Baton (ZeroDivisionError: ); see its log."
    assert "A rule failed on one." in caplog.text


def test_labels_of_a_nodes_system_are_brought_in_line_by_the_node_lifecycle_controller() -> None:
    story = Story()
    host = story.create(node(), "kubelet")
    story.change(host, {"metadata": {"labels": {"beta.kubernetes.io/os": "linux"}}}, KCM)
    step = story.last(host)
    assert step.actor == "node-lifecycle-controller"
    assert step.what.endswith("in line.")


def test_taints_that_only_have_another_time_are_renewed() -> None:
    story = Story()
    kept = {"key": UNREACHABLE, "effect": "NoExecute"}
    host = story.create(node(taints=[kept | {"value": "a"}]), "kubelet")
    story.change(host, {"spec": {"taints": [kept | {"value": "b"}]}}, KCM)
    step = story.last(host)
    assert step.actor == "node-lifecycle-controller"
    assert "renewed the taints of Node" in step.what


def test_what_shortens_a_deletion_is_a_client() -> None:
    story = Story()
    one = story.mark(story.exists(pod(None, "one")), 30)
    story.mark(one, 5)
    step = story.last(one)
    assert (step.actor, step.verb) == ("client", "delete")
    assert step.cause == story.step(one, 0).id


@pytest.mark.parametrize(
    ("reason", "actor"),
    [
        ("DeletionByPodGC", "pod-garbage-collector"),
        ("DeletionByTaintManager", "taint-eviction-controller"),
        ("DeletionByDeviceTaintManager", "device-taint-eviction-controller"),
    ],
)
def test_who_is_to_delete_a_pod_says_so_in_a_condition(reason: str, actor: str) -> None:
    story = Story()
    one = story.exists(pod(None, "one"))
    told = [condition("DisruptionTarget", "True", reason, "its node is gone")]
    story.change(one, {"status": {"conditions": told}}, KCM, sub="status")
    assert story.last(one).actor == actor
    story.mark(one, 30)
    assert story.last(one).actor == actor


@pytest.mark.parametrize(
    ("waits", "actor"),
    [(50.0, "client"), (60.0, "ttl-after-finished-controller"), (90.0, "unknown")],
)
def test_a_finished_job_that_goes_long_after_its_time_may_be_a_clients(
    waits: float, actor: str
) -> None:
    story = Story()
    once = job("once", ttlSecondsAfterFinished=60)
    done = condition("Complete", "True") | {"lastTransitionTime": stamp(story.at)}
    once["status"] = {"conditions": [done]}
    story.exists(once)
    story.at += waits - 1.0
    story.delete(once)
    assert story.last(once).actor == actor


def updated(
    spec: Json, *, own_ready: bool = True, above_ready: bool = True, waits: float = 5.0
) -> str:
    """Who deleted db-0 of the old revision, where db-1 is of the new one already."""
    story = Story()
    db = statefulset()
    db["spec"] |= spec
    story.exists(db)
    story.exists(revision(db, "db-old", 1))
    story.exists(revision(db, "db-new", 2))
    old = pod(db, "db-0", labels={HASH: "db-old"})
    above = pod(db, "db-1", labels={HASH: "db-new"})
    for one, ready in ((old, own_ready), (above, above_ready)):
        said = [condition("Ready", "True" if ready else "False")]
        one["status"] = {"phase": "Running", "conditions": said}
        story.exists(one)
    story.at += waits - 1.0
    story.mark(old, 30)
    return story.last(old).actor


ROLLING: Json = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {}}}


@pytest.mark.parametrize(
    ("spec", "how", "actor"),
    [
        (ROLLING, {}, "statefulset-controller"),
        (ROLLING, {"above_ready": False}, "client"),
        (ROLLING, {"above_ready": False, "waits": 0.5}, "unknown"),
        (ROLLING, {"own_ready": False}, "client"),
        (
            ROLLING | {"podManagementPolicy": "Parallel"},
            {"own_ready": False},
            "statefulset-controller",
        ),
        (
            {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}}},
            {"above_ready": False},
            "unknown",
        ),
        (
            {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}},
            {},
            "client",
        ),
        ({"updateStrategy": {"type": "OnDelete"}}, {}, "client"),
    ],
    ids=["its turn", "above", "just now", "own", "parallel", "several", "partition", "on delete"],
)
def test_a_pod_of_an_old_revision_goes_when_it_is_its_turn(
    spec: Json, how: Json, actor: str
) -> None:
    assert updated(spec, **how) == actor


@pytest.mark.parametrize(("going", "actor"), [(False, "garbage-collector"), (True, "unknown")])
def test_who_ends_a_foreground_deletion_is_open_where_the_namespace_goes(
    going: bool, actor: str
) -> None:
    story = Story()
    space = story.exists(
        thing("Namespace", "shop", spec={"finalizers": ["kubernetes"]}, status={"phase": "Active"})
    )
    rs = story.exists(replicaset())
    story.mark(rs, finalizers=["foregroundDeletion"])
    if going:
        story.mark(space)
    story.delete(rs)
    step = story.last(rs)
    assert step.actor == actor
    assert ("or the namespace controller, as namespace shop is to go" in step.why) == going


@pytest.mark.parametrize(("phase", "collected"), [("Succeeded", True), ("Running", False)])
def test_a_pod_that_has_ended_may_have_been_one_of_too_many(phase: str, collected: bool) -> None:
    story = Story("Node")
    story.exists(node("node-1"))
    one = pod(None, "once", "node-1")
    one["status"] = {"phase": phase}
    story.exists(one)
    step = story.last(story.delete(one))
    assert (step.actor, step.rule) == ("client", "client-deleted")
    assert ("more ended Pods than the Pod garbage collector leaves" in step.why) == collected
    assert step.why.endswith("The object does not say which client asked.")


def test_a_pod_that_ended_may_be_collected_once_its_node_is_long_gone() -> None:
    """By then the node may be forgotten."""
    story = Story("Node")
    story.exists(node("node-1"))
    ended = [pod(None, f"on-{host}", host) for host in ("node-1", "node-2")]
    for one in ended:
        one["status"] = {"phase": "Succeeded"}
        story.delete(story.exists(one))
    assert [story.last(one).actor for one in ended] == ["client", "unknown"]
    said = "A client, or the Pod garbage collector, since the node of the Pod is gone."
    assert story.last(ended[1]).why.startswith(said)


def test_a_bootstrap_token_may_have_expired() -> None:
    story = Story()
    token = story.exists(thing("Secret", "bootstrap-token-abcdef"))
    story.delete(token)
    assert (story.last(token).actor, "token cleaner" in story.last(token).why) == ("unknown", True)


@pytest.mark.parametrize(
    ("after", "actor"), [(1, "garbage-collector"), (7200, "unknown")], ids=["soon", "late"]
)
def test_an_owner_in_another_namespace_counts_for_nothing(after: int, actor: str) -> None:
    story = Story()
    owner = story.exists(deployment() | {"metadata": {"name": "a", "namespace": "b", "uid": "a"}})
    owned = story.create(thing("ConfigMap", "c", owner=owner), "kubectl")
    story.wait(after)
    story.delete(owned)
    step = story.last(owned)
    assert (step.actor, step.rule) == (actor, "collected")
    assert "is in namespace b" in step.why


@pytest.mark.parametrize(
    ("kind", "api", "mark"),
    [
        ("APIService", "apiregistration.k8s.io/v1", "kube-aggregator.kubernetes.io/automanaged"),
        ("CertificateSigningRequest", "certificates.k8s.io/v1", ""),
        ("ResourceClaim", "resource.k8s.io/v1", "resource.kubernetes.io/pod-claim-name"),
        ("VolumeAttachment", "storage.k8s.io/v1", ""),
    ],
)
def test_what_kubernetes_deletes_by_itself_no_client_need_have_deleted(
    kind: str, api: str, mark: str
) -> None:
    story = Story()
    marks = {"labels": {mark: "x"}, "annotations": {mark: "x"}} if mark else {}
    tended = [story.exists(thing(kind, "a", api, metadata=marks))]
    tended += [story.exists(thing(kind, "b", api))] if mark else []
    for each in tended:
        story.delete(each)
    assert [story.last(each).actor for each in tended] == ["unknown", "client"][: len(tended)]
