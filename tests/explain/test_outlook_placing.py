"""What the scheduler's message says, node by node, and what a Pod asks for in all."""

import pytest

from eventstream.explain.controllers.pod.scheduler import refusal
from eventstream.objects.pods import Container, PodSpec, Resources
from eventstream.objects.quantities import amount, requested
from tests.explain.stories import KCM, Json, Story
from tests.explain.test_outlook_diagnoses import rollout
from tests.explain.things import condition, pod, statefulset, thing

NODES = "0/9 nodes are available: "
REASONS = [
    ("9 Insufficient memory", "9 have insufficient memory (the Pod asks for 2Gi)"),
    ("1 Insufficient example.com/gpu", "1 has insufficient example.com/gpu"),
    ("1 Too many pods", "1 has too many pods to take one more"),
    (
        "1 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }",
        "1 has taint node.kubernetes.io/disk-pressure, which the Pod does not tolerate",
    ),
    (
        "2 node(s) had untolerated taint {dedicated: db}",
        "2 have taint dedicated=db, which the Pod does not tolerate",
    ),
    (
        "1 node(s) had untolerated taint(s)",
        "1 has a taint that the Pod does not tolerate",
    ),
    ("3 node(s) were unschedulable", "3 are cordoned (unschedulable)"),
    (
        "4 node(s) didn't match Pod's node affinity/selector",
        "4 do not match the Pod's node affinity/selector (disk=ssd)",
    ),
    (
        "1 node(s) didn't have free ports for the requested pod ports",
        "1 has no free ports for the Pod's host ports",
    ),
    ("1 node(s) didn't match pod affinity rules", "1 does not meet the Pod's pod affinity"),
    (
        "2 node(s) didn't match pod anti-affinity rules",
        "2 are ruled out by the Pod's pod anti-affinity",
    ),
    (
        "1 node(s) didn't satisfy existing pods anti-affinity rules",
        "1 is ruled out by the pod anti-affinity of other Pods",
    ),
    (
        (
            "2 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode "
            "already in-use by another pod"
        ),
        "2 are ruled out, as another Pod has the Pod's ReadWriteOncePod claim in use",
    ),
    (
        "2 node(s) didn't match pod topology spread constraints",
        "2 would break the Pod's topology spread constraint",
    ),
    (
        "1 node(s) didn't match pod topology spread constraints (missing required label)",
        "1 lacks the label of the Pod's topology spread constraint",
    ),
    (
        "2 node(s) had volume node affinity conflict",
        "2 cannot reach the Pod's volume (volume node affinity)",
    ),
    ("1 node(s) exceed max volume count", "1 would exceed its max volume count"),
    ("2 node(s) had a reason of tomorrow", "2 were refused (node(s) had a reason of tomorrow)"),
]


def refused(message: str) -> str:
    story = Story()
    made = pod(None, "web", "")
    made["spec"]["containers"][0]["resources"] = {"requests": {"memory": "2Gi"}}
    made["spec"]["nodeSelector"] = {"disk": "ssd"}
    story.create(made, "kubectl-create")
    said = condition("PodScheduled", "False", "Unschedulable", message)
    story.change(made, {"status": {"conditions": [said]}}, "kube-scheduler", sub="status")
    trace = story.trace(made)
    assert (trace.holder, trace.diagnosis) == ("scheduler", "unschedulable")
    return trace.summary


@pytest.mark.parametrize(("reason", "words"), REASONS)
def test_each_reason_of_the_scheduler_is_told_in_words(reason: str, words: str) -> None:
    assert refused(f"{NODES}{reason}.") == f"No node takes Pod web: of 9 nodes, {words}."


LACKING = "3 Insufficient cpu, 1 node(s) had taint {a: b}, that the pod didn't tolerate"
MESSAGES = [
    (
        (
            f"{NODES}{LACKING}, 5 node(s) were unschedulable. preemption: 0/9 nodes are "
            "available: 6 Preemption is not helpful for scheduling, 3 No preemption victims "
            "found for incoming pod."
        ),
        (
            "No node takes Pod web: of 9 nodes, 3 have insufficient cpu, 1 has taint a=b, which "
            "the Pod does not tolerate and 5 are cordoned (unschedulable); no Pods of lower "
            "priority could make room."
        ),
    ),
    (
        (
            f"{NODES}9 Insufficient cpu. no new claims to deallocate, preemption: not eligible "
            "due to preemptionPolicy=Never."
        ),
        (
            "No node takes Pod web: of 9 nodes, 9 have insufficient cpu; the Pod may not preempt "
            "others."
        ),
    ),
    (
        (
            f"{NODES}6 Insufficient cpu, 3 node(s) had untolerated taint(s). no new claims to "
            "deallocate, preemption: 0/9 nodes are available: 9 Preemption is not helpful for "
            "scheduling."
        ),
        (
            "No node takes Pod web: of 9 nodes, 6 have insufficient cpu and 3 have a taint that "
            "the Pod does not tolerate; preempting other Pods would not help."
        ),
    ),
    (
        "no nodes available to schedule pods",
        "No node takes Pod web: no nodes available to schedule pods.",
    ),
]


@pytest.mark.parametrize(("message", "words"), MESSAGES)
def test_a_whole_message_is_told_with_its_preemption(message: str, words: str) -> None:
    assert refused(message) == words


def test_a_message_that_is_no_list_of_reasons_is_kept_whole() -> None:
    found = refusal('0/2 nodes are available: pod "x" is odd. preemption: none.')
    assert found is not None
    assert (found.total, found.lacking, found.whole) == (2, (), 'pod "x" is odd')
    assert refusal("running PreBind plugin failed") is None


def asks(cpu: str | None, limit: str | None = None, restart: str | None = None) -> Container:
    resources = Resources({"cpu": cpu} if cpu else None, {"cpu": limit} if limit else None)
    return Container("c", "i", restart_policy=restart, resources=resources)


ASKED = [
    (PodSpec(containers=(asks("64"),)), "64"),
    (PodSpec(containers=(asks("100m"), asks("200m"))), "300m"),
    (PodSpec(containers=(asks("500m"), asks("1500m"))), "2"),
    (PodSpec(containers=(asks(None, "3"),)), "3"),
    (PodSpec(containers=(asks("1"),), init_containers=(asks("4"),)), "4"),
    (PodSpec(containers=(asks("1"),), init_containers=(asks("2", restart="Always"),)), "3"),
    (PodSpec(containers=(asks("1"),), overhead={"cpu": "250m"}), "1250m"),
    (PodSpec(containers=(asks("1"),), resources=Resources({"cpu": "7"})), "7"),
    (PodSpec(resources=Resources({"cpu": "7"}), overhead={"cpu": "250m"}), "7250m"),
    (PodSpec(containers=(asks(None),)), ""),
    (PodSpec(containers=(asks("many"),)), ""),
]


@pytest.mark.parametrize(("spec", "expected"), ASKED)
def test_what_a_pod_asks_for_is_summed_as_the_scheduler_does(spec: PodSpec, expected: str) -> None:
    assert requested(spec, "cpu") == expected


def test_quantities_are_read_as_the_api_writes_them() -> None:
    read = [amount(text) for text in ("1", "100m", "1Ki", "1k", "2e3", "1.5Gi", 4, "12E")]
    assert [str(value and value.normalize()) for value in read] == [
        "1", "0.1", "1024", "1E+3", "2E+3", "1610612736", "4", "1.2E+19",
    ]  # fmt: skip
    assert [amount(text) for text in ("", "x", "1.2.3", "1Xi", None)] == [None] * 5


def waits_for_claim(story: Story, message: str) -> Json:
    db = story.create(statefulset(replicas=1), "kubectl-create")
    one = pod(db, "db-0", "")
    source = {"claimName": "data-db-0"}
    one["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": source}]
    story.create(one, KCM)
    if message:
        said = condition("PodScheduled", "False", "Unschedulable", message)
        story.change(one, {"status": {"conditions": [said]}}, "kube-scheduler", sub="status")
    return db


def test_a_pod_waiting_for_its_claim_says_why_that_is_not_bound() -> None:
    story = Story()
    claim = thing("PersistentVolumeClaim", "data-db-0", spec={}, status={"phase": "Pending"})
    story.create(claim, KCM)
    why = "no persistent volumes available for this claim and no storage class is set"
    story.tell(claim, "FailedBinding", why, "persistentvolume-controller")
    unbound = "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."
    db = waits_for_claim(story, unbound)
    trace = story.trace(db)
    holder = "persistentvolume-controller"
    assert (trace.holder, trace.diagnosis) == (holder, "volume-pending")
    assert trace.summary == (
        f"Pod db-0 waits for PersistentVolumeClaim data-db-0, which is not bound yet: {why}."
    )
    assert trace.command == "kubectl describe persistentvolumeclaim data-db-0 -n shop"
    assert [piece.source for piece in trace.diagnosis_evidence] == ["condition", "status", "event"]


@pytest.mark.parametrize(
    ("reason", "code"), [("ExternalProvisioning", None), ("ProvisioningFailed", "volume-pending")]
)
def test_a_silent_scheduler_may_wait_for_a_volume_to_be_made(reason: str, code: str | None) -> None:
    story = Story()
    claim = thing("PersistentVolumeClaim", "data-db-0", spec={}, status={"phase": "Pending"})
    story.create(claim, KCM)
    db = waits_for_claim(story, "")
    story.tell(claim, reason, "what the provisioner says", "persistentvolume-controller")
    trace = story.trace(db)
    assert (trace.holder, trace.diagnosis) == ("persistentvolume-controller", code)
    assert trace.waiting_for == "a volume for PersistentVolumeClaim data-db-0 of Pod db-0"
    if code is not None:
        assert "is not bound yet: what the provisioner says" in trace.summary


def test_a_claim_that_does_not_exist_is_named() -> None:
    story = Story()
    missing = 'persistentvolumeclaim "data-db-0" not found'
    db = waits_for_claim(story, f"0/1 nodes are available: {missing}.")
    trace = story.trace(db)
    assert (trace.diagnosis, trace.summary) == (
        "volume-pending",
        "Pod db-0 waits for PersistentVolumeClaim data-db-0, which does not exist.",
    )


def test_an_ephemeral_volumes_claim_that_is_bound_stands_for_no_other() -> None:
    story = Story()
    one = pod(None, "db-0", "")
    source = {"claimName": "data-db-0"}
    one["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": source}]
    story.create(one, "kubectl-create")
    own = thing("PersistentVolumeClaim", "db-0-scratch", "v1", one, status={"phase": "Bound"})
    story.create(own, KCM)
    message = '0/1 nodes are available: persistentvolumeclaim "data-db-0" not found.'
    said = condition("PodScheduled", "False", "Unschedulable", message)
    story.change(one, {"status": {"conditions": [said]}}, "kube-scheduler", sub="status")
    assert story.trace(one).summary == (
        "Pod db-0 waits for PersistentVolumeClaim data-db-0, which does not exist."
    )


def test_the_deployment_says_what_its_pod_asks_for() -> None:
    story = Story()
    web, _, one = rollout(story, "")
    one["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "64"}}
    said = condition("PodScheduled", "False", "Unschedulable", f"{NODES}9 Insufficient cpu.")
    story.change(one, {"status": {"conditions": [said]}}, "kube-scheduler", sub="status")
    assert "9 have insufficient cpu (the Pod asks for 64)" in story.trace(web).summary


NO_VOLUME = "2 node(s) didn't find available persistent volumes to bind"


def test_a_claim_that_waits_for_its_pod_does_not_explain_why_no_node_takes_that() -> None:
    story = Story()
    claim = thing("PersistentVolumeClaim", "data-db-0", spec={}, status={"phase": "Pending"})
    story.create(claim, KCM)
    old = "waiting for first consumer to be created before binding"
    story.tell(claim, "WaitForFirstConsumer", old, "persistentvolume-controller")
    message = f"0/3 nodes are available: 1 Insufficient cpu, {NO_VOLUME}."
    trace = story.trace(waits_for_claim(story, message))
    assert (trace.holder, trace.diagnosis) == ("scheduler", "unschedulable")
    assert trace.summary == (
        "No node takes Pod db-0: of 3 nodes, 1 has insufficient cpu and 2 find no "
        "PersistentVolume for the Pod's claim."
    )


def test_a_claim_that_is_being_deleted_is_not_called_unbound() -> None:
    story = Story()
    message = '0/1 nodes are available: persistentvolumeclaim "data-db-0" is being deleted.'
    trace = story.trace(waits_for_claim(story, message))
    assert trace.diagnosis == "unschedulable"
    assert trace.summary.endswith('persistentvolumeclaim "data-db-0" is being deleted.')


def test_what_failed_counts_more_than_that_it_is_tried_again() -> None:
    story = Story()
    claim = thing("PersistentVolumeClaim", "data-db-0", spec={}, status={"phase": "Pending"})
    story.create(claim, KCM)
    story.tell(claim, "ProvisioningFailed", "quota of disks is used up", "ebs.csi.aws.com")
    story.tell(claim, "ExternalProvisioning", "Waiting for a volume", "persistentvolume-controller")
    unbound = "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."
    trace = story.trace(waits_for_claim(story, unbound))
    assert trace.summary.endswith("which is not bound yet: quota of disks is used up.")


def full(story: Story) -> tuple[Json, Json]:
    web, _, one = rollout(story, "")
    said = condition("PodScheduled", "False", "Unschedulable", f"{NODES}9 Insufficient cpu.")
    story.change(one, {"status": {"conditions": [said]}}, "kube-scheduler", sub="status")
    return web, one


AUTOSCALERS = [
    (
        "NotTriggerScaleUp",
        "cluster-autoscaler",
        "pod didn't trigger scale-up: 3 max node group size reached",
        "cluster-autoscaler adds no node: 3 max node group size reached.",
    ),
    (
        "FailedScheduling",
        "karpenter",
        "Failed to schedule pod, no nodepool matches",
        "karpenter adds no node: Failed to schedule pod, no nodepool matches.",
    ),
]


@pytest.mark.parametrize(("reason", "by", "message", "words"), AUTOSCALERS)
def test_why_no_node_is_added_is_told_by_whom(
    reason: str, by: str, message: str, words: str
) -> None:
    story = Story()
    web, one = full(story)
    story.tell(one, reason, message, by)
    trace = story.trace(web)
    assert (trace.holder, trace.diagnosis) == ("scheduler", "unschedulable")
    assert trace.summary.endswith(f"9 have insufficient cpu; {words}")
    assert [piece.source for piece in trace.diagnosis_evidence] == ["condition", "event"]


def test_a_node_that_is_coming_is_waited_for_a_while() -> None:
    story = Story()
    web, one = full(story)
    story.tell(one, "TriggeredScaleUp", "pod triggered scale-up: [{a 1->2}]", "cluster-autoscaler")
    trace = story.trace(web)
    assert (trace.state, trace.diagnosis, trace.holder) == ("running", None, "scheduler")
    assert "cluster-autoscaler has begun to add: pod triggered scale-up" in trace.waiting_for
    story.wait(1000)
    story.exists(thing("Namespace", "tick"))
    trace = story.trace(web)
    assert (trace.state, trace.diagnosis) == ("stalled", "unschedulable")
    assert "cluster-autoscaler was to add a node, and the Pod has none yet" in trace.summary


def test_a_resource_claim_that_cannot_be_made_says_why() -> None:
    story = Story()
    web, _, one = rollout(story, "")
    one["spec"]["resourceClaims"] = [{"name": "gpu", "resourceClaimTemplateName": "one-gpu"}]
    missing = 'waiting for dynamic resource controller to create the resourceclaim "gpu"'
    said = condition("PodScheduled", "False", "Unschedulable", f"{NODES}{missing}.")
    story.change(one, {"status": {"conditions": [said]}}, "kube-scheduler", sub="status")
    why = 'PodResourceClaim gpu: resource claim template "one-gpu" not found'
    story.tell(one, "FailedResourceClaimCreation", why, "resource_claim")
    trace = story.trace(web)
    assert trace.diagnosis == "unschedulable"
    assert trace.summary.endswith(f"its ResourceClaim cannot be made: {why}.")
    made = [{"name": "gpu", "resourceClaimName": "web-1-a-gpu-x"}]
    status = {"resourceClaimStatuses": made}
    story.change(one, {"status": status}, KCM, sub="status")
    assert "cannot be made" not in story.trace(web).summary


def test_a_scheduling_gate_of_kueue_is_kueues() -> None:
    story = Story()
    gated = pod(None, "gated", "")
    gated["spec"]["schedulingGates"] = [{"name": "kueue.x-k8s.io/admission"}]
    story.create(gated, "kubectl-create")
    trace = story.trace(gated)
    assert (trace.holder, trace.holder_name) == ("custom-controller", "Kueue")
    assert trace.summary.endswith("which Kueue takes away once it admits the Pod.")


def test_a_gate_that_is_gone_keeps_no_node_from_the_pod() -> None:
    story = Story()
    gates = {"schedulingGates": [{"name": "example.com/quota"}]}
    own = pod(name="web", node_name="")
    own["spec"] |= gates
    story.create(own, "kubectl-create")
    blocked = "Scheduling is blocked due to non-empty scheduling gates"
    gated = condition("PodScheduled", "False", "SchedulingGated", blocked)
    story.change(own, {"status": {"conditions": [gated]}}, "kube-scheduler", sub="status")
    assert story.trace(own).diagnosis == "scheduling-gated"
    story.change(own, {"spec": {"schedulingGates": None}}, "kubectl-edit")
    trace = story.trace(own)
    assert (trace.state, trace.holder, trace.diagnosis) == ("running", "scheduler", None)
    assert trace.summary == "Waiting for the scheduler: a node for Pod web."


def test_a_scheduler_that_fails_is_not_told_as_a_want_of_nodes() -> None:
    story = Story()
    own = story.create(pod(name="web", node_name=""), "kubectl-create")
    why = 'binding rejected: running Bind plugin "DefaultBinder": node "n" not found'
    failed = condition("PodScheduled", "False", "SchedulerError", why)
    story.change(own, {"status": {"conditions": [failed]}}, "kube-scheduler", sub="status")
    trace = story.trace(own)
    assert (trace.state, trace.holder, trace.diagnosis) == ("stalled", "scheduler", "unschedulable")
    assert trace.summary == (
        f"The scheduler cannot place Pod web, which no node has turned down: {why}."
    )
