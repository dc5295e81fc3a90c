"""Waits that have become unusual, failures for good, deletions that hang: who is to move."""

import pytest

from tests.explain.stories import KCM, Json, Story, stamp
from tests.explain.test_outlook_diagnoses import report, rollout
from tests.explain.things import (
    condition,
    deployment,
    job,
    node,
    pod,
    replicaset,
    statefulset,
    thing,
    website,
)


@pytest.mark.parametrize(
    ("reason", "code"),
    [("BackoffLimitExceeded", "job-failed"), ("DeadlineExceeded", "deadline-exceeded")],
)
def test_a_failed_job_waits_for_a_person(reason: str, code: str) -> None:
    story = Story()
    once = story.create(job(), "kubectl-create")
    said = condition("Failed", "True", reason, "Job has reached the specified backoff limit")
    story.change(once, {"status": {"failed": 2, "conditions": [said]}}, KCM, sub="status")
    trace = story.trace(once)
    assert (trace.state, trace.holder, trace.diagnosis) == ("stalled", "client", code)
    assert trace.summary == (
        "Job once failed after 2 failed Pods: Job has reached the specified backoff limit."
    )


def test_a_suspended_job_is_paused_until_it_is_resumed() -> None:
    story = Story()
    once = story.create(job(suspend=True), "kubectl-create")
    assert (story.trace(once).diagnosis, story.trace(once).holder) == ("paused", "client")
    story.change(once, {"spec": {"suspend": False}}, "kubectl-patch")
    assert story.trace(once).diagnosis is None


def test_a_bare_pod_that_failed_waits_for_a_person() -> None:
    story = Story()
    bare = story.create(pod(None, "bare"), "kubectl-run")
    ended = {"name": "c", "state": {"terminated": {"exitCode": 3}}}
    report(story, bare, ended, phase="Failed", conditions=[])
    trace = story.trace(bare)
    assert (trace.state, trace.diagnosis) == ("stalled", "pod-failed")
    assert trace.summary == "Pod bare failed: container c ended with exit code 3."


def silent(story: Story, thing_: Json) -> tuple[str, str | None, str | None]:
    """How the trace stands after two quiet minutes."""
    story.wait(200)
    story.create(thing("Namespace", "tick"), "kubectl-create")
    trace = story.trace(thing_)
    return trace.state, trace.holder, trace.diagnosis


def test_whose_silence_it_is_gets_said() -> None:
    story = Story()
    site = story.create(website(), "kubectl-create")
    assert silent(story, site) == ("stalled", "custom-controller", "no-controller")
    story = Story()
    web = story.create(deployment(), "kubectl-create")
    assert silent(story, web) == ("stalled", "deployment-controller", "controller-silent")
    story = Story()
    web, _, _ = rollout(story, "")
    assert silent(story, web) == ("stalled", "scheduler", "controller-silent")
    story = Story()
    web, _, _ = rollout(story)
    assert silent(story, web) == ("stalled", "kubelet", "kubelet-slow")


def test_what_will_not_go_says_who_holds_it() -> None:
    story = Story()
    site = story.exists(website(metadata={"finalizers": ["example.com/x"]}))
    story.mark(site, finalizers=["example.com/x"])
    assert silent(story, site) == ("stalled", "custom-controller", "finalizer-stuck")
    assert "which 1 finalizer still prevents: example.com/x" in story.trace(site).summary
    story = Story()
    stuck = story.exists(pod(None, "stuck"))
    story.mark(stuck, 30)
    assert silent(story, stuck) == ("stalled", "kubelet", "terminating-slow")


def test_a_custom_resource_that_is_not_ready_says_so_itself() -> None:
    story = Story()
    site = story.create(website(), "kubectl-create")
    said = condition("Ready", "False", "Waiting", "2 of 3 shards are up")
    story.change(site, {"status": {"conditions": [said]}}, "site-operator", sub="status")
    trace = story.trace(site)
    assert (trace.state, trace.holder) == ("running", "custom-controller")
    assert trace.waiting_for == "Website shopfront to become Ready: 2 of 3 shards are up"
    story.change(
        site,
        {"status": {"conditions": [condition("Ready", "True")]}},
        "site-operator",
        sub="status",
    )
    assert story.trace(site).state == "complete"
    assert story.trace(site).summary.endswith("Its condition Ready is True.")
    story.change(site, {"status": {"observedGeneration": 0}}, "site-operator", sub="status")
    assert "status.observedGeneration is 0, metadata.generation 1" in story.trace(site).waiting_for


def test_a_job_that_works_for_hours_is_not_called_silent() -> None:
    story = Story()
    once = story.create(job(), "kubectl-create")
    story.create(pod(once, "once-a"), KCM)
    story.wait(4000)
    assert silent(story, once) == ("running", "kubelet", None)
    assert story.trace(once).waiting_for == "1 Pod of Job once to finish"


def test_pods_that_have_to_stay_ready_first_are_not_called_silent() -> None:
    story = Story()
    web = story.create(deployment(replicas=1, minReadySeconds=600), "kubectl-create")
    rs = story.create(replicaset(web, replicas=1), KCM)
    story.create(pod(rs), KCM)
    assert silent(story, web) == ("running", "kubelet", None)
    assert story.trace(web).waiting_for == "1 Pod to stay ready for 600 seconds (minReadySeconds)"
    story.wait(600)
    assert silent(story, web)[2] == "controller-silent"


@pytest.mark.parametrize(
    ("strategy", "state"),
    [
        ({"type": "OnDelete"}, "running"),
        ({"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}, "complete"),
        ({"type": "RollingUpdate"}, "running"),
    ],
)
def test_a_statefulset_is_done_when_it_went_as_far_as_it_may(strategy: Json, state: str) -> None:
    story = Story()
    db = statefulset(replicas=2)
    db["spec"]["updateStrategy"] = strategy
    story.create(db, "kubectl-create")
    counts = {"replicas": 2, "readyReplicas": 2, "updatedReplicas": 1, "observedGeneration": 1}
    revisions = {"currentRevision": "db-old", "updateRevision": "db-new"}
    story.change(db, {"status": counts | revisions}, KCM, sub="status")
    assert story.trace(db).state == state


def test_a_cronjob_says_when_it_acts() -> None:
    story = Story("Event")
    tick = thing("CronJob", "tick", "batch/v1", spec={"schedule": "0 * * * *"})
    story.create(tick, "kubectl-create")
    assert story.trace(tick).summary == (
        "CronJob tick creates a Job whenever its schedule (0 * * * *) is due."
    )
    story.change(tick, {"spec": {"suspend": True}}, "kubectl-patch")
    assert "suspended" in story.trace(tick).summary


def test_a_kubelet_that_is_back_is_not_called_slow_for_the_time_that_it_was_lost() -> None:
    story = Story()
    host = story.exists(node())
    bare = story.create(pod(name="bare", node_name=""), "kubectl-run")
    story.change(bare, {"spec": {"nodeName": "node-1"}})
    story.change(bare, {"status": {"phase": "Pending"}}, "kubelet", sub="status")
    story.wait(300)
    story.exists(node("other"))
    assert story.trace(bare).diagnosis == "kubelet-slow"
    back = condition("Ready", "True") | {"lastTransitionTime": stamp(story.at)}
    story.change(host, {"status": {"conditions": [back]}}, "kubelet", sub="status")
    trace = story.trace(bare)
    assert (trace.diagnosis, trace.holder) == (None, "kubelet")
    assert trace.waiting_since == int(trace.waiting_since or 0)
