"""What can be stuck besides Pods is judged: by its own word, and when it was so before."""

from typing import Any

import pytest

from eventstream.explain.vocabulary.records import Trace
from tests.explain.stories import KCM, Json, Story, stamp
from tests.explain.things import condition, deployment, job, pod, statefulset, template, thing

CRON = "cronjob-controller"
BINDER = "persistentvolume-controller"


def cronjob(**spec: Any) -> Json:
    return thing("CronJob", "tick", "batch/v1", spec={"schedule": "*/5 * * * *"} | spec)


def claim(phase: str = "Pending", **parts: Any) -> Json:
    spec = {"resources": {"requests": {"storage": "8Gi"}}} | parts.pop("spec", {})
    return thing("PersistentVolumeClaim", "data", spec=spec, status={"phase": phase} | parts)


def autoscaler(*conditions: Json, **spec: Any) -> Json:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    return thing(
        "HorizontalPodAutoscaler",
        "web",
        "autoscaling/v2",
        spec={"scaleTargetRef": target, "maxReplicas": 5} | spec,
        status={"desiredReplicas": 5, "conditions": list(conditions)},
    )


def stands(story: Story, root: Json) -> Trace:
    """The trace of the object, after whatever came last; a Node is written to let time pass."""
    return story.trace(root)


def later(story: Story, seconds: float) -> None:
    """Let time pass, and something happen elsewhere."""
    story.wait(seconds)
    story.create(thing("Node", f"clock-{story.version}"))


MISSED = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds"
REFUSED_JOB = (
    'Error creating job: jobs.batch "tick-1" is forbidden: exceeded quota: jobs, requested: '
    "count/jobs.batch=1, used: count/jobs.batch=1, limited: count/jobs.batch=1"
)
STARTS = [
    ("TooManyMissedTimes", MISSED, "controller-silent", CRON, MISSED),
    ("MissSchedule", "Missed scheduled time to start a job: Mon", "deadline-exceeded", CRON, "Mon"),
    ("UnknownTimeZone", 'invalid timeZone: "Mars"', "spec-invalid", "client", "Mars"),
    ("UnparseableSchedule", 'unparseable schedule: "x"', "spec-invalid", "client", "unparseable"),
    ("FailedCreate", REFUSED_JOB, "quota-exceeded", CRON, "ResourceQuota jobs"),
]


@pytest.mark.parametrize("before", [False, True], ids=["watched", "before"])
@pytest.mark.parametrize(("reason", "message", "code", "holder", "says"), STARTS)
def test_a_cronjob_that_starts_no_job_says_why(
    reason: str, message: str, code: str, holder: str, says: str, *, before: bool
) -> None:
    story = Story()
    tick = story.exists(cronjob()) if before else story.create(cronjob(), "kubectl-create")
    later(story, 60)
    story.tell(tick, reason, message, CRON)
    later(story, 20)
    trace = stands(story, tick)
    assert (trace.state, trace.diagnosis, trace.holder) == ("stalled", code, holder)
    assert says in trace.summary


def test_a_cronjob_whose_event_came_long_after_it_settled_has_a_trace_again() -> None:
    story = Story()
    tick = story.exists(cronjob())
    later(story, 600)
    story.tell(tick, "MissSchedule", "Missed scheduled time to start a job: Mon", CRON)
    assert stands(story, tick).diagnosis == "deadline-exceeded"


def test_a_cronjob_that_started_a_job_since_is_fine() -> None:
    story = Story()
    tick = story.exists(cronjob())
    story.tell(tick, "TooManyMissedTimes", MISSED, CRON)
    once = job("tick-1")
    once["metadata"]["ownerReferences"] = [
        {"apiVersion": "batch/v1", "kind": "CronJob", "name": "tick", "controller": True}
        | {"uid": tick["metadata"]["uid"]}
    ]
    story.create(once, KCM)
    done = {"conditions": [condition("Complete", "True")], "succeeded": 1}
    story.change(once, {"status": done}, KCM, sub="status")
    later(story, 60)
    assert stands(story, tick).state == "complete"


def test_a_suspended_cronjob_waits_for_a_person() -> None:
    story = Story()
    tick = story.exists(cronjob(suspend=True))
    trace = stands(story, tick)
    assert (trace.state, trace.diagnosis, trace.holder) == ("stalled", "paused", "client")
    assert "suspend" in trace.mend


def test_a_cronjob_whose_last_run_failed_says_so_where_its_job_is_gone() -> None:
    story = Story()
    tick = cronjob()
    tick["status"] = {
        "lastScheduleTime": "2026-11-29T10:05:00Z",
        "lastSuccessfulTime": "2026-11-29T10:00:20Z",
    }
    trace = stands(story, story.exists(tick))
    assert (trace.state, trace.diagnosis, trace.holder) == ("stalled", "job-failed", "client")
    assert trace.summary == (
        "The last run of CronJob tick, due at 2026-11-29T10:05:00Z, is not on record as a "
        "success; the last success ended at 2026-11-29T10:00:20Z."
    )


def test_a_job_that_still_runs_keeps_the_next_from_being_started() -> None:
    story = Story()
    tick = story.exists(cronjob(concurrencyPolicy="Forbid"))
    once = thing("Job", "tick-1", "batch/v1", tick, spec={"parallelism": 1, "completions": 1})
    once["spec"]["template"] = template()
    story.create(once, KCM)
    run = story.create(pod(once, "tick-1-a"), KCM)
    story.tell(
        tick,
        "JobAlreadyActive",
        "Not starting job because prior execution is running and concurrency policy is Forbid",
        CRON,
        type="Normal",
    )
    trace = stands(story, tick)
    assert trace.state == "running"
    assert "Job tick-1" in trace.summary
    assert "concurrencyPolicy Forbid" in trace.summary
    waits = {"waiting": {"reason": "CreateContainerConfigError", "message": "no such secret"}}
    statuses = [{"name": "c", "state": waits}]
    story.change(run, {"status": {"containerStatuses": statuses, "conditions": []}}, "kubelet")
    trace = stands(story, tick)
    assert trace.state == "stalled"
    assert "concurrencyPolicy Forbid" in trace.summary


CPU = "failed to get cpu utilization: "
NOT_YET = "did not receive metrics for targeted pods"
UNMEASURED = [
    ("FailedGetResourceMetric", f"{CPU}no metrics returned", 40, "not-ready"),
    ("FailedGetResourceMetric", f"{CPU}no metrics returned", 20, None),
    ("FailedGetResourceMetric", f"{CPU}missing request for cpu in container c", 5, "not-ready"),
    ("FailedGetResourceMetric", f"{CPU}{NOT_YET}", 60, None),
    ("FailedGetResourceMetric", f"{CPU}{NOT_YET}", 130, "not-ready"),
    ("FailedGetExternalMetric", "unable to get external metric queue", 40, "not-ready"),
    ("InvalidSelector", "the HPA target's scale is missing a selector", 5, "not-ready"),
]


@pytest.mark.parametrize(("reason", "message", "seconds", "code"), UNMEASURED)
def test_an_autoscaler_that_cannot_measure_says_why(
    reason: str, message: str, seconds: float, code: str | None
) -> None:
    story = Story()
    able = condition("AbleToScale", "True", "SucceededGetScale")
    active = condition("ScalingActive", "False", reason, message)
    active["lastTransitionTime"] = stamp(story.at)
    scaler = story.exists(autoscaler(able, active))
    later(story, seconds)
    found = [t for t in story.told().traces.values() if t.root.kind == scaler["kind"]]
    assert [trace.diagnosis for trace in found] == [code]
    assert message.rsplit(": ", maxsplit=1)[-1] in found[0].summary


def test_an_autoscaler_without_a_target_and_one_at_its_maximum_say_so() -> None:
    story = Story()
    missing = 'deployments/scale.apps "web" not found'
    able = condition("AbleToScale", "False", "FailedGetScale", missing)
    scaler = story.exists(autoscaler(able))
    later(story, 40)
    assert stands(story, scaler).diagnosis == "not-ready"
    assert missing in stands(story, scaler).summary
    limit = "the desired replica count is more than the maximum replica count"
    most = [condition("AbleToScale", "True"), condition("ScalingActive", "True")]
    most.append(condition("ScalingLimited", "True", "TooManyReplicas", limit))
    story.change(scaler, {"status": {"conditions": most}}, KCM, sub="status")
    trace = stands(story, scaler)
    assert (trace.diagnosis, trace.holder) == ("at-limit", "client")
    assert "5 replicas" in trace.summary
    fewest = condition("ScalingLimited", "True", "TooFewReplicas", "at the minimum")
    story.change(scaler, {"status": {"conditions": [*most[:2], fewest]}}, KCM, sub="status")
    assert stands(story, scaler).state == "complete"


UNBOUND = [
    ("FailedBinding", "no persistent volumes available", "stalled", BINDER, "no persistent"),
    ("ProvisioningFailed", 'storageclass "fast" not found', "stalled", BINDER, '"fast" not found'),
    ("VolumeMismatch", "storageClassName does not match", "stalled", BINDER, "does not match"),
    ("WaitForFirstConsumer", "waiting for first consumer", "running", "client", "a Pod that uses"),
    ("WaitForPodScheduled", "waiting for pod web-0", "running", "scheduler", "web-0"),
    ("ExternalProvisioning", "by 'ebs.csi'", "stalled", "custom-controller", "ebs.csi"),
]


@pytest.mark.parametrize("before", [False, True], ids=["watched", "before"])
@pytest.mark.parametrize(("reason", "message", "state", "holder", "says"), UNBOUND)
def test_a_claim_without_a_volume_says_what_it_waits_for(
    reason: str, message: str, state: str, holder: str, says: str, *, before: bool
) -> None:
    story = Story()
    data = story.exists(claim()) if before else story.create(claim(), "kubectl-create")
    story.tell(data, reason, message, BINDER)
    later(story, 70)
    trace = stands(story, data)
    assert (trace.state, trace.holder) == (state, holder)
    assert says in trace.summary


def test_a_bound_claim_that_was_there_has_no_trace_and_a_lost_one_has() -> None:
    story = Story()
    story.exists(claim("Bound", capacity={"storage": "8Gi"}))
    assert not story.told().traces
    story = Story()
    lost = story.exists(claim("Lost", spec={"volumeName": "pv-1"}))
    assert stands(story, lost).diagnosis == "volume-lost"


def test_a_larger_claim_is_done_when_its_volume_has_grown() -> None:
    story = Story()
    data = story.exists(claim("Bound", capacity={"storage": "4Gi"}))
    assert stands(story, data).state == "running"
    said = condition("ControllerResizeError", "True", "", "quota of the cloud exceeded")
    story.change(data, {"status": {"conditions": [said]}}, "csi-resizer", sub="status")
    trace = stands(story, data)
    assert trace.state == "stalled"
    assert trace.summary == (
        "PersistentVolumeClaim data cannot grow from 4Gi to 8Gi: quota of the cloud exceeded."
    )
    story.change(data, {"status": {"conditions": [], "capacity": {"storage": "8Gi"}}}, "csi")
    assert stands(story, data).state == "complete"


def test_a_claim_that_is_to_go_waits_for_the_pods_that_use_it() -> None:
    story = Story()
    data = story.exists(claim("Bound"))
    uses = pod(name="db-0")
    uses["spec"] = uses["spec"] | {"volumes": [{"persistentVolumeClaim": {"claimName": "data"}}]}
    story.exists(uses)
    story.mark(data, finalizers=["kubernetes.io/pvc-protection"])
    trace = stands(story, data)
    assert (trace.diagnosis, trace.holder, trace.holder_name) == (
        "finalizer-stuck",
        "client",
        "Pod db-0",
    )
    assert "Pod db-0 uses it" in trace.summary
    story.mark(uses, 30)
    assert stands(story, data).holder == "kubelet"


def test_the_owner_of_a_finalizer_is_named() -> None:
    story = Story()
    web = story.exists(deployment())
    story.mark(web, finalizers=["shop.example.com/cleanup"])
    trace = stands(story, web)
    assert (trace.holder, trace.holder_name) == ("custom-controller", "shop.example.com/cleanup")


def test_a_budget_that_cannot_be_counted_lets_no_pod_go() -> None:
    story = Story()
    said = condition("DisruptionAllowed", "False", "SyncFailed", "found no controllers for pod a")
    budget = thing("PodDisruptionBudget", "web", "policy/v1", spec={"maxUnavailable": 1})
    budget["status"] = {"observedGeneration": 1, "conditions": [said]}
    trace = stands(story, story.exists(budget))
    assert (trace.state, trace.diagnosis) == ("stalled", "spec-invalid")
    assert "found no controllers for pod a" in trace.summary


def test_a_budget_says_that_no_healthy_pod_may_go() -> None:
    story = Story()
    budget = thing("PodDisruptionBudget", "web", "policy/v1", spec={"minAvailable": 1})
    budget["status"] = {"observedGeneration": 1, "currentHealthy": 1, "desiredHealthy": 1}
    budget["status"]["expectedPods"] = 1
    trace = stands(story, story.create(budget, "kubectl-create"))
    assert trace.state == "complete"
    assert "no healthy Pod may be evicted while it is so" in trace.summary


NAMES = [
    ("NamesAccepted", "False", "PluralConflict", '"widgets" is already in use'),
    ("NonStructuralSchema", "True", "Violations", "spec.validation: must be a structural schema"),
    ("KubernetesAPIApprovalPolicyConformant", "False", "MissingAnnotation", "protected groups"),
]


@pytest.mark.parametrize(("type_", "status", "reason", "message"), NAMES)
def test_a_type_that_is_not_accepted_waits_for_a_person(
    type_: str, status: str, reason: str, message: str
) -> None:
    story = Story()
    names = {"plural": "widgets", "kind": "Widget"}
    found = [condition(type_, status, reason, message), condition("Established", "False")]
    widgets = thing(
        "CustomResourceDefinition",
        "widgets.example.com",
        "apiextensions.k8s.io/v1",
        spec={"group": "example.com", "names": names, "scope": "Namespaced"},
        status={"conditions": found},
    )
    trace = stands(story, story.exists(widgets))
    assert (trace.state, trace.diagnosis, trace.holder) == ("stalled", "not-ready", "client")
    assert message in trace.summary


def test_a_job_is_resumed_by_whoever_would_suspend_it_again() -> None:
    story = Story()
    plain = story.exists(job(suspend=True))
    trace = stands(story, plain)
    assert (trace.holder, trace.diagnosis) == ("client", "paused")
    assert trace.mend
    queued = job("train", suspend=True)
    queued["metadata"]["labels"] = {"kueue.x-k8s.io/queue-name": "research"}
    trace = stands(story, story.exists(queued))
    assert (trace.holder, trace.holder_name, trace.mend) == ("custom-controller", "Kueue", "")
    assert "queue research" in trace.summary
    given = story.exists(job("far", suspend=True, managedBy="jobs.example.com/far"))
    trace = stands(story, given)
    assert (trace.holder_name, trace.mend) == ("jobs.example.com/far", "")


def rolled(story: Story, **spec: Any) -> tuple[Json, Json]:
    """A StatefulSet whose newest template is right, and its Pod of an older, broken one."""
    db = statefulset(replicas=1)
    db["spec"] |= spec
    db["status"] |= {"updateRevision": "db-new", "observedGeneration": 1}
    db = story.exists(db)
    waits = {"waiting": {"reason": "ImagePullBackOff", "message": "manifest unknown: not found"}}
    broken = pod(db, "db-0", labels={"controller-revision-hash": "db-bad"})
    broken["status"] = {"phase": "Pending", "containerStatuses": [{"name": "c", "state": waits}]}
    return db, story.exists(broken)


def test_a_statefulset_waits_for_a_broken_pod_until_a_person_deletes_it() -> None:
    story = Story()
    db, broken = rolled(story)
    trace = stands(story, db)
    assert (trace.diagnosis, trace.holder) == ("image-not-found", "client")
    assert "Pod db-0 is of revision db-bad and not of the newest" in trace.summary
    assert trace.mend == "kubectl delete pod db-0 -n shop"
    story.change(broken, {"metadata": {"labels": {"controller-revision-hash": "db-new"}}})
    assert stands(story, db).holder == "kubelet"


def test_a_statefulset_that_goes_in_parallel_replaces_the_broken_pod_itself() -> None:
    story = Story()
    db, _ = rolled(story, podManagementPolicy="Parallel")
    assert stands(story, db).holder == "kubelet"


def test_a_partition_says_what_it_keeps() -> None:
    story = Story()
    db = statefulset(replicas=3)
    db["spec"]["updateStrategy"] = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
    counts = {"readyReplicas": 3, "updatedReplicas": 1, "updateRevision": "db-new"}
    db["status"] |= counts | {"observedGeneration": 1}
    trace = stands(story, story.exists(db))
    assert trace.state == "complete"
    assert trace.summary == (
        "3 Pods of StatefulSet db ready; 2 Pods not updated, as its partition of 2 asks."
    )


def api_service(status: str, since: float, message: str = "") -> Json:
    found = condition("Available", status, "MissingEndpoints", message)
    found["lastTransitionTime"] = stamp(since)
    return thing(
        "APIService",
        "v1beta1.metrics.k8s.io",
        "apiregistration.k8s.io/v1",
        spec={"service": {"namespace": "kube-system", "name": "metrics-server"}},
        status={"conditions": [found]},
    )


def test_an_api_service_that_is_away_for_long_breaks_discovery() -> None:
    story = Story()
    said = 'endpoints for service/metrics-server in "kube-system" have no addresses'
    metrics = story.exists(api_service("False", story.at, said))
    later(story, 10)
    assert stands(story, metrics).state == "running"
    later(story, 30)
    trace = stands(story, metrics)
    assert (trace.state, trace.diagnosis, trace.holder) == ("stalled", "not-ready", "client")
    assert said in trace.summary
    ready = api_service("True", story.at)["status"]
    story.change(metrics, {"status": ready}, "kube-apiserver", sub="status")
    assert stands(story, metrics).state == "complete"
    assert story.last(metrics).actor == "api-server"
