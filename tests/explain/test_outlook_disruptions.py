"""Pods that others take away: by preemption, by a drain that a budget holds, by a lost node."""

import pytest

from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import Trace
from tests.explain.audits import ask
from tests.explain.stories import KCM, Json, Story
from tests.explain.tapes import Result
from tests.explain.things import condition, deployment, node, owned_by, pod, replicaset, thing

SCHEDULER = "kube-scheduler"
EVICTED = condition("DisruptionTarget", "True", "EvictionByEvictionAPI", "Eviction API: evicting")


def running(story: Story, name: str = "web", pods: int = 1) -> tuple[Json, Json, list[Json]]:
    """A complete Deployment, with its Pods on node-1."""
    web = story.create(deployment(name, replicas=pods), "kubectl-create")
    rs = story.create(replicaset(web, f"{name}-1", replicas=pods), KCM)
    made = [pod(rs, f"{name}-1-{letter}", "", labels={"app": name}) for letter in "abc"[:pods]]
    for one in made:
        story.create(one, KCM)
        story.change(one, {"spec": {"nodeName": "node-1"}})
        start(story, one)
    report(story, web, rs, pods, pods)
    return web, rs, made


def start(story: Story, one: Json) -> None:
    up = [{"name": "c", "ready": True, "state": {"running": {}}}]
    status = {"phase": "Running", "conditions": [condition("Ready", "True")]}
    story.change(one, {"status": status | {"containerStatuses": up}}, "kubelet", sub="status")


def report(story: Story, web: Json, rs: Json, replicas: int, ready: int) -> None:
    counts: Json = {"replicas": replicas, "readyReplicas": ready, "availableReplicas": ready}
    counts |= {"observedGeneration": 1}
    story.change(rs, {"status": counts}, KCM, sub="status")
    story.change(web, {"status": counts | {"updatedReplicas": replicas}}, KCM, sub="status")


def refuse(story: Story, one: Json, message: str, nominated: str = "") -> None:
    said = condition("PodScheduled", "False", "Unschedulable", message)
    status: Json = {"conditions": [said]} | ({"nominatedNodeName": nominated} if nominated else {})
    story.change(one, {"status": status}, SCHEDULER, sub="status")


def stands(story: Story, thing_: Json, *, existing: bool) -> Trace:
    """The trace whose root it is and which was, or was not, begun by a cause that was seen."""
    uid = thing_["metadata"]["uid"]
    traces = story.told().traces.values()
    return next(t for t in traces if t.root.uid == uid and t.existing == existing)


FULL = "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: "


@pytest.mark.parametrize("later", [5, 60])
def test_who_had_to_make_room_says_for_whom_and_that_nothing_takes_its_place(later: int) -> None:
    story = Story()
    story.exists(node())
    low, rs, (victim,) = running(story, "low")
    story.wait(later)
    high = story.create(deployment("high", replicas=1), "kubectl-create")
    high_rs = story.create(replicaset(high, "high-1", replicas=1), KCM)
    asking = pod(high_rs, "high-1-a", "")
    asking["spec"]["priority"] = 1000
    story.create(asking, KCM)
    refuse(story, asking, "0/1 nodes are available: 1 Insufficient cpu.", "node-1")
    trace = story.trace(high)
    assert (trace.state, trace.holder, trace.diagnosis) == ("running", "scheduler", None)
    assert trace.waiting_for == "room on node-1 for Pod high-1-a, for which that is nominated"
    preempted = "default-scheduler: preempting to accommodate a higher priority pod"
    target = condition("DisruptionTarget", "True", "PreemptionByScheduler", preempted)
    both = [condition("Ready", "True"), target]
    story.change(victim, {"status": {"conditions": both}}, SCHEDULER, sub="status")
    story.mark(victim, 30)
    waits = "room on node-1 for Pod high-1-a, where other Pods have to stop first"
    assert story.trace(high).waiting_for == waits
    by = "Preempted by pod uid-Pod-high-1-a on node node-1"
    story.tell(victim, "Preempted", by, "default-scheduler")
    again = story.create(pod(rs, "low-1-b", ""), KCM)
    report(story, low, rs, 1, 0)
    refuse(story, again, f"{FULL}1 No preemption victims found for incoming pod.")
    story.stop(victim)
    story.change(asking, {"spec": {"nodeName": "node-1"}})
    trace = stands(story, low, existing=True)
    assert (trace.state, trace.holder, trace.diagnosis) == ("stalled", "scheduler", "preempted")
    assert trace.summary == (
        "Pod low-1-a was preempted on node-1 for Pod high-1-a (priority 1000 over 0), and nothing "
        "takes its place yet: no node takes Pod low-1-b: of 1 node, 1 has insufficient cpu; no "
        "Pods of lower priority could make room."
    )
    assert [piece.source for piece in trace.diagnosis_evidence] == [
        "condition",
        "event",
        "condition",
    ]
    assert trace.command.endswith("involvedObject.kind=Pod,involvedObject.name=low-1-a")
    assert stands(story, low, existing=False).state == "complete"


def test_before_there_was_a_condition_an_event_tells_who_had_to_make_room() -> None:
    story = Story()
    low, rs, (victim,) = running(story, "low")
    story.mark(victim, 30)
    story.tell(victim, "Preempted", "Preempted by shop/high on node node-1", "default-scheduler")
    again = story.create(pod(rs, "low-1-b", ""), KCM)
    report(story, low, rs, 1, 0)
    refuse(story, again, f"{FULL}1 No preemption victims found for incoming pod.")
    story.stop(victim)
    assert stands(story, low, existing=True).diagnosis == "preempted"
    story.change(again, {"spec": {"nodeName": "node-2"}})
    start(story, again)
    report(story, low, rs, 1, 1)
    trace = stands(story, low, existing=True)
    assert (trace.state, trace.diagnosis) == ("complete", None)


def budget(allowed: int = 0, **more: Json) -> Json:
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}
    status = {"disruptionsAllowed": allowed, "currentHealthy": 1, "desiredHealthy": 1}
    return thing(
        "PodDisruptionBudget",
        "web",
        "policy/v1",
        spec=spec | more,
        status=status | {"expectedPods": 2, "observedGeneration": 1},
    )


def cordoned(story: Story) -> tuple[Json, list[Json]]:
    host = story.exists(node())
    _, _, made = running(story, pods=2)
    story.change(host, {"spec": {"unschedulable": True}}, "kubectl-cordon")
    return host, made


def evict(story: Story, one: Json) -> None:
    both = [condition("Ready", "True"), EVICTED]
    story.change(one, {"status": {"conditions": both}}, "kube-apiserver", sub="status")
    story.mark(one, 30)


def test_a_cordon_alone_is_no_drain() -> None:
    story = Story()
    host, _ = cordoned(story)
    story.create(budget(), "kubectl-create")
    trace = story.trace(host)
    assert (trace.state, trace.diagnosis) == ("complete", None)
    assert trace.summary == (
        "Node node-1 is cordoned: it takes no new Pods but those that tolerate that, and 2 "
        "Pods may stay on it."
    )


def test_a_drain_that_a_budget_holds_names_it_until_it_lets_go() -> None:
    story = Story()
    host, (first, second) = cordoned(story)
    held = story.create(budget(), "kubectl-create")
    evict(story, first)
    story.stop(first)
    trace = story.trace(host)
    assert (trace.state, trace.holder, trace.diagnosis) == ("stalled", "client", "eviction-blocked")
    assert trace.summary == (
        "Pod web-1-b cannot be evicted: PodDisruptionBudget web allows 0 disruptions, with 1 of 2 "
        "Pods healthy and 1 required."
    )
    assert [(piece.grade, piece.source) for piece in trace.diagnosis_evidence] == [
        ("reported", "status"),
        ("observed", "watch"),
        ("observed", "watch"),
        ("reported", "condition"),
    ]
    assert trace.command == "kubectl describe poddisruptionbudget web -n shop"
    story.change(held, {"status": {"disruptionsAllowed": 1}}, KCM, sub="status")
    trace = story.trace(host)
    assert (trace.state, trace.diagnosis) == ("complete", None)
    evict(story, second)
    assert story.trace(host).state == "running"
    story.stop(second)
    assert story.trace(host).summary == "Node node-1 is drained: 2 Pods evicted, none left to go."


def test_a_drain_goes_on_being_held_when_what_was_evicted_is_long_forgotten() -> None:
    story = Story()
    host, (first, _) = cordoned(story)
    story.create(budget(), "kubectl-create")
    evict(story, first)
    story.stop(first)
    engine, kept = Engine("cluster"), Result()
    for observation in story.shown:
        kept.take(engine.apply(observation))
    now = story.shown[-1].at
    for _ in range(120):
        now += 1.0
        kept.take(engine.tick(now))
    uid = host["metadata"]["uid"]
    trace = next(t for t in kept.traces.values() if t.root.uid == uid and not t.existing)
    assert (trace.state, trace.diagnosis) == ("stalled", "eviction-blocked")


KEPT = "Cannot evict pod as it would violate the pod's disruption budget."


@pytest.mark.parametrize("seen", [True, False])
def test_a_refused_eviction_in_the_audit_log_shows_the_drain(*, seen: bool) -> None:
    story = Story()
    host, (_, second) = cordoned(story)
    if seen:
        story.create(budget(), "kubectl-create")
    refusal: Json = {"code": 429, "reason": "TooManyRequests", "message": KEPT}
    ask(story, second, "create", subresource="eviction", **refusal)
    trace = story.trace(host)
    assert (trace.state, trace.holder, trace.diagnosis) == ("stalled", "client", "eviction-blocked")
    told = trace.diagnosis_evidence[-1]
    assert (told.grade, told.text) == (
        "audited",
        (
            "kubernetes-admin, with kubectl, asked to evict Pod web-1-b and was refused (429): "
            f"{KEPT}"
        ),
    )
    assert trace.summary.startswith(
        "Pod web-1-b cannot be evicted: PodDisruptionBudget web allows 0 disruptions"
        if seen
        else "Pod web-1-b may not go now: kubernetes-admin, with kubectl, asked to evict"
    )


@pytest.mark.parametrize(
    ("labels", "spec", "blocks"),
    [
        ({"app": "web"}, {"selector": {}}, True),
        ({"app": "web"}, {"selector": None}, False),
        ({"app": "web"}, {"selector": {"matchLabels": {"app": "db"}}}, False),
        ({"tier": "a"}, {"selector": {"matchExpressions": [["tier", "In", ["a", "b"]]]}}, True),
        ({"tier": "c"}, {"selector": {"matchExpressions": [["tier", "In", ["a", "b"]]]}}, False),
        ({}, {"selector": {"matchExpressions": [["tier", "NotIn", ["a"]]]}}, True),
        ({"tier": "a"}, {"selector": {"matchExpressions": [["tier", "NotIn", ["a"]]]}}, False),
        ({"tier": "a"}, {"selector": {"matchExpressions": [["tier", "Exists", []]]}}, True),
        ({"tier": "a"}, {"selector": {"matchExpressions": [["tier", "DoesNotExist", []]]}}, False),
    ],
)
def test_a_budget_holds_the_pods_that_its_selector_matches(
    labels: dict[str, str], spec: Json, blocks: bool
) -> None:
    selector = spec["selector"]
    if selector and "matchExpressions" in selector:
        keys = ("key", "operator", "values")
        found = selector["matchExpressions"]
        selector["matchExpressions"] = [dict(zip(keys, one, strict=True)) for one in found]
    story = Story()
    host = story.exists(node())
    away = story.exists(pod(None, "away"))
    story.exists(pod(None, "here", labels=labels))
    story.create(budget(**spec), "kubectl-create")
    story.change(host, {"spec": {"unschedulable": True}}, "kubectl-cordon")
    evict(story, away)
    story.stop(away)
    assert story.trace(host).diagnosis == ("eviction-blocked" if blocks else None)


def test_pods_that_a_drain_leaves_do_not_hold_it() -> None:
    story = Story()
    host = story.exists(node())
    agent = thing("DaemonSet", "agent", "apps/v1")
    away = story.exists(pod(None, "away"))
    story.exists(pod(agent, "agent-a", labels={"app": "web"}))
    static = pod(None, "static", labels={"app": "web"})
    static["metadata"]["ownerReferences"] = [owned_by(host)]
    story.exists(static)
    story.create(budget(), "kubectl-create")
    story.change(host, {"spec": {"unschedulable": True}}, "kubectl-cordon")
    evict(story, away)
    story.stop(away)
    trace = story.trace(host)
    assert (trace.state, trace.summary) == (
        "complete",
        "Node node-1 is drained: 1 Pod evicted, none left to go.",
    )


def test_a_lost_node_is_told_by_whoever_has_pods_there() -> None:
    story = Story()
    host = story.exists(node())
    web, rs, (one,) = running(story)
    story.wait(160)
    unknown = condition("Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting")
    story.change(host, {"status": {"conditions": [unknown]}}, KCM, sub="status")
    story.change(one, {"status": {"conditions": [condition("Ready", "False")]}}, KCM, sub="status")
    report(story, web, rs, 1, 0)
    trace = stands(story, web, existing=True)
    assert (trace.state, trace.holder, trace.diagnosis) == ("stalled", "kubelet", "node-lost")
    why = "Taint manager: deleting due to NoExecute taint"
    taken = condition("DisruptionTarget", "True", "DeletionByTaintManager", why)
    both = [condition("Ready", "False"), taken]
    story.change(one, {"status": {"conditions": both}}, KCM, sub="status")
    story.mark(one, 30)
    trace = stands(story, web, existing=True)
    assert (trace.state, trace.holder, trace.diagnosis) == ("stalled", "kubelet", "node-lost")
    assert trace.command == "kubectl describe node node-1"


def test_a_node_that_is_rebooted_is_waited_for_before_it_is_called_lost() -> None:
    story = Story()
    host = story.exists(node())
    web, rs, (one,) = running(story)
    unknown = condition("Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting")
    story.change(host, {"status": {"conditions": [unknown]}}, KCM, sub="status")
    story.change(one, {"status": {"conditions": [condition("Ready", "False")]}}, KCM, sub="status")
    report(story, web, rs, 1, 0)
    trace = stands(story, web, existing=True)
    assert (trace.state, trace.holder, trace.diagnosis) == ("running", "kubelet", None)
    assert trace.summary == (
        "Waiting for the kubelet on node-1 to report again: it has not since 2027-01-15T08:00:00Z "
        "(Kubelet stopped posting)."
    )
    story.wait(160)
    story.change(host, {"metadata": {"labels": {"seen": "again"}}}, "kubectl-label")
    trace = stands(story, web, existing=True)
    assert (trace.state, trace.holder, trace.diagnosis) == ("stalled", "kubelet", "node-lost")
