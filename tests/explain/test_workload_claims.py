"""What is said of controllers where the usual sentence would be false."""

import pytest

from eventstream.explain.vocabulary.records import Step
from tests.explain.stories import KCM, Json, Story, stamp
from tests.explain.things import (
    condition,
    daemonset,
    deployment,
    job,
    pod,
    replicaset,
    revision,
    template,
    thing,
)

INDEX = "batch.kubernetes.io/job-completion-index"
READY: Json = {
    "phase": "Running",
    "containerStatuses": [{"name": "c", "ready": True, "state": {"running": {}}}],
}


def ready(at: float) -> Json:
    return READY | {"conditions": [condition("Ready", "True") | {"lastTransitionTime": stamp(at)}]}


def active_pod(spec: Json, status: Json | None = None, restarts: int = 0) -> Step:
    """Who deleted the active Pod of a Job, two of whose Pods failed before."""
    story = Story()
    once = job(**spec)
    once["spec"]["parallelism"] = 3
    once["status"] = status or {}
    story.exists(once)
    for name in ("once-a", "once-b"):
        failed = pod(once, name)
        failed["status"]["phase"] = "Failed"
        story.exists(failed)
    active = pod(once, "once-c")
    active["status"]["containerStatuses"][0]["restartCount"] = restarts
    story.exists(active)
    story.mark(active, 30)
    return story.last(active)


def policy(action: str) -> Json:
    return {"backoffLimit": 1, "podFailurePolicy": {"rules": [{"action": action}]}}


IN_PLACE = {"backoffLimit": 2, "template": {"spec": {"restartPolicy": "OnFailure"}}}


@pytest.mark.parametrize(
    ("spec", "status", "restarts", "actor"),
    [
        ({"backoffLimit": 1}, None, 0, "job-controller"),
        (policy("FailJob"), None, 0, "job-controller"),
        (policy("Ignore"), None, 0, "unknown"),
        (policy("Ignore"), {"failed": 2}, 0, "job-controller"),
        (
            policy("Ignore"),
            {"failed": 1, "uncountedTerminatedPods": {"failed": ["b"]}},
            0,
            "job-controller",
        ),
        (IN_PLACE, None, 2, "job-controller"),
        (IN_PLACE, None, 1, "unknown"),
        ({"backoffLimit": 2}, None, 2, "unknown"),
    ],
)
def test_a_job_has_failed_too_often_by_what_its_controller_counts(
    spec: Json, status: Json | None, restarts: int, actor: str
) -> None:
    assert active_pod(spec, status, restarts).actor == actor


@pytest.mark.parametrize(
    ("spec", "was", "now", "why"),
    [
        ({"backoffLimit": 6}, "", "", "until more than 6 have (backoffLimit)."),
        (
            {"backoffLimit": 2147483647, "backoffLimitPerIndex": 1},
            "0",
            "0",
            "until more than 1 of this index have (backoffLimitPerIndex).",
        ),
        (
            {"backoffLimit": 2147483647, "backoffLimitPerIndex": 0},
            "0",
            "1",
            "that Pod of index 0 failed, and the Job goes on with index 1.",
        ),
    ],
)
def test_a_job_tries_again_within_the_limit_that_holds_for_the_pod(
    spec: Json, was: str, now: str, why: str
) -> None:
    story = Story()
    once = story.exists(job(**spec))
    first = story.create(pod(once, "once-a", annotations={INDEX: was} if was else {}), KCM)
    story.change(first, {"status": {"phase": "Failed"}}, "kubelet", sub="status")
    second = story.create(pod(once, "once-b", "", annotations={INDEX: now} if now else {}), KCM)
    assert story.last(second).why.endswith(why)


def autoscaler(name: str = "web", **spec: int) -> Json:
    target = {"kind": "Deployment", "name": "web", "apiVersion": "apps/v1"}
    return thing(
        "HorizontalPodAutoscaler",
        name,
        "autoscaling/v2",
        spec={"scaleTargetRef": target, "maxReplicas": 9} | spec,
    )


def rescaled(*scalers: Json, told: float | None = None, by: str = KCM) -> Step:
    """The step by which Deployment web was scaled to 4, with an Event that many seconds away."""
    story = Story()
    web = story.exists(deployment(replicas=1))
    for scaler in scalers:
        story.exists(scaler)
    story.wait(600)
    story.change(web, {"spec": {"replicas": 4}}, by, sub="scale")
    if told is not None:
        at = stamp(story.at + told)
        said = "New size: 4; reason: cpu"
        who = "horizontal-pod-autoscaler"
        story.tell(scalers[0], "SuccessfulRescale", said, who, firstTimestamp=at, lastTimestamp=at)
    return story.last(web)


@pytest.mark.parametrize(
    ("scalers", "told", "why"),
    [
        ([autoscaler()], None, "keeps it between 1 and 9; what it measured"),
        ([autoscaler(minReplicas=0)], None, "keeps it between 0 and 9; what it measured"),
        ([autoscaler()], 0.0, "and says: New size: 4; reason: cpu."),
        ([autoscaler()], -600.0, "what it measured is in its status."),
        ([autoscaler()], 600.0, "what it measured is in its status."),
        ([autoscaler("a"), autoscaler("b")], None, "Which of them it was is not told."),
        ([autoscaler("a"), autoscaler("b")], 0.0, "HorizontalPodAutoscaler a keeps it between"),
    ],
)
def test_an_autoscaler_is_said_to_have_measured_what_it_told_then(
    scalers: list[Json], told: float | None, why: str
) -> None:
    assert why in rescaled(*scalers, told=told).why


@pytest.mark.parametrize(("told", "actor"), [(0.0, "horizontal-pod-autoscaler"), (None, "unknown")])
def test_where_all_components_share_a_name_an_event_tells_the_autoscaler(
    told: float | None, actor: str
) -> None:
    assert rescaled(autoscaler(), told=told, by="k3s").actor == actor


@pytest.mark.parametrize(
    ("left", "actor"), [("True", "unknown"), ("False", "namespace-controller")]
)
def test_a_namespace_that_goes_with_content_left_may_have_been_ended_by_force(
    left: str, actor: str
) -> None:
    story = Story()
    shop = thing("Namespace", "shop", spec={"finalizers": ["kubernetes"]})
    shop["status"] = {"phase": "Active"}
    story.exists(shop)
    story.mark(shop)
    said = condition("NamespaceContentRemaining", left, "SomeResourcesRemain", "pods. has 1")
    now = {"phase": "Terminating", "conditions": [said]}
    story.change(shop, {"status": now}, KCM, sub="status")
    story.delete(shop)
    step = story.last(shop)
    assert (step.rule, step.actor) == ("namespace-finalized", actor)


@pytest.mark.parametrize("emptied", [True, False])
def test_a_pod_gets_less_time_from_a_client_or_from_who_empties_its_namespace(
    emptied: bool,
) -> None:
    story = Story()
    shop = thing("Namespace", "shop", spec={}, status={"phase": "Active"})
    story.exists(shop)
    slow = story.exists(pod(None, "slow"))
    story.mark(slow, 120)
    if emptied:
        story.mark(shop)
    story.mark(slow, 30)
    step = story.last(slow)
    assert (step.rule, step.actor) == ("deletion-shortened", "unknown" if emptied else "client")


@pytest.mark.parametrize("by", ["", "kubectl-create"])
def test_a_job_made_by_hand_from_a_cronjob_is_not_its_controllers(by: str) -> None:
    story = Story()
    tick = story.exists(thing("CronJob", "tick", "batch/v1", spec={"schedule": "0 0 * * *"}))
    now = thing("Job", "now", "batch/v1", tick, spec={"template": template()})
    now["metadata"]["annotations"] = {"cronjob.kubernetes.io/instantiate": "manual"}
    step = story.last(story.create(now, by))
    assert (step.rule, step.actor) == ("client-created", "client")


def test_a_revision_is_not_made_for_the_end_of_a_pod() -> None:
    story = Story()
    agent = story.exists(daemonset())
    story.delete(story.exists(pod(agent, "agent-a")))
    step = story.last(story.create(revision(agent, "agent-2", 2), KCM))
    assert step.why == "It received the state of DaemonSet agent (1001)."


SURGING = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}


def test_a_new_size_is_what_scales_each_replicaset_in_the_midst_of_a_rollout() -> None:
    story = Story()
    web = story.exists(deployment(replicas=2, strategy=SURGING))
    sets = [story.exists(replicaset(web, name, 2)) for name in ("web-1", "web-2")]
    story.change(web, {"spec": {"replicas": 0}}, "kubectl-scale", sub="scale")
    story.change(sets[1], {"spec": {"replicas": 0}}, KCM)
    story.change(sets[1], {"status": {"replicas": 0}}, KCM, sub="status")
    story.change(sets[0], {"spec": {"replicas": 0}}, KCM)
    assert story.last(sets[0]).why == (
        "It received the MODIFIED event of Deployment web (1004), which asks for 0 Pods."
    )


def test_after_a_new_size_was_shared_out_it_is_the_rollout_that_scales_down() -> None:
    story = Story()
    web = story.exists(deployment(replicas=2, strategy=SURGING))
    old = replicaset(web, "web-1", 2)
    old["status"] |= {"availableReplicas": 4}
    story.exists(old)
    new = {"replicas": 4, "template": {"spec": {"containers": [{"name": "c", "image": "nginx:2"}]}}}
    story.change(web, {"spec": new}, "helm")
    story.change(old, {"spec": {"replicas": 4}}, KCM)
    assert "which asks for 4 Pods" in story.last(old).why
    story.create(replicaset(web, "web-2", 1), KCM)
    story.change(old, {"spec": {"replicas": 3}}, KCM)
    assert "At least 3 Pods must stay available (4 desired, 1 may" in story.last(old).why


@pytest.mark.parametrize(
    ("asked", "copied", "why", "cause"),
    [
        (
            {"metadata": {"annotations": {"team": "a"}}},
            {"metadata": {"annotations": {"team": "a"}}},
            "The annotations of Deployment web are kept there too.",
            True,
        ),
        (
            {"spec": {"minReadySeconds": 5}},
            {"spec": {"minReadySeconds": 5}},
            "Its ReplicaSet gets the minReadySeconds of Deployment web.",
            True,
        ),
        (
            {"spec": {"template": {"metadata": {"labels": {"a": "b"}}}}},
            {"metadata": {"annotations": {"deployment.kubernetes.io/revision": "3"}}},
            "It notes there the revision, and how many Pods Deployment web asks for.",
            True,
        ),
    ],
)
def test_what_else_is_written_to_a_replicaset_answers_what_changed_of_its_deployment(
    asked: Json, copied: Json, why: str, cause: bool
) -> None:
    story = Story()
    web = story.exists(deployment(replicas=1))
    first = story.exists(replicaset(web, "web-1", 1))
    story.change(web, asked, "kubectl-edit")
    story.change(first, copied, KCM)
    step = story.last(first)
    assert (step.why, step.loop is not None and "(1003)" in step.loop.observe) == (why, cause)


@pytest.mark.parametrize("apart", [0, 3600, -3600])
def test_of_a_workloads_pods_those_are_waited_for_that_have_not_been_ready_long_enough(
    apart: int,
) -> None:
    story = Story()
    web = replicaset(None, "web-1", 3)
    web["spec"]["minReadySeconds"] = 30
    story.create(web, "kubectl-create")
    pods = [story.create(pod(web, f"web-1-{name}", ""), KCM) for name in "abc"]
    for each, waits in zip(pods, (0, 200, 0), strict=True):
        story.wait(waits)
        story.change(each, {"spec": {"nodeName": "node-1"}})
        story.change(each, {"status": ready(story.at + apart)}, "kubelet", sub="status")
    counts = {"replicas": 3, "readyReplicas": 3, "availableReplicas": 1, "observedGeneration": 1}
    story.change(web, {"status": counts}, KCM, sub="status")
    trace = story.trace(web)
    assert trace.state == "running"
    assert trace.waiting_for == "2 Pods to stay ready for 30 seconds (minReadySeconds)"
    story.change(web, {"status": {"availableReplicas": 3}}, KCM, sub="status")
    assert story.trace(web).state == "complete"


@pytest.mark.parametrize(
    ("selector", "relabelled", "actor"),
    [
        ({"matchLabels": {"app": "web"}}, {"app": "aside"}, "replicaset-controller"),
        ({"matchLabels": {"app": "web"}}, None, "unknown"),
        (
            {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]},
            None,
            "unknown",
        ),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, None, "unknown"),
        (
            {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]},
            None,
            "replicaset-controller",
        ),
        (
            {"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]},
            None,
            "replicaset-controller",
        ),
        ({}, None, "replicaset-controller"),
    ],
)
def test_a_pod_is_released_by_its_controller_only_where_its_labels_match_no_more(
    selector: Json, relabelled: Json | None, actor: str
) -> None:
    story = Story()
    web = replicaset(None, "web-1", 1)
    web["spec"]["selector"] = selector
    story.exists(web)
    one = story.exists(pod(web, labels={"app": "web"}))
    if relabelled:
        story.change(one, {"metadata": {"labels": relabelled}}, "kubectl-label")
    story.change(one, {"metadata": {"ownerReferences": []}})
    assert story.last(one).actor == actor


@pytest.mark.parametrize(
    ("seconds", "counts", "why"),
    [
        (30, {"availableReplicas": 1}, "Pods of it have been ready for 30 seconds now"),
        (30, {"availableReplicas": 1, "readyReplicas": 2}, "It had received"),
        (0, {"availableReplicas": 1}, "It had received"),
    ],
)
def test_what_time_alone_made_available_is_not_said_to_follow_from_a_write(
    seconds: int, counts: Json, why: str
) -> None:
    story = Story()
    web = replicaset(None, "web-1", 2)
    web["spec"]["minReadySeconds"] = seconds
    web["status"] |= {"readyReplicas": 1}
    story.exists(web)
    one = story.create(pod(web), KCM)
    story.change(one, {"status": {"phase": "Running"}}, "kubelet", sub="status")
    story.change(web, {"status": counts}, KCM, sub="status")
    assert story.last(web).why.startswith(why)


def test_a_daemonset_counts_each_old_revision_whether_it_is_used_or_not() -> None:
    story = Story()
    agent = daemonset()
    agent["spec"]["revisionHistoryLimit"] = 1
    story.exists(agent)
    first, second, third, _ = [
        story.exists(revision(agent, f"agent-{number}", number, f"h{number}"))
        for number in range(1, 5)
    ]
    story.exists(pod(agent, "agent-a", labels={"controller-revision-hash": "h2"}))
    for gone, counted in ((first, 3), (third, 2)):
        story.delete(gone)
        step = story.last(gone)
        assert step.actor == "daemonset-controller"
        assert step.why.endswith(f"and there were {counted}.")
    story.delete(second)
    assert story.last(second).actor == "unknown"


@pytest.mark.parametrize(
    ("policy", "says"), [("Allow", "is due."), ("Forbid", "is due, unless one still runs.")]
)
def test_a_cronjob_that_lets_no_two_run_does_not_start_one_whenever_it_is_due(
    policy: str, says: str
) -> None:
    story = Story("Pod", "Event")
    spec = {"schedule": "0 0 * * *", "concurrencyPolicy": policy}
    tick = story.create(thing("CronJob", "tick", "batch/v1", spec=spec), "kubectl-create")
    assert story.trace(tick).summary.endswith(says)
