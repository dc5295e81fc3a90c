"""Pods that must go: evicted, tainted away, preempted, collected, forced; and their budgets."""

import pytest

from tests.explain.stories import KCM, Json, Story
from tests.explain.things import (
    condition,
    daemonset,
    deployment,
    node,
    owned_by,
    pod,
    replicaset,
    thing,
)

READY = condition("Ready", "True")


def target(reason: str, message: str = "") -> Json:
    return condition("DisruptionTarget", "True", reason, message)


def said(story: Story, about: Json, reason: str, by: str = "", phase: str = "Running") -> None:
    status = {"phase": phase, "conditions": [READY, target(reason)]}
    story.change(about, {"status": status}, by, sub="status" if by else "")


def removed(story: Story, about: Json) -> None:
    """The last two writes of a deletion without grace."""
    about["metadata"]["deletionGracePeriodSeconds"] = 0
    story.change(about, {})
    story.delete(about)


def web_pod(story: Story, grace: int = 30) -> Json:
    rs = story.exists(replicaset(story.exists(deployment(replicas=1)), replicas=1))
    found = pod(rs)
    found["spec"]["terminationGracePeriodSeconds"] = grace
    return story.exists(found)


def test_a_budget_is_counted_charged_for_an_eviction_and_counted_again() -> None:
    story = Story()
    budget = story.create(
        thing("PodDisruptionBudget", "web", "policy/v1", spec={"minAvailable": 1}), "kubectl-create"
    )
    count = {"disruptionsAllowed": 1, "currentHealthy": 2, "desiredHealthy": 1, "expectedPods": 2}
    story.change(budget, {"status": count}, KCM, sub="status")
    story.change(budget, {"status": {"disruptionsAllowed": 0}}, "kube-apiserver", sub="status")
    story.change(budget, {"status": {"currentHealthy": 1}}, KCM, sub="status")
    story.change(
        budget, {"status": {"currentHealthy": 2, "disruptionsAllowed": 1}}, KCM, sub="status"
    )
    steps = [story.step(budget, n) for n in range(5)]
    assert [step.actor for step in steps[1:]] == [
        "disruption-controller",
        "api-server",
        "disruption-controller",
        "disruption-controller",
    ]
    assert [step.cause for step in steps[1:]] == [steps[0].id, None, steps[2].id, None]
    assert steps[2].what == (
        "The API server charged PodDisruptionBudget web for an eviction: "
        "0 allowed to be disrupted (before: 1)."
    )


def test_a_condition_with_another_reason_is_another_disruption() -> None:
    story = Story("Event")
    story.exists(node())
    doomed = web_pod(story)
    said(story, doomed, "EvictionByEvictionAPI")
    said(story, doomed, "DeletionByTaintManager", KCM)
    said(story, doomed, "DeletionByPodGC", KCM, phase="Failed")
    assert [story.step(doomed, n).actor for n in range(3)] == [
        "client",
        "taint-eviction-controller",
        "pod-garbage-collector",
    ]


@pytest.mark.parametrize(
    ("manager", "reason", "actor"),
    [
        ("PodGC", "DeletionByPodGC", "pod-garbage-collector"),
        ("TaintManager", "DeletionByTaintManager", "taint-eviction-controller"),
        ("KubeScheduler", "PreemptionByKubeScheduler", "scheduler"),
    ],
)
def test_until_1_26_each_announced_under_a_name_of_its_own(
    manager: str, reason: str, actor: str
) -> None:
    story = Story()
    doomed = web_pod(story)
    said(story, doomed, reason, manager)
    story.mark(doomed, 30)
    assert [story.step(doomed, n).actor for n in range(2)] == [actor] * 2


def test_who_writes_the_condition_by_hand_is_who_the_entry_names() -> None:
    story = Story()
    doomed = web_pod(story)
    said(story, doomed, "DeletionByTaintManager", "kubectl-patch")
    assert story.last(doomed).actor == "client"


def test_the_pod_that_needs_room_is_why_another_is_preempted() -> None:
    story = Story()
    victim = web_pod(story)
    urgent = story.create(pod(None, "urgent", ""), "kubectl-create")
    full = condition("PodScheduled", "False", "Unschedulable", "0/1 nodes are available")
    place = {"conditions": [full], "nominatedNodeName": "node-1"}
    story.change(urgent, {"status": place}, "kube-scheduler", sub="status")
    said(story, victim, "PreemptionByScheduler", "kube-scheduler")
    story.mark(victim, 30)
    alone = story.last(victim)
    uid = urgent["metadata"]["uid"]
    story.tell(victim, "Preempted", f"Preempted by pod {uid} on node node-1", "default-scheduler")
    nominated, announced, marked = story.last(urgent), story.step(victim, 0), story.last(victim)
    assert (announced.actor, marked.actor, alone.actor) == ("scheduler",) * 3
    assert announced.cause == nominated.id
    assert marked.trace == nominated.trace
    assert "deleting Pods of lower priority" in nominated.why


def test_a_node_that_is_kept_until_a_volume_is_ready_preempts_nobody() -> None:
    story = Story()
    waits = story.create(pod(None, "waits", ""), "kubectl-create")
    story.change(waits, {"status": {"nominatedNodeName": "node-1"}}, "kube-scheduler", sub="status")
    assert story.last(waits).actor == "scheduler"
    assert "priority" not in story.last(waits).why
    full = {"conditions": [condition("PodScheduled", "False", "Unschedulable")]}
    story.change(waits, {"status": full}, "kube-scheduler", sub="status")
    story.change(waits, {"status": {"nominatedNodeName": None}}, "kube-scheduler", sub="status")
    assert story.last(waits).what == "The scheduler withdrew the nominated node of Pod waits."


@pytest.mark.parametrize("grace", [0, 1])
def test_a_running_pod_with_another_grace_period_than_its_own_was_a_clients_to_delete(
    grace: int,
) -> None:
    story = Story()
    rs = story.exists(replicaset(story.exists(deployment(replicas=1)), replicas=1))
    pods = [pod(rs, name) for name in ("web-1-a", "web-1-b")]
    for each in pods:
        each["spec"]["terminationGracePeriodSeconds"] = 30
        story.exists(each)
    story.mark(pods[0], grace)
    assert story.last(pods[0]).actor == "client"
    story.delete(pods[0])
    story.create(pod(rs, "web-1-c"), KCM)
    story.mark(pods[1], 30)
    assert story.last(pods[1]).actor == "replicaset-controller"


def test_who_says_in_the_condition_that_it_deletes_comes_before_the_collector() -> None:
    story = Story()
    host = story.exists(node())
    mirror = pod(None, "etcd-node-1", annotations={"kubernetes.io/config.mirror": "x"})
    mirror["metadata"]["ownerReferences"] = [owned_by(host)]
    story.exists(mirror)
    story.delete(host)
    said(story, mirror, "DeletionByPodGC", KCM, phase="Failed")
    story.mark(mirror, 0)
    story.delete(mirror)
    assert [story.step(mirror, n).actor for n in range(3)] == ["pod-garbage-collector"] * 3


def test_a_pod_that_had_ended_on_a_node_that_is_gone_may_have_been_collected() -> None:
    story = Story()
    host = story.exists(node())
    done = pod(None, "done")
    done["status"] = {"phase": "Succeeded"}
    story.exists(done)
    story.delete(host)
    story.mark(done, 0)
    story.delete(done)
    assert [story.step(done, n).actor for n in range(2)] == ["unknown"] * 2
    assert "or the Pod garbage collector" in story.step(done, 0).why


def test_a_running_pod_that_is_forced_from_a_node_that_is_gone_was_not_collected() -> None:
    story = Story()
    host = story.exists(node())
    doomed = web_pod(story)
    story.mark(doomed, 30)
    story.delete(host)
    removed(story, doomed)
    assert [story.step(doomed, n).actor for n in range(3)] == ["client"] * 3


def test_a_pod_that_never_ran_is_only_let_go_once_it_is_reported_ended() -> None:
    story = Story()
    waiting = {"waiting": {"reason": "ImagePullBackOff"}}
    ended = {"terminated": {"exitCode": 137, "reason": "ContainerStatusUnknown"}}
    for last, actor in ((waiting, "client"), (ended, "kubelet")):
        stuck = pod(None, f"stuck-{actor}")
        stuck["status"] = {"phase": "Pending", "containerStatuses": [{"name": "c", "state": last}]}
        story.exists(stuck)
        story.mark(stuck, 30)
        removed(story, stuck)
        assert [story.step(stuck, n).actor for n in (1, 2)] == [actor] * 2


def test_a_mirror_pod_that_a_client_deletes_is_taken_away_and_made_anew_by_its_kubelet() -> None:
    story = Story()
    host = story.exists(node())
    mirror = pod(host, "etcd-node-1", annotations={"kubernetes.io/config.mirror": "x"})
    story.exists(mirror)
    story.mark(mirror, 30)
    removed(story, mirror)
    assert [story.step(mirror, n).actor for n in range(3)] == ["client", "kubelet", "kubelet"]


def test_a_scheduler_of_ones_own_reports_under_the_name_that_the_pod_asks_for() -> None:
    story = Story()
    batch = pod(None, "batch", "")
    batch["spec"]["schedulerName"] = "batch-scheduler"
    story.create(batch, "kubectl-create")
    full = {"conditions": [condition("PodScheduled", "False", "Unschedulable", "no room")]}
    story.change(batch, {"status": full}, "batch-scheduler", sub="status")
    step = story.last(batch)
    assert (step.actor, step.actor_name, step.rule) == (
        "scheduler",
        "batch-scheduler",
        "not-scheduled",
    )


def test_of_a_taint_that_two_controllers_delete_for_neither_is_named() -> None:
    story = Story()
    agent = story.exists(daemonset())
    doomed = story.exists(pod(agent, "agent-a"))
    said(story, doomed, "DeletionByTaintManager", KCM)
    story.mark(doomed, 30)
    assert story.last(doomed).actor == "taint-eviction-controller"
    story.tell(agent, "SuccessfulDelete", "Deleted pod: agent-a", "daemonset-controller")
    step = story.last(doomed)
    assert (step.actor, step.rule, step.grades.who) == ("unknown", "deletion-unknown", "unknown")
    assert "taint eviction controller" in step.why
    assert "DaemonSet controller" in step.why


@pytest.mark.parametrize(
    ("told", "by", "message", "who"),
    [
        ("TaintManagerEviction", "taint-controller", "Marking for deletion Pod", "taint-eviction"),
        ("TaintManagerEviction", "taint-controller", "Cancelling deletion of Pod a", "unknown"),
        ("Preempted", "default-scheduler", "Preempted by shop/urgent on node node-1", "scheduler"),
        ("Evicted", "karpenter", "Evicted pod", "custom-controller"),
        ("Evicted", "kubelet", "The node was low on resource", "unknown"),
    ],
)
def test_before_there_was_a_condition_only_an_event_says_who_disrupts_a_pod(
    told: str, by: str, message: str, who: str
) -> None:
    story = Story()
    story.exists(node(taints=[{"key": "down", "effect": "NoExecute"}]))
    doomed = web_pod(story)
    story.mark(doomed, 30)
    story.tell(doomed, told, message, by)
    step = story.last(doomed)
    assert step.actor.startswith(who)
    assert message in step.why if who != "unknown" else "a taint of its node" in step.why


@pytest.mark.parametrize("newer", [True, False])
def test_an_event_of_an_eviction_that_may_have_been_refused_names_nobody(newer: bool) -> None:
    """The cluster autoscaler tells before it tries."""
    story = Story()
    story.exists(node())
    rs = story.exists(replicaset(replicas=1))
    doomed = pod(rs)
    if newer:
        doomed["status"]["conditions"] += [condition("PodReadyToStartContainers", "True")]
    story.exists(doomed)
    story.tell(doomed, "ScaleDown", "deleting pod for node scale down", "cluster-autoscaler")
    story.change(rs, {"spec": {"replicas": 0}}, KCM)
    story.mark(doomed, 30)
    if not newer:
        story.tell(rs, "SuccessfulDelete", "Deleted pod: web-1-a", "replicaset-controller")
    assert story.last(doomed).actor == "replicaset-controller"


def test_the_pod_of_a_node_that_is_gone_may_have_been_collected_without_a_word() -> None:
    story = Story()
    host = story.exists(node())
    doomed = web_pod(story)
    newer = pod(None, "newer", "node-1")
    newer["status"] = {"conditions": [condition("PodReadyToStartContainers", "True")]}
    story.exists(newer)
    for each in (host, doomed, newer):
        story.delete(each)
    assert [story.last(each).actor for each in (doomed, newer)] == ["unknown", "client"]
    assert "Pod garbage collector" in story.last(doomed).why
