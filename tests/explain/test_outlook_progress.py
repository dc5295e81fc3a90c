"""A Pod on its way: what its kubelet is at, how long that usually takes, and whom it waits for."""

from typing import Any

import pytest

from tests.explain.stories import KCM, START, Json, Story, stamp
from tests.explain.test_outlook_diagnoses import report, rollout, waiting
from tests.explain.things import condition, deployment, job, node, pod, replicaset, thing

CREATING = waiting("ContainerCreating")
RUNNING: Json = {"running": {"startedAt": stamp(START)}}


def up(name: str = "c", *, ready: bool = False, **more: Any) -> Json:
    return {"name": name, "ready": ready, "state": RUNNING, "restartCount": 0} | more


def later(story: Story, seconds: float) -> None:
    story.wait(seconds)
    story.exists(thing("Namespace", f"tick-{story.version}"))


def pulling(story: Story) -> Json:
    web, _, one = rollout(story)
    report(story, one, CREATING)
    story.tell(one, "Pulling", 'Pulling image "registry.example.com/nginx:9"', "kubelet")
    return web


def mounting(story: Story) -> Json:
    web, _, one = rollout(story)
    one["spec"]["volumes"] = [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]
    report(story, one, CREATING)
    return web


def initializing(story: Story) -> Json:
    web, _, one = rollout(story)
    one["spec"]["initContainers"] = [{"name": "migrate", "image": "m:1"}]
    statuses = [up("migrate")]
    report(story, one, waiting("PodInitializing"), initContainerStatuses=statuses)
    return web


def starting_up(story: Story) -> Json:
    web, _, one = rollout(story)
    probe = {"failureThreshold": 60, "periodSeconds": 10}
    one["spec"]["containers"][0]["startupProbe"] = probe
    report(story, one, up(started=False), phase="Running")
    return web


AT_WORK = [
    (pulling, 1700, "kubelet/pull-and-start", "image registry.example.com/nginx:9 of container c"),
    (mounting, 170, "kubelet/mount", "the volumes of Pod web-1-a (PersistentVolumeClaim data)"),
    (initializing, 3500, "kubelet/start-after-init", "init container migrate (1 of 1) of Pod"),
    (starting_up, 700, "kubelet/ready", "the startup probe of container c of Pod web-1-a"),
]


@pytest.mark.parametrize(("begins", "healthy", "key", "words"), AT_WORK)
def test_work_has_its_own_words_and_time_and_is_no_silence(
    begins: Any, healthy: float, key: str, words: str
) -> None:
    story = Story()
    web = begins(story)
    later(story, healthy)
    trace = story.trace(web)
    assert (trace.state, trace.holder) == ("running", "kubelet")
    assert trace.usual is not None
    assert trace.usual.key == key
    assert trace.waiting_for.startswith(words)
    later(story, 200)
    trace = story.trace(web)
    assert trace.state == "stalled"
    assert trace.summary.startswith("It takes longer than")
    assert words in trace.summary


def test_an_init_container_that_runs_again_says_nothing_of_a_pod_that_serves() -> None:
    """Kubelets before 1.29 run it again where what was left of it is removed from the node."""
    story = Story()
    web, _, one = rollout(story)
    one["spec"]["initContainers"] = [{"name": "migrate", "image": "m:1"}]
    failed = waiting("CrashLoopBackOff") | {"name": "migrate", "restartCount": 3}
    for own, code in ((up(), None), (CREATING, "crash-loop")):
        report(story, one, own, phase="Running", initContainerStatuses=[failed])
        assert story.trace(web).diagnosis == code


def test_a_pull_that_is_over_is_no_pull() -> None:
    story = Story()
    web, _, one = rollout(story)
    report(story, one, CREATING)
    path = {"kind": "Pod", "name": "web-1-a", "uid": one["metadata"]["uid"]}
    about: Json = {"involvedObject": path | {"fieldPath": "spec.containers{c}"}}
    story.tell(one, "Pulling", 'Pulling image "x"', "kubelet", **about)
    assert "to be pulled" in story.trace(web).waiting_for
    story.tell(one, "Pulled", "Successfully pulled image", "kubelet", **about)
    assert story.trace(web).waiting_for == "Pod web-1-a to start"


def gated(story: Story, **status: Any) -> tuple[Json, Json]:
    web, _, one = rollout(story)
    one["spec"]["readinessGates"] = [{"conditionType": "example.com/in-service"}]
    conditions = [condition("ContainersReady", "True"), condition("Ready", "False")]
    report(story, one, up(ready=True), phase="Running", conditions=conditions, **status)
    return web, one


def test_a_readiness_gate_is_named_and_its_owner_once_it_is_known() -> None:
    story = Story()
    web, one = gated(story)
    trace = story.trace(web)
    assert (trace.state, trace.holder) == ("running", "unknown")
    assert trace.summary == (
        "Waiting for readiness gate example.com/in-service of Pod web-1-a to be True "
        "(nobody has set it yet)."
    )
    conditions = [
        condition("ContainersReady", "True"),
        condition("Ready", "False"),
        condition("example.com/in-service", "False", "Initial", "target is registering"),
    ]
    story.change(one, {"status": {"conditions": conditions}}, "balancer", sub="status")
    later(story, 300)
    trace = story.trace(web)
    assert (trace.state, trace.diagnosis) == ("stalled", "not-ready")
    assert "(it is False: target is registering)" in trace.summary


def working(story: Story, *statuses: Json, policy: str = "Never") -> tuple[Json, Json]:
    once = story.create(job(), "kubectl-create")
    one = pod(once, "once-a")
    one["spec"]["restartPolicy"] = policy
    one["spec"]["containers"] = [{"name": name, "image": "x:1"} for name in ("main", "proxy")]
    one["status"] = {"phase": "Pending"}
    story.create(one, KCM)
    report(story, one, *statuses, phase="Running", conditions=[condition("Ready", "False")])
    return once, one


ENDED: Json = {"name": "main", "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}


@pytest.mark.parametrize("policy", ["Never", "OnFailure"])
def test_a_jobs_pod_has_to_end_and_not_to_become_ready(policy: str) -> None:
    story = Story()
    once, _ = working(story, ENDED, up("proxy", ready=True), policy=policy)
    later(story, 7000)
    trace = story.trace(once)
    assert (trace.state, trace.holder, trace.diagnosis) == ("running", "kubelet", None)
    assert trace.summary == (
        "Waiting for container proxy of Pod once-a to end, as container main has ended with "
        "exit code 0."
    )


def test_the_pods_of_a_node_that_is_not_ready_say_so_with_its_reason() -> None:
    story = Story()
    host = story.exists(node())
    web, _, one = rollout(story)
    report(story, one, CREATING)
    why = "container runtime network not ready: cni plugin not initialized"
    unready = condition("Ready", "False", "KubeletNotReady", why)
    unready["lastTransitionTime"] = stamp(story.at)
    story.change(host, {"status": {"conditions": [unready]}}, "kubelet", sub="status")
    trace = story.trace(web)
    assert (trace.state, trace.holder, trace.holder_name) == ("running", "kubelet", "node-1")
    assert trace.waiting_for == f"Node node-1, where Pod web-1-a is, to be ready: {why}"
    later(story, 130)
    trace = story.trace(web)
    assert (trace.state, trace.diagnosis) == ("stalled", "not-ready")
    assert why in trace.summary


def test_a_node_that_never_gets_ready_says_so_itself() -> None:
    story = Story()
    host = node()
    ready = condition("Ready", "False", "KubeletNotReady", "cni plugin not initialized")
    host["status"]["conditions"] = [ready | {"lastTransitionTime": stamp(START)}]
    story.create(host, "kubelet")
    assert story.trace(host).state == "running"
    later(story, 130)
    trace = story.trace(host)
    assert (trace.state, trace.holder, trace.diagnosis) == ("stalled", "kubelet", "not-ready")
    assert "cni plugin not initialized" in trace.summary


def test_a_kubelet_that_says_nothing_at_all_is_still_called_silent() -> None:
    story = Story()
    web = story.create(deployment(replicas=1), "kubectl-create")
    rs = story.create(replicaset(web, replicas=1), KCM)
    one = pod(rs)
    one["status"] = {"phase": "Pending"}
    story.create(one, KCM)
    later(story, 130)
    assert "was not seen to act for longer than" in story.trace(web).summary
