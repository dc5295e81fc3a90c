"""A wait begins with what hands the baton over: old objects make nobody late at once."""

from collections.abc import Callable
from typing import Any

import pytest

from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import Trace
from tests.explain.stories import KCM, Json, Story
from tests.explain.tapes import Result
from tests.explain.test_outlook_stuck import later
from tests.explain.things import condition, deployment, pod, replicaset, statefulset, website

LONG_AGO = {"creationTimestamp": "2026-01-15T08:00:00Z"}
COUNTS = {"replicas": 1, "readyReplicas": 1, "availableReplicas": 1, "updatedReplicas": 1}


def stands(story: Story, thing: Json, after: float = 0.1) -> Trace:
    """The newest trace of the object, judged so long after the story's last write."""
    engine, result = Engine("cluster"), Result()
    for observation in story.shown:
        result.take(engine.apply(observation))
    result.take(engine.tick(story.shown[-1].at + after))
    uid = thing["metadata"]["uid"]
    found = [trace for trace in result.traces.values() if trace.root.uid == uid]
    return max(found, key=lambda trace: (trace.started, not trace.existing))


def settled(story: Story, **spec: Any) -> tuple[Json, Json, Json]:
    """A Deployment of one Pod, all there for months."""
    web = deployment(replicas=1, **spec)
    rs = replicaset(web, replicas=1)
    made = pod(rs)
    for thing in (web, rs, made):
        thing["metadata"] |= LONG_AGO
    web["status"] = COUNTS | {"observedGeneration": 1}
    rs["status"] = {"replicas": 1, "readyReplicas": 1, "observedGeneration": 1}
    for thing in (web, rs, made):
        story.exists(thing)
    story.wait(5)
    return web, rs, made


def marked(story: Story) -> Json:
    _, _, made = settled(story)
    return story.mark(made, 30)


def removed(story: Story) -> Json:
    made = marked(story)
    return story.delete(made)


def owner_gone(story: Story) -> Json:
    web, _, _ = settled(story)
    return story.delete(web)


def foreground(story: Story) -> Json:
    web, rs, made = settled(story)
    for thing in (web, rs):
        story.mark(thing, finalizers=["foregroundDeletion"])
    story.mark(made, 30)
    return web


@pytest.mark.parametrize(
    ("happens", "holder", "waiting_for"),
    [
        (marked, "replicaset-controller", "1 Pod of ReplicaSet web-1 to be created"),
        (removed, "replicaset-controller", "1 Pod of ReplicaSet web-1 to be created"),
        (owner_gone, "garbage-collector", "ReplicaSet web-1 to be removed"),
        (foreground, "kubelet", "Pod web-1-a to stop"),
    ],
)
def test_nobody_is_late_for_what_was_asked_just_now(
    happens: Callable[[Story], Json], holder: str, waiting_for: str
) -> None:
    story = Story()
    trace = stands(story, happens(story))
    assert (trace.state, trace.holder, trace.waiting_for) == ("running", holder, waiting_for)
    assert trace.waiting_since is not None
    assert story.shown[-1].at - trace.waiting_since <= 1


@pytest.mark.parametrize(
    ("happens", "after", "code"),
    [
        (marked, 60, "controller-silent"),
        (owner_gone, 60, "controller-silent"),
        (foreground, 59, None),
        (foreground, 61, "terminating-slow"),
    ],
)
def test_whoever_does_not_answer_is_late_in_time(
    happens: Callable[[Story], Json], after: float, code: str | None
) -> None:
    story = Story()
    assert stands(story, happens(story), after).diagnosis == code


def test_a_pod_may_take_the_grace_that_it_has_before_it_is_late() -> None:
    story = Story()
    made = story.mark(story.exists(pod(None, "patient")), 600)
    assert stands(story, made, 629).diagnosis is None
    assert stands(story, made, 631).diagnosis == "terminating-slow"


def test_the_end_of_a_pod_is_news_for_the_status_that_follows() -> None:
    story = Story()
    db = story.exists(statefulset(replicas=2))
    story.exists(pod(db, "db-0"))
    last = story.exists(pod(db, "db-1"))
    story.change(db, {"spec": {"replicas": 1}}, "kubectl-scale")
    story.mark(last, 30)
    story.wait(25)
    story.delete(last)
    trace = stands(story, db)
    assert (trace.state, trace.holder) == ("running", "statefulset-controller")
    assert trace.waiting_since == story.shown[-1].at


def test_a_pod_is_awaited_to_be_ready_from_its_start_or_from_when_it_last_was() -> None:
    story = Story()
    web = story.create(deployment(replicas=1), "kubectl-create")
    rs = story.create(replicaset(web, replicas=1), KCM)
    made = story.create(pod(rs, node_name=""), KCM)
    story.change(made, {"spec": {"nodeName": "node-1"}})
    story.wait(100)
    running: Json = {"containerStatuses": [{"name": "c", "state": {"running": {}}}]}
    started = story.at
    story.change(made, {"status": running}, "kubelet", sub="status")
    assert stands(story, web, 30).waiting_since == started
    for status in ("True", "False"):
        story.wait(500)
        ready = {"status": {"conditions": [condition("Ready", status)]}}
        story.change(made, ready, "kubelet", sub="status")
    trace = stands(story, web, 30)
    assert (trace.state, trace.waiting_since) == ("running", story.shown[-1].at)


def test_a_custom_resource_is_awaited_to_be_ready_from_what_was_asked_last() -> None:
    story = Story()
    never = condition("Ready", "False", "Waiting") | {"lastTransitionTime": "2026-01-15T08:00:00Z"}
    site = story.exists(website(status={"conditions": [never]}))
    story.change(site, {"spec": {"replicas": 5}}, "kubectl-edit")
    asked = story.shown[-1].at
    seen = {"status": {"conditions": [never], "observedGeneration": 2}}
    story.change(site, seen, "site-operator", sub="status")
    trace = stands(story, site)
    assert (trace.state, trace.holder, trace.waiting_since) == (
        "running",
        "custom-controller",
        asked,
    )


def test_the_scheduler_is_awaited_from_the_last_gate_on() -> None:
    story = Story()
    gated = pod(None, "gated", node_name="")
    gated["spec"]["schedulingGates"] = [{"name": "example.com/wait"}]
    story.create(gated, "kubectl-create")
    story.wait(600)
    story.change(gated, {"spec": {"schedulingGates": []}}, "kubectl-edit")
    trace = stands(story, gated)
    assert (trace.state, trace.holder) == ("running", "scheduler")
    assert trace.waiting_since == story.shown[-1].at


@pytest.mark.parametrize(
    ("labels", "owned", "whom"),
    [
        ({"app": "other"}, False, "no controller has"),
        ({"app": "db"}, True, "ReplicaSet web-1 controls"),
        ({"app": "db"}, False, None),
    ],
)
def test_a_pod_of_another_keeps_the_name_of_a_statefulsets_pod(
    labels: dict[str, str], owned: bool, whom: str | None
) -> None:
    """What has its labels, and no controller, the StatefulSet adopts."""
    story = Story("Pod")
    other = story.exists(replicaset(story.exists(deployment()), replicas=1))
    story.create(pod(other if owned else None, "db-1", labels=labels), "kubectl-run")
    db = statefulset(replicas=2)
    db["spec"] |= {"selector": {"matchLabels": {"app": "db"}}, "podManagementPolicy": "Parallel"}
    db = story.create(db, "kubectl-create")
    assert story.trace(db).diagnosis is None
    later(story, 12.0)
    trace = story.trace(db)
    if whom is None:
        assert trace.diagnosis != "create-failed"
        return
    assert (trace.state, trace.holder, trace.diagnosis) == ("stalled", "client", "create-failed")
    assert trace.summary == (
        f"A Pod of StatefulSet db cannot be created: Pod db-1, which {whom}, has its name."
    )
    assert trace.command == "kubectl describe pod db-1 -n shop"


def test_who_warns_meanwhile_is_not_called_silent() -> None:
    story = Story("Pod")
    db = story.create(statefulset(replicas=1), "kubectl-create")
    why = 'create Pod db-0 in StatefulSet db failed error: pods "db-0" already exists'
    story.tell(db, "FailedCreate", why, "statefulset-controller")
    later(story, 20.0)
    trace = story.trace(db)
    assert (trace.holder, trace.diagnosis) == ("statefulset-controller", "not-ready")
    assert trace.summary.startswith("It takes longer than 15 s")
    assert trace.summary.endswith(f"to be created; statefulset-controller says: {why}.")
