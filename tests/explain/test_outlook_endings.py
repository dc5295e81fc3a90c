"""How containers and Pods end: what is a loop, what never ran, and what is replaced in vain."""

from typing import Any

import pytest

from tests.explain.stories import KCM, START, Json, Story, stamp
from tests.explain.test_outlook_diagnoses import complete, report, rollout, waiting
from tests.explain.test_outlook_stuck import later
from tests.explain.things import (
    condition,
    daemonset,
    node,
    pod,
    replicaset,
    statefulset,
)

NEVER = 'runc create failed: exec: "/bin/serve": stat /bin/serve: no such file or directory'
READY = [condition("Ready", "True")]


def ended(code: int, reason: str, *, after: float = 5, **more: Any) -> Json:
    times = {"startedAt": stamp(START), "finishedAt": stamp(START + after)}
    return {"terminated": {"exitCode": code, "reason": reason} | times | more}


def container(restarts: int, state: Json, last: Json | None = None, *, ready: bool = False) -> Json:
    found = {"name": "c", "ready": ready, "state": state, "restartCount": restarts}
    return found | ({"lastState": last} if last is not None else {})


RUNNING: Json = {"running": {"startedAt": stamp(START + 8)}}
BACKING: Json = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 20s restarting"}}

NO_LOOP = [
    pytest.param(container(0, ended(1, "Error")), id="ended once"),
    pytest.param(container(1, RUNNING, ended(1, "Error"), ready=True), id="started again once"),
    pytest.param(container(0, ended(255, "Unknown")), id="its node went down"),
    pytest.param(container(4, RUNNING, ended(255, "Unknown"), ready=True), id="its node came back"),
    pytest.param(
        container(2, RUNNING, ended(137, "ContainerStatusUnknown"), ready=True), id="not found"
    ),
    pytest.param(container(3, ended(1, "Error", after=7200)), id="after two good hours"),
    pytest.param(container(1, ended(1, "Error"), ended(255, "Unknown")), id="once since"),
]


@pytest.mark.parametrize("status", NO_LOOP)
def test_one_end_is_no_loop(status: Json) -> None:
    story = Story()
    web, rs, one = rollout(story)
    complete(story, web, rs, one)
    conditions = READY if status["ready"] else [condition("Ready", "False")]
    report(story, one, status, phase="Running", conditions=conditions)
    assert story.trace(web).diagnosis is None


LOOPS = [
    (container(1, ended(1, "Error"), ended(1, "Error")), "crash-loop", "exits with code 1 (Error)"),
    (container(2, RUNNING, ended(1, "Error"), ready=True), "crash-loop", "exits with code 1"),
    (
        container(3, BACKING, ended(0, "Completed")),
        "crash-loop",
        "exits with code 0 (Completed) though it should go on; 3 restarts so far",
    ),
    (
        container(1, ended(0, "Completed"), ended(0, "Completed")),
        "crash-loop",
        "exits with code 0 (Completed) though it should go on",
    ),
    (
        container(3, BACKING, ended(128, "StartError", message=NEVER)),
        "start-failed",
        "no such file or directory",
    ),
    (
        container(0, ended(127, "ContainerCannotRun", message=NEVER)),
        "start-failed",
        "no such file or directory",
    ),
    (container(0, ended(137, "OOMKilled")), "oom-killed", "ran out of memory (OOMKilled)"),
]


@pytest.mark.parametrize(("status", "code", "words"), LOOPS)
def test_what_keeps_ending_says_how(status: Json, code: str, words: str) -> None:
    story = Story()
    web, _, one = rollout(story)
    report(story, one, status, phase="Running", conditions=[condition("Ready", "False")])
    trace = story.trace(web)
    assert (trace.state, trace.holder, trace.diagnosis) == ("stalled", "kubelet", code)
    assert words in trace.summary
    assert "keeps ending" not in trace.summary


def test_what_ends_again_is_not_complete_until_its_controller_has_heard() -> None:
    story = Story()
    web, rs, one = rollout(story)
    looping = ended(1, "Error")
    report(story, one, container(2, BACKING, looping), phase="Running")
    report(story, one, container(3, RUNNING, looping, ready=True), conditions=READY)
    complete(story, web, rs, one)
    again = container(3, ended(1, "Error"), looping)
    report(story, one, again, phase="Running", conditions=[condition("Ready", "False")])
    trace = story.trace(web)
    assert (trace.state, trace.diagnosis) == ("stalled", "crash-loop")


def test_what_replaces_a_pod_and_keeps_ending_makes_nothing_whole() -> None:
    story = Story()
    web, rs, one = rollout(story)
    complete(story, web, rs, one)
    story.delete(one)
    two = story.create(pod(rs, "web-1-b", spec={"nodeName": "n1"}), KCM)
    running = container(2, RUNNING, ended(1, "Error"), ready=True)
    report(story, two, running, phase="Running", conditions=READY)
    story.change(rs, {"status": {"readyReplicas": 1, "availableReplicas": 1}}, KCM)
    trace = story.trace(one)
    assert (trace.state, trace.diagnosis) == ("stalled", "crash-loop")


UNFIT = [
    condition("PodScheduled", "False", "Unschedulable", "0/1 nodes are available: 1 too small.")
]


def test_a_deployment_is_not_whole_before_the_pods_of_its_new_replicaset_are() -> None:
    story = Story()
    web, rs, one = rollout(story)
    complete(story, web, rs, one)
    story.delete(rs)
    story.delete(one)
    anew = story.create(replicaset(web, "web-2", replicas=1), KCM)
    two = story.create(pod(anew, "web-2-a", node_name=""), KCM)
    status = {"replicas": 1, "readyReplicas": 0, "availableReplicas": 0, "unavailableReplicas": 1}
    story.change(web, {"status": status}, KCM, sub="status")
    story.change(two, {"status": {"phase": "Pending", "conditions": UNFIT}}, "kube-scheduler")
    later(story, 5)
    trace = story.trace(rs)
    assert (trace.state, trace.diagnosis) == ("stalled", "unschedulable"), trace.summary


def test_a_daemonset_is_not_whole_before_its_new_pod_runs() -> None:
    story = Story()
    agent = daemonset()
    agent["status"] |= {"currentNumberScheduled": 1, "numberReady": 1, "numberAvailable": 1}
    agent = story.exists(agent)
    one = story.exists(pod(agent, "agent-a", node_name="n1"))
    evicted = condition("DisruptionTarget", "True", "EvictionByEvictionAPI")
    story.change(one, {"status": {"conditions": [evicted]}}, "kube-apiserver", sub="status")
    story.mark(one, grace=1)
    story.delete(one)
    assert story.trace(one).state == "running", "its controller has not counted yet"
    two = story.create(pod(agent, "agent-b", node_name=""), KCM)
    story.change(agent, {"status": {"numberReady": 0, "numberAvailable": 0}}, KCM, sub="status")
    story.change(two, {"status": {"phase": "Pending", "conditions": UNFIT}}, "kube-scheduler")
    later(story, 5)
    trace = story.trace(one)
    assert (trace.state, trace.diagnosis) == ("stalled", "unschedulable"), trace.summary


COMMANDS = [
    (container(3, BACKING, ended(1, "Error")), "kubectl logs web-1-a -n shop -c c --previous"),
    (container(1, ended(1, "Error"), ended(1, "Error")), "kubectl logs web-1-a -n shop -c c"),
    (container(3, BACKING, ended(128, "StartError")), "kubectl describe pod web-1-a -n shop"),
    (container(3, BACKING), "kubectl logs web-1-a -n shop -c c"),
]


@pytest.mark.parametrize(("status", "command"), COMMANDS)
def test_no_command_is_given_that_cannot_work(status: Json, command: str) -> None:
    story = Story()
    web, _, one = rollout(story)
    report(story, one, status, phase="Running")
    assert story.trace(web).command == command


def test_a_bare_pod_that_never_ran_says_why() -> None:
    story = Story()
    bare = story.create(pod(None, "bare"), "kubectl-run")
    status = container(0, ended(128, "StartError", message=NEVER))
    report(story, bare, status, phase="Failed", conditions=[])
    trace = story.trace(bare)
    assert trace.diagnosis == "pod-failed"
    assert trace.summary == f"Pod bare failed: container c could not be started: {NEVER}."


def test_a_pod_that_was_given_up_is_not_ready_whatever_is_left_of_its_conditions() -> None:
    story = Story()
    bare = story.create(pod(None, "bare"), "kubectl-run")
    report(story, bare, phase="Failed", conditions=[condition("Ready", "True")])
    assert story.trace(bare).diagnosis == "pod-failed"


def test_a_pod_whose_containers_have_ended_waits_for_its_volumes() -> None:
    story = Story()
    story.exists(node("node-1"))
    bare = story.create(pod(None, "bare"), "kubectl-run")
    story.mark(bare, grace=30)
    report(story, bare, container(0, ended(0, "Completed")), phase="Succeeded", conditions=[])
    later(story, 120.0)
    trace = story.trace(bare)
    assert trace.diagnosis == "terminating-slow"
    assert trace.summary.endswith(
        "Pod bare to go (its containers have ended, and its volumes have to be unmounted first)."
    )


REFUSED = [
    ("UnexpectedAdmissionError", "Pod was rejected: Allocate failed due to no healthy devices"),
    ("OutOfcpu", "Pod was rejected: Node didn't have enough resource: cpu"),
    ("NodeAffinity", "Pod was rejected: Predicate NodeAffinity failed"),
]


def fail(story: Story, one: Json, reason: str, message: str, *statuses: Json) -> None:
    report(story, one, *statuses, phase="Failed", reason=reason, message=message)


def replacement(story: Story, owner: Json, name: str) -> Json:
    one = pod(owner, name, creationTimestamp=stamp(story.at))
    one["status"] = {"phase": "Pending"}
    return story.create(one, KCM)


@pytest.mark.parametrize(("reason", "message"), REFUSED)
def test_pods_that_are_refused_one_after_the_other_are_a_trouble_of_their_owner(
    reason: str, message: str
) -> None:
    story = Story()
    web, rs, one = rollout(story)
    fail(story, one, reason, message)
    assert story.trace(web).diagnosis is None
    fail(story, replacement(story, rs, "web-1-b"), reason, message)
    replacement(story, rs, "web-1-c")
    trace = story.trace(web)
    assert (trace.state, trace.holder, trace.holder_name) == ("stalled", "kubelet", "node-1")
    assert (trace.diagnosis, trace.summary) == (
        "pod-failed",
        (
            f"2 Pods of ReplicaSet web-1 failed one after the other ({reason}), the last web-1-b "
            f"on node-1: {message}."
        ),
    )


@pytest.mark.parametrize("owner", [statefulset(replicas=1), daemonset()], ids=lambda o: o["kind"])
def test_pods_whose_controller_deletes_the_failed_ones_are_counted_too(owner: Json) -> None:
    story = Story()
    story.create(owner, "kubectl-create")
    ran = container(0, ended(137, "Error"))
    for number in range(3):
        one = pod(owner, "db-0", creationTimestamp=stamp(story.at), uid=f"uid-db-0-{number}")
        one["status"] = {"phase": "Pending"}
        story.create(one, KCM)
        fail(story, one, "Evicted", "The node was low on resource: ephemeral-storage.", ran)
        story.delete(one)
    trace = story.trace(owner)
    assert trace.diagnosis == "pod-failed"
    assert "3 Pods" in trace.summary
    assert "(Evicted)" in trace.summary


def test_pods_evicted_at_once_and_replaced_well_raise_no_alarm() -> None:
    story = Story()
    web, rs, one = rollout(story, replicas=2)
    two = replacement(story, rs, "web-1-b")
    for each in (one, two):
        fail(story, each, "Evicted", "The node was low on resource: memory.", waiting("Error"))
    for name in ("web-1-c", "web-1-d"):
        replacement(story, rs, name)
    assert story.trace(web).diagnosis is None
