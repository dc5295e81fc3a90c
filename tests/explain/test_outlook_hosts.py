"""What holds something up and is not its own: a node, another Pod, what a namespace has in it."""

import pytest

from tests.explain.stories import KCM, Json, Story, stamp
from tests.explain.test_outlook_stuck import later
from tests.explain.things import condition, daemonset, job, node, pod, thing

MULTI = 'Multi-Attach error for volume "pv-1" Volume is already used by pod(s) web-1-a'
DATA = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
HASH = "b3ee776d3cbb61719d94eb9dbf2093c6"
SHUT_DOWN = "node.cloudprovider.kubernetes.io/shutdown"


def claim(phase: str, **spec: str) -> Json:
    return thing("PersistentVolumeClaim", "data", spec=spec, status={"phase": phase})


def using(name: str, host: str, running: bool) -> Json:
    made = pod(None, name, host)
    made["spec"]["volumes"] = DATA
    if not running:
        made["status"] = {"phase": "Pending"}
    return made


def silent(story: Story, host: Json) -> None:
    """Its kubelet does not report any more, for longer than a reboot takes."""
    told = "Kubelet stopped posting node status."
    unknown = condition("Ready", "Unknown", "NodeStatusUnknown", told)
    unknown["lastTransitionTime"] = stamp(story.at)
    story.change(host, {"status": {"conditions": [unknown]}}, KCM, sub="status")
    later(story, 120.0)


@pytest.mark.parametrize("lost", [False, True])
def test_a_volume_that_another_node_has_waits_for_the_pod_there(lost: bool) -> None:
    story = Story("Pod")
    host = story.exists(node("node-1"))
    story.exists(node("node-2"))
    story.exists(claim("Bound", volumeName="pv-1"))
    old = story.exists(using("web-1-a", "node-1", running=True))
    new = story.create(using("web-1-b", "node-2", running=False), "kubectl-create")
    if lost:
        story.mark(old, 30)
        silent(story, host)
    story.tell(new, "FailedAttachVolume", MULTI, "attachdetach-controller")
    trace = story.trace(new)
    said = f"Pod web-1-b waits for a volume: {MULTI}; Pod web-1-a"
    assert trace.diagnosis == "volume-pending"
    assert trace.command == "kubectl describe pod web-1-a -n shop"
    if lost:
        assert (trace.holder, trace.holder_name) == ("kubelet", "node-1")
        assert trace.summary.startswith(f"{said}, which is to go, has it on node-1. The kubelet on")
    else:
        assert trace.holder == "attachdetach-controller"
        assert trace.summary == f"{said} has it on node-1."


def test_a_claim_that_waits_for_the_scheduler_gets_none_from_a_pod_that_names_its_node() -> None:
    story = Story("Pod")
    story.exists(node("node-1"))
    data = story.create(claim("Pending", storageClassName="local"), "kubectl-create")
    first = "waiting for first consumer to be created before binding"
    story.tell(data, "WaitForFirstConsumer", first, "persistentvolume-controller", type="Normal")
    story.create(later_placed := using("later", "", running=False), "kubectl-create")
    trace = story.trace(data)
    assert (trace.state, trace.holder) == ("running", "scheduler")
    assert trace.waiting_for == "Pod later, which uses PersistentVolumeClaim data, to be placed"
    story.delete(later_placed)
    one = story.create(using("tool", "node-1", running=False), "kubectl-create")
    story.tell(one, "FailedMount", "error processing PVC shop/data: PVC is not bound", "kubelet")
    trace = story.trace(one)
    assert (trace.holder, trace.diagnosis) == ("client", "volume-pending")
    assert trace.summary == (
        "Pod tool waits for PersistentVolumeClaim data, which is not bound yet: that is done when "
        "a scheduler that binds volumes places a Pod which uses it, and this Pod has node-1 "
        "already."
    )
    assert story.trace(data).summary.endswith(
        "that uses PersistentVolumeClaim data: Pod tool, which uses it, has node-1 already."
    )
    chosen = {"metadata": {"annotations": {"volume.kubernetes.io/selected-node": "node-1"}}}
    story.change(data, chosen, "kube-scheduler")
    assert "PVC is not bound" in story.trace(one).summary


def test_why_the_claim_of_an_ephemeral_volume_is_not_made_is_told() -> None:
    story = Story("Pod")
    one = story.create(pod(None, "one", ""), "kubectl-create")
    missing = (
        "0/1 nodes are available: waiting for ephemeral volume controller to create the "
        'persistentvolumeclaim "one-scratch".'
    )
    said = condition("PodScheduled", "False", "Unschedulable", missing)
    story.change(one, {"status": {"conditions": [said]}}, "kube-scheduler", sub="status")
    assert story.trace(one).holder == "scheduler"
    why = "ephemeral volume scratch: create PVC one-scratch: exceeded quota: storage"
    story.tell(one, "FailedBinding", why, "ephemeral_volume")
    trace = story.trace(one)
    assert (trace.holder, trace.diagnosis) == ("client", "unschedulable")
    assert trace.summary.endswith(f"; that cannot be made: {why}.")


def test_the_node_that_a_daemonsets_pod_is_made_for_is_named() -> None:
    story = Story("Pod")
    agent = story.exists(daemonset())
    field = {"key": "metadata.name", "operator": "In", "values": ["node-7"]}
    terms = {"nodeSelectorTerms": [{"matchFields": [field]}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": terms}
    one = pod(agent, "agent-a", "")
    one["spec"]["affinity"] = {"nodeAffinity": required}
    one["status"] = {"phase": "Pending"}
    story.create(one, KCM)
    message = "0/9 nodes are available: 1 Insufficient cpu, 8 node(s) didn't match Pod's node "
    said = condition("PodScheduled", "False", "Unschedulable", f"{message}affinity/selector.")
    story.change(one, {"status": {"conditions": [said]}}, "kube-scheduler", sub="status")
    assert story.trace(agent).summary.startswith(
        "No node takes Pod agent-a, which is made for node-7: of 9 nodes, 1 has insufficient cpu"
    )


def test_a_node_whose_machine_is_shut_down_is_told_so() -> None:
    story = Story()
    host = story.exists(node("node-1", taints=[{"key": SHUT_DOWN, "effect": "NoSchedule"}]))
    silent(story, host)
    trace = story.trace(host)
    assert trace.diagnosis == "node-lost"
    assert trace.summary.endswith(f": its machine is shut down, as taint {SHUT_DOWN} says.")


def test_a_node_of_which_no_kubelet_ever_told_is_told_so() -> None:
    story = Story()
    host = story.exists(node("node-1"))
    told = "Kubelet never posted node status."
    unknown = condition("Ready", "Unknown", "NodeStatusNeverUpdated", told)
    story.change(host, {"status": {"conditions": [unknown]}}, KCM, sub="status")
    later(story, 120.0)
    assert story.trace(host).summary == (
        "The kubelet on node-1 has never reported (Kubelet never posted node status)."
    )


@pytest.mark.parametrize(
    ("type_", "status", "wrong"),
    [
        ("KernelDeadlock", "True", True),
        ("KernelDeadlock", "False", False),
        ("StorageReady", "False", True),
        ("StorageReady", "True", False),
        ("SomethingElse", "True", False),
    ],
)
def test_a_ready_node_may_have_a_problem_of_which_others_tell(
    type_: str, status: str, wrong: bool
) -> None:
    story = Story()
    host = story.exists(node("node-1"))
    told = [condition("Ready", "True"), condition(type_, status, "Hung", "task is blocked")]
    story.change(host, {"status": {"conditions": told}}, "node-problem-detector", sub="status")
    trace = story.trace(host)
    if not wrong:
        assert (trace.state, trace.summary) == ("complete", "Node node-1 is ready.")
        return
    assert (trace.state, trace.holder, trace.diagnosis) == ("stalled", "client", "not-ready")
    assert trace.summary == (
        f"Node node-1 is ready, but its condition {type_} is {status}: task is blocked."
    )


def test_a_kubelet_that_was_called_slow_turns_out_to_be_lost() -> None:
    story = Story("Pod")
    host = story.exists(node("node-1"))
    one = story.create(using("one", "node-1", running=False), "kubectl-create")
    later(story, 130.0)
    assert story.trace(one).diagnosis == "kubelet-slow"
    silent(story, host)
    assert story.trace(one).diagnosis == "node-lost"


def test_a_job_lets_go_of_its_pods_within_a_minute() -> None:
    story = Story("Pod")
    held = ["batch.kubernetes.io/job-tracking"]
    one = pod(None, "once-a", finalizers=held)
    one["status"] = {"phase": "Succeeded"}
    story.exists(one)
    story.mark(one, 0, finalizers=held)
    assert (story.trace(one).holder, story.trace(one).diagnosis) == ("job-controller", None)
    later(story, 61.0)
    trace = story.trace(one)
    assert (trace.holder, trace.diagnosis) == ("job-controller", "finalizer-stuck")


REMAIN = "Some content in the namespace has finalizers remaining: example.com/held in 1 resource"


def test_a_namespace_that_is_to_go_names_what_holds_it() -> None:
    story = Story("Pod")
    host = story.exists(node("node-1"))
    shop = story.exists(thing("Namespace", "shop", spec={"finalizers": ["kubernetes"]}))
    lost = story.exists(pod(None, "lost", "node-1"))
    kept = story.exists(claim("Bound", volumeName="pv-1"))
    story.mark(shop)
    story.mark(kept, finalizers=["example.com/held"])
    told = condition("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", REMAIN)
    story.change(shop, {"status": {"conditions": [told]}}, KCM, sub="status")
    later(story, 62.0)
    trace = story.trace(shop)
    assert (trace.holder, trace.diagnosis) == ("custom-controller", "finalizer-stuck")
    assert trace.summary.endswith(
        f"{REMAIN}; PersistentVolumeClaim data (example.com/held) has one."
    )
    assert trace.command == "kubectl get persistentvolumeclaim data -n shop -o yaml"
    story.mark(lost, 30)
    silent(story, host)
    trace = story.trace(shop)
    assert (trace.holder, trace.holder_name) == ("kubelet", "node-1")
    assert trace.diagnosis == "node-lost"
    assert trace.summary.startswith(
        "Namespace shop is to go and waits for Pod lost: The kubelet on node-1 has not reported"
    )


def test_a_static_pod_stands_by_itself_and_not_with_its_node() -> None:
    story = Story("Pod")
    host = story.exists(node("node-1"))
    mirror = pod(host, "etcd-node-1", annotations={"kubernetes.io/config.mirror": "x"})
    mirror["status"] = {"phase": "Pending"}
    story.create(mirror, "kubelet")
    waits = {"reason": "CrashLoopBackOff", "message": "back-off 20s restarting failed container"}
    last = {"terminated": {"exitCode": 1, "reason": "Error"}}
    ends = {"name": "c", "restartCount": 3, "state": {"waiting": waits}, "lastState": last}
    story.change(mirror, {"status": {"containerStatuses": [ends]}}, "kubelet", sub="status")
    trace = story.trace(mirror)
    assert (trace.cause, trace.diagnosis) == ("created by the kubelet", "crash-loop")
    roots = {trace.root.kind for trace in story.told().traces.values()}
    assert roots == {"Pod"}
    story.tell(mirror, "Started", "Container started", "kubelet")
    runs = {"name": "c", "state": {"running": {"startedAt": stamp(story.at)}}}
    story.change(mirror, {"status": {"containerStatuses": [runs]}}, "kubelet", sub="status")
    assert "bound" not in story.last(mirror).why


IN_CONTAINER = "Container c of Pod once-a "
LACKS = {"reason": "OutOfcpu", "message": "Pod was rejected: Node didn't have enough resource: cpu"}


@pytest.mark.parametrize(
    ("ended", "more", "words"),
    [
        (
            {"exitCode": 137, "reason": "OOMKilled"},
            {},
            f"{IN_CONTAINER}ran out of memory (OOMKilled).",
        ),
        ({"exitCode": 3, "reason": "Error"}, {}, f"{IN_CONTAINER}ended with code 3 (Error)."),
        (
            {"exitCode": 128, "reason": "StartError", "message": "no such file"},
            {},
            f"{IN_CONTAINER}could not be started: no such file.",
        ),
        (
            {"exitCode": 137, "reason": "ContainerStatusUnknown"},
            LACKS,
            f"Pod once-a failed (OutOfcpu): {LACKS['message']}.",
        ),
    ],
)
def test_a_failed_job_says_how_its_last_pod_ended(ended: Json, more: Json, words: str) -> None:
    story = Story("Pod")
    once = story.create(job(), "kubectl-create")
    one = pod(once, "once-a")
    state = {"name": "c", "state": {"terminated": ended}}
    one["status"] = {"phase": "Failed", "containerStatuses": [state]} | more
    story.create(one, KCM)
    why = "Job has reached the specified backoff limit"
    said = condition("Failed", "True", "BackoffLimitExceeded", why)
    story.change(once, {"status": {"failed": 1, "conditions": [said]}}, KCM, sub="status")
    assert story.trace(once).summary == (f"Job once failed after 1 failed Pod: {why}. {words}")


def test_pods_of_a_daemonset_on_nodes_that_are_to_have_none_are_counted() -> None:
    story = Story("Pod")
    agent = story.create(daemonset(), "kubectl-create")
    story.create(pod(agent, "agent-a"), KCM)
    counts = {"desiredNumberScheduled": 1, "currentNumberScheduled": 1, "numberReady": 1}
    counts |= {"updatedNumberScheduled": 1, "numberAvailable": 1, "observedGeneration": 1}
    story.change(agent, {"status": counts | {"numberMisscheduled": 2}}, KCM, sub="status")
    assert story.trace(agent).summary == (
        "1 Pod of DaemonSet agent ready, and 2 more on nodes that are to have none."
    )


@pytest.mark.parametrize("by_name", ["", "after", "before"])
@pytest.mark.parametrize(
    ("apart", "exit_code", "told"), [(1, 137, True), (60, 137, False), (1, 1, False)]
)
def test_what_a_node_tells_of_its_memory_as_a_container_is_killed(
    apart: int, exit_code: int, told: bool, by_name: str
) -> None:
    """A kubelet calls its Node by its name alone, whether or not that one was listed yet."""
    story = Story("Pod")
    host = node("node-1")
    if by_name != "before":
        story.exists(host)
    about = {"kind": "Node", "metadata": {"name": "node-1", "uid": "node-1"}} if by_name else host
    one = pod(None, "one", "node-1")
    one["status"] = {"phase": "Pending"}
    story.create(one, "kubectl-create")
    ended = {"exitCode": exit_code, "reason": "Error", "finishedAt": stamp(story.at)}
    waits = {"reason": "CrashLoopBackOff", "message": "back-off 20s restarting failed container"}
    state = {"waiting": waits}
    ends = {"name": "c", "restartCount": 3, "state": state, "lastState": {"terminated": ended}}
    story.change(one, {"status": {"containerStatuses": [ends]}}, "kubelet", sub="status")
    why = "System OOM encountered, victim process: java, pid: 812"
    story.tell(about, "SystemOOM", why, "kubelet", lastTimestamp=stamp(story.at + apart))
    if by_name == "before":
        story.exists(host)
    trace = story.trace(one)
    assert trace.diagnosis == "crash-loop"
    assert trace.summary.endswith(f"; as it ended, node-1 told: {why}.") == told


@pytest.mark.parametrize("early", [False, True])
def test_events_call_a_static_pod_by_the_hash_of_its_file(early: bool) -> None:
    story = Story("Pod")
    host = story.exists(node("node-1"))
    mirror = pod(host, "etcd-node-1", annotations={"kubernetes.io/config.mirror": HASH})
    mirror["status"] = {"phase": "Pending"}
    about = {"kind": "Pod", "metadata": mirror["metadata"] | {"uid": HASH}}
    why = 'MountVolume.SetUp failed for volume "d" : hostPath type check failed'
    if early:
        story.tell(about, "FailedMount", why, "kubelet")
    story.create(mirror, "kubelet")
    if not early:
        story.tell(about, "FailedMount", why, "kubelet")
    trace = story.trace(mirror)
    assert (trace.diagnosis, trace.holder_name) == ("volume-pending", "node-1")
    assert trace.summary == f"Pod etcd-node-1 waits for a volume: {why}."


def test_who_notes_in_a_pod_which_claims_it_got_is_a_controller_of_kubernetes() -> None:
    story = Story("Pod")
    one = story.create(pod(None, "one"), "kubectl-create")
    got = {"resourceClaimStatuses": [{"name": "gpu", "resourceClaimName": "one-gpu-1"}]}
    by = "ResourceClaimController"
    story.change(one, {"status": got}, by, sub="status", op="Apply")
    step = story.last(one)
    assert step.actor == "resourceclaim-controller"
    assert step.what.endswith("noted that Pod one gets ResourceClaim one-gpu-1.")


def test_what_is_asked_of_a_node_is_not_what_silenced_its_kubelet() -> None:
    story = Story("Pod")
    host = story.exists(node("node-1"))
    silent(story, host)
    taint = {"key": "node.kubernetes.io/out-of-service", "effect": "NoExecute"}
    story.change(host, {"spec": {"taints": [taint]}}, "kubectl-taint")
    later(story, 60.0)
    found = story.told().traces.values()
    told = {trace.cause: trace for trace in found if trace.root.kind == "Node"}
    lost = told.pop("its kubelet stopped reporting")
    assert (lost.state, lost.diagnosis) == ("stalled", "node-lost")
    asked = next(trace for cause, trace in told.items() if "kubectl-taint" in cause)
    assert asked.state == "running"
    assert asked.summary.startswith("Waiting for an earlier change (its kubelet stopped reporting)")


def test_a_cordon_does_not_end_that_a_kubelet_was_silent_before() -> None:
    story = Story("Pod")
    host = story.exists(node("node-1") | {"status": {"conditions": [SILENT]}})
    later(story, 300.0)
    story.change(host, {"spec": {"unschedulable": True}}, "kubectl-cordon")
    later(story, 10.0)
    found = [trace for trace in story.told().traces.values() if trace.root.name == "node-1"]
    assert "stalled" in {trace.state for trace in found}
    assert all(trace.state in ("stalled", "running") for trace in found)


SILENT = condition("Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")


def test_of_many_that_hold_a_namespace_three_are_named_and_what_stays_is_not_drawn_on() -> None:
    story = Story("Pod")
    shop = story.exists(thing("Namespace", "shop", spec={"finalizers": ["kubernetes"]}))
    story.exists(thing("ConfigMap", "stays"))
    for number in range(60):
        made = thing("PersistentVolumeClaim", f"data-{number}", status={"phase": "Bound"})
        story.mark(story.exists(made), finalizers=["example.com/held"])
    story.mark(shop)
    told = condition("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", REMAIN)
    story.change(shop, {"status": {"conditions": [told]}}, KCM, sub="status")
    later(story, 62.0)
    trace = story.trace(shop)
    assert trace.summary.endswith(" and 57 more have one.")
    assert "PersistentVolumeClaim@shop" in (trace.sources or ())
    assert "ConfigMap@shop" not in (trace.sources or ())
