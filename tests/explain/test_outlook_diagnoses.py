"""Who holds the baton, what is wrong, and that it is taken back when the cause goes."""

from typing import Any

import pytest

from tests.explain.stories import KCM, Json, Story, stamp
from tests.explain.things import (
    condition,
    deployment,
    node,
    pod,
    replicaset,
    statefulset,
)

IMAGE = "registry.example.com/nginx:9"


def rollout(story: Story, node_name: str = "node-1", replicas: int = 1) -> tuple[Json, Json, Json]:
    """A client's Deployment, its ReplicaSet, and one Pod that is bound and not started."""
    web = story.create(deployment(replicas=replicas), "kubectl-create")
    rs = story.create(replicaset(web, replicas=replicas), KCM)
    made = pod(rs, node_name=node_name)
    made["status"] = {"phase": "Pending"}
    made["spec"]["containers"] = [{"name": "c", "image": IMAGE}]
    return web, rs, story.create(made, KCM)


def waiting(reason: str, message: str = "", **more: Any) -> Json:
    return {"name": "c", "state": {"waiting": {"reason": reason, "message": message}}} | more


def report(story: Story, web_pod: Json, *statuses: Json, **status: Any) -> None:
    patch = {"containerStatuses": list(statuses), "phase": "Pending"} | status
    story.change(web_pod, {"status": patch}, "kubelet", sub="status")


def complete(story: Story, web: Json, rs: Json, web_pod: Json) -> None:
    """Whatever was wrong is mended: the Pod is ready, and the controllers say so."""
    running = {"name": "c", "ready": True, "state": {"running": {}}, "restartCount": 0}
    ready = [condition("Ready", "True")]
    web_pod["spec"]["nodeName"] = "node-1"
    report(story, web_pod, running, phase="Running", conditions=ready)
    counts: Json = {"replicas": 1, "readyReplicas": 1, "availableReplicas": 1, "conditions": []}
    story.change(rs, {"status": counts | {"observedGeneration": 1}}, KCM, sub="status")
    counts |= {"updatedReplicas": 1, "observedGeneration": 1}
    story.change(web, {"status": counts}, KCM, sub="status")


CONTAINERS = [
    (
        waiting("ImagePullBackOff", "manifest unknown"),
        "image-not-found",
        f"Pod web-1-a cannot get image {IMAGE}: the registry has no such image (ImagePullBackOff).",
    ),
    (
        waiting("ErrImagePull", "401 Unauthorized"),
        "image-pull-denied",
        (
            f"Pod web-1-a cannot get image {IMAGE}: the registry denies it: 401 Unauthorized "
            "(ErrImagePull)."
        ),
    ),
    (
        waiting("ErrImagePull", "pull access denied, repository does not exist or …"),
        "image-pull-denied",
        (
            f"Pod web-1-a cannot get image {IMAGE}: the registry denies it (or it does not exist): "
            "pull access denied, repository does not exist or … (ErrImagePull)."
        ),
    ),
    (
        waiting("ErrImagePull", "dial tcp: i/o timeout"),
        "image-pull-failed",
        (
            f"Pod web-1-a cannot get image {IMAGE}: the node does not reach the registry: "
            "dial tcp: i/o timeout (ErrImagePull)."
        ),
    ),
    (
        waiting("InvalidImageName"),
        "image-not-found",
        f"Pod web-1-a asks for {IMAGE}, which is no image name.",
    ),
    (
        waiting("CreateContainerConfigError", 'configmap "missing" not found'),
        "config-missing",
        (
            "Container c of Pod web-1-a takes its environment from ConfigMap missing, "
            "which does not exist."
        ),
    ),
    (
        waiting(
            "CrashLoopBackOff",
            "back-off 40s restarting failed container",
            restartCount=3,
            lastState={"terminated": {"exitCode": 1, "reason": "Error"}},
        ),
        "crash-loop",
        (
            "Container c of Pod web-1-a exits with code 1 (Error); "
            "3 restarts so far, and the next attempt 40 s after it ended."
        ),
    ),
    (
        waiting(
            "CrashLoopBackOff",
            restartCount=1,
            lastState={"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
        ),
        "oom-killed",
        "Container c of Pod web-1-a ran out of memory (OOMKilled); 1 restart so far.",
    ),
    (
        waiting("RunContainerError", "exec: no such file"),
        "start-failed",
        "Container c of Pod web-1-a cannot be started: exec: no such file.",
    ),
]


@pytest.mark.parametrize(("status", "code", "summary"), CONTAINERS)
def test_what_a_container_waits_for_is_told_and_taken_back(
    status: Json, code: str, summary: str
) -> None:
    story = Story()
    web, rs, web_pod = rollout(story)
    report(story, web_pod, status)
    trace = story.trace(web)
    assert (trace.state, trace.holder, trace.holder_name) == ("stalled", "kubelet", "node-1")
    assert (trace.diagnosis, trace.summary) == (code, summary)
    complete(story, web, rs, web_pod)
    trace = story.trace(web)
    assert (trace.state, trace.holder, trace.diagnosis) == ("complete", None, None)


EVENTS = [
    (
        "FailedMount",
        'MountVolume.SetUp failed for volume "cfg" : configmap "missing" not found',
        "config-missing",
        "Pod web-1-a mounts ConfigMap missing as volume cfg, which does not exist.",
    ),
    (
        "FailedAttachVolume",
        "Multi-Attach error for volume",
        "volume-pending",
        "Pod web-1-a waits for a volume: Multi-Attach error for volume.",
    ),
    (
        "FailedCreatePodSandBox",
        "network is not ready",
        "sandbox-failed",
        "The sandbox of Pod web-1-a cannot be made: network is not ready.",
    ),
]


@pytest.mark.parametrize(("reason", "message", "code", "summary"), EVENTS)
def test_what_only_an_event_tells_is_told(
    reason: str, message: str, code: str, summary: str
) -> None:
    story = Story()
    web, rs, web_pod = rollout(story)
    report(story, web_pod, waiting("ContainerCreating"))
    story.tell(web_pod, reason, message, "kubelet")
    trace = story.trace(web)
    holder = "attachdetach-controller" if reason == "FailedAttachVolume" else "kubelet"
    assert (trace.holder, trace.diagnosis, trace.summary) == (holder, code, summary)
    complete(story, web, rs, web_pod)
    assert story.trace(web).diagnosis is None


@pytest.mark.parametrize("restarts", [0, 2])
def test_a_failing_probe_is_named(restarts: int) -> None:
    story = Story()
    web, rs, web_pod = rollout(story)
    running = {"name": "c", "state": {"running": {}}, "restartCount": restarts}
    report(story, web_pod, running, phase="Running", conditions=[condition("Ready", "False")])
    failed = "Readiness probe failed: HTTP probe failed with statuscode: 503"
    story.tell(web_pod, "Unhealthy", failed, "kubelet", count=1)
    assert story.trace(web).diagnosis is None
    story.tell(web_pod, "Unhealthy", failed, "kubelet", count=4)
    trace = story.trace(web)
    again = " (restarted 2 times so far)" if restarts else ""
    assert (trace.diagnosis, trace.summary) == (
        "probe-failing",
        (
            f"The readiness probe of container c of Pod web-1-a has failed 5 times{again}: "
            "HTTP probe failed with statuscode: 503."
        ),
    )
    complete(story, web, rs, web_pod)
    assert story.trace(web).diagnosis is None


FULL = "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint(s)"
UNSCHEDULED = [
    (
        f"{FULL}. preemption: 0/3 nodes are available.",
        "scheduler",
        "unschedulable",
        (
            "No node takes Pod web-1-a: of 3 nodes, 1 has insufficient cpu and 2 have a taint that "
            "the Pod does not tolerate."
        ),
    ),
    (
        "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.",
        "persistentvolume-controller",
        "volume-pending",
        "Pod web-1-a waits for its volume claims, which are not bound yet.",
    ),
]


@pytest.mark.parametrize(("message", "holder", "code", "summary"), UNSCHEDULED)
def test_a_pod_that_no_node_takes_says_what_is_lacking(
    message: str, holder: str, code: str, summary: str
) -> None:
    story = Story()
    web, rs, web_pod = rollout(story, "")
    said = condition("PodScheduled", "False", "Unschedulable", message)
    story.change(web_pod, {"status": {"conditions": [said]}}, "kube-scheduler", sub="status")
    trace = story.trace(web)
    assert (trace.holder, trace.diagnosis, trace.summary) == (holder, code, summary)
    complete(story, web, rs, web_pod)
    assert story.trace(web).diagnosis is None


def test_a_gate_waits_for_whoever_set_it() -> None:
    story = Story()
    gated = pod(None, "gated", "")
    gated["spec"]["schedulingGates"] = [{"name": "example.com/wait"}]
    story.create(gated, "kubectl-create")
    trace = story.trace(gated)
    assert (trace.holder, trace.diagnosis) == ("client", "scheduling-gated")


REFUSALS = [
    (
        'pods "web-1-b" is forbidden: exceeded quota: pods, requested: pods=1',
        "quota-exceeded",
        "1 Pod of ReplicaSet web-1 cannot be created: exceeded quota: pods, requested: pods=1.",
    ),
    (
        'admission webhook "policy.example.com" denied the request: no latest tags',
        "admission-denied",
        (
            "1 Pod of ReplicaSet web-1 cannot be created: "
            "webhook policy.example.com denies it: no latest tags."
        ),
    ),
    (
        'Pod "web-1-b" is invalid: spec.containers[0].name: Invalid value: "C"',
        "pod-invalid",
        (
            '1 Pod of ReplicaSet web-1 cannot be created: Pod "web-1-b" is invalid: '
            'spec.containers[0].name: Invalid value: "C".'
        ),
    ),
]


@pytest.mark.parametrize(("message", "code", "summary"), REFUSALS)
def test_pods_that_the_api_server_refuses_are_told(message: str, code: str, summary: str) -> None:
    story = Story()
    web = story.create(deployment(replicas=1), "kubectl-create")
    rs = story.create(replicaset(web, replicas=1), KCM)
    said = condition("ReplicaFailure", "True", "FailedCreate", message)
    story.change(rs, {"status": {"replicas": 0, "conditions": [said]}}, KCM, sub="status")
    trace = story.trace(web)
    assert (trace.holder, trace.diagnosis) == ("replicaset-controller", code)
    assert trace.summary == summary
    complete(story, web, rs, story.create(pod(rs, node_name=""), KCM))
    assert story.trace(web).diagnosis is None


def test_what_refuses_a_statefulsets_pod_is_told_until_one_is_created() -> None:
    story = Story("Pod")
    db = story.create(statefulset(replicas=1), "kubectl-create")
    refused = (
        'create Pod db-0 in StatefulSet db failed error: pods "db-0" is forbidden: '
        "exceeded quota: pods"
    )
    story.tell(db, "FailedCreate", refused, "statefulset-controller")
    trace = story.trace(db)
    assert (trace.holder, trace.diagnosis) == ("statefulset-controller", "quota-exceeded")
    assert trace.summary == "1 Pod of StatefulSet db cannot be created: exceeded quota: pods."
    story.create(pod(db, "db-0", ""), KCM)
    assert story.trace(db).diagnosis is None


def test_a_paused_rollout_waits_for_a_client() -> None:
    story = Story()
    web = story.exists(deployment())
    story.exists(replicaset(web))
    story.change(web, {"spec": {"paused": True}}, "kubectl-rollout")
    changed = {"spec": {"containers": [{"name": "c", "image": "nginx:2"}]}}
    story.change(web, {"spec": {"template": changed}}, "kubectl-set")
    assert story.trace(web).diagnosis is None
    said = condition("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused")
    status = {"observedGeneration": 3, "conditions": [said]}
    story.change(web, {"status": status}, KCM, sub="status")
    trace = story.trace(web)
    assert trace.mend == "kubectl rollout resume deployment web -n shop"
    assert (trace.state, trace.holder, trace.diagnosis) == ("stalled", "client", "paused")


def test_a_rollout_past_its_deadline_says_what_it_still_waits_for() -> None:
    story = Story()
    web, _, _ = rollout(story)
    web["spec"]["progressDeadlineSeconds"] = 600
    late = 'ReplicaSet "web-1" has timed out progressing.'
    said = condition("Progressing", "False", "ProgressDeadlineExceeded", late)
    story.change(web, {"status": {"conditions": [said]}}, KCM, sub="status")
    trace = story.trace(web)
    assert (trace.holder, trace.diagnosis) == ("kubelet", "deadline-exceeded")
    assert trace.summary == (
        "Deployment web made no progress within its deadline of 600 seconds: "
        "still waiting for Pod web-1-a to start."
    )


def test_a_lost_node_is_named_wherever_its_pods_are() -> None:
    story = Story()
    host = story.exists(node())
    web, _, _ = rollout(story)
    unknown = condition("Ready", "Unknown", "NodeStatusUnknown")
    story.wait(160)
    story.change(host, {"status": {"conditions": [unknown]}}, KCM, sub="status")
    trace = story.trace(web)
    assert (trace.holder, trace.holder_name, trace.diagnosis) == ("kubelet", "node-1", "node-lost")
    assert trace.summary == (
        "The kubelet on node-1 has not reported since 2027-01-15T08:00:00Z (NodeStatusUnknown); "
        "Pod web-1-a is there."
    )
    back = condition("Ready", "True") | {"lastTransitionTime": stamp(story.at)}
    story.change(host, {"status": {"conditions": [back]}}, "kubelet", sub="status")
    assert story.trace(web).diagnosis is None
