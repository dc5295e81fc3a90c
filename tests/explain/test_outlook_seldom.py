"""What few clusters show of how an object stands, held in one place so that no rule is untried."""

from typing import Any

import pytest

from eventstream.objects.pods import Container, PodSpec, Resources
from eventstream.objects.quantities import requested
from eventstream.objects.redaction import NOT_KEPT
from tests.explain.operated import Operated
from tests.explain.stories import START, Json, Story, stamp
from tests.explain.test_operator_chains import judged
from tests.explain.test_outlook_containers import probed, status
from tests.explain.test_outlook_diagnoses import report, rollout
from tests.explain.test_outlook_disruptions import budget, evict
from tests.explain.test_outlook_stuck import cronjob, later
from tests.explain.things import condition, node, pod, thing


@pytest.mark.parametrize(("phase", "state"), [("RequiresApproval", "stalled"), ("Complete", "")])
def test_a_custom_resource_that_waits_for_approval_is_a_persons(phase: str, state: str) -> None:
    flow = Operated()
    api = "operators.coreos.com/v1alpha1"
    plan = flow.client().create(thing("InstallPlan", "install-1", api, spec={}))
    flow.controller("catalog").report(plan, phase=phase)
    trace = judged(flow, plan, 1.0)
    if state:
        assert (trace.state, trace.holder, trace.diagnosis) == ("stalled", "client", "paused")
        assert trace.summary == (
            "InstallPlan install-1 is suspended: status.phase is RequiresApproval: it waits for "
            "approval."
        )
    else:
        assert trace.state == "complete"


def restarted(started: float) -> Json:
    """A container that runs since then, is not ready, and ended two times within a minute."""
    last = {"exitCode": 1, "startedAt": stamp(START - 60), "finishedAt": stamp(START)}
    running = {"startedAt": stamp(started)}
    return status("c", 2, running=running) | {"lastState": {"terminated": last}}


@pytest.mark.parametrize(("after", "doubted"), [(5.0, True), (200.0, False)])
def test_a_container_that_ended_again_and_again_has_to_outlive_its_last_run(
    after: float, *, doubted: bool
) -> None:
    story = Story()
    story.exists(node())
    web, _, one = rollout(story)
    report(story, one, restarted(story.at), phase="Running")
    later(story, after)
    assert (story.trace(web).diagnosis == "crash-loop") == doubted


MESSAGES = [
    (
        "0/0 nodes are available: no nodes available to schedule pods",
        "No node takes Pod web-1-a: the cluster has no node that the scheduler may use.",
    ),
    (
        (
            "0/2 nodes are available: 2 Insufficient cpu. preemption: not eligible due to a "
            "terminating pod on the nominated node."
        ),
        (
            "No node takes Pod web-1-a: of 2 nodes, 2 have insufficient cpu; Pods on its nominated "
            "node are stopping to make room."
        ),
    ),
]


@pytest.mark.parametrize(("message", "said"), MESSAGES, ids=["no node", "room is made"])
def test_the_scheduler_is_quoted_where_there_is_no_node_and_where_room_is_made(
    message: str, said: str
) -> None:
    story = Story()
    web, _, one = rollout(story, "")
    found = condition("PodScheduled", "False", "Unschedulable", message)
    story.change(one, {"status": {"conditions": [found]}}, "kube-scheduler", sub="status")
    assert story.trace(web).summary == said


def test_an_autoscaler_that_is_switched_off_by_a_count_of_zero_is_done() -> None:
    story = Story()
    ref = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    scaler = thing("HorizontalPodAutoscaler", "web", "autoscaling/v2")
    scaler["spec"] = {"scaleTargetRef": ref, "maxReplicas": 3}
    off = "scaling is disabled since the replica count of the target is zero"
    said = [
        condition("AbleToScale", "True"),
        condition("ScalingActive", "False", "ScalingDisabled", off),
    ]
    scaler["status"] = {"conditions": said, "currentReplicas": 0}
    trace = story.trace(story.create(scaler, "kubectl-autoscale"))
    assert (trace.state, trace.diagnosis) == ("complete", None)
    assert off in trace.summary


def held(*budgets: Json, ready: str = "True") -> Any:
    """The trace of a node that is drained, where these budgets select the Pod that is left."""
    story = Story()
    host = story.exists(node())
    away = story.exists(pod(None, "away"))
    here = pod(None, "here", labels={"app": "web"})
    here["status"] = {"phase": "Running", "conditions": [condition("Ready", ready)]}
    story.exists(here)
    for number, one in enumerate(budgets):
        one["metadata"] |= {"name": f"budget-{number}", "uid": f"uid-budget-{number}"}
        story.create(one, "kubectl-create")
    story.change(host, {"spec": {"unschedulable": True}}, "kubectl-cordon")
    evict(story, away)
    story.stop(away)
    return story.trace(host)


def test_a_pod_that_two_budgets_select_cannot_be_evicted_at_all() -> None:
    assert held(budget(1), budget(1)).summary == (
        "Pod here cannot be evicted: PodDisruptionBudgets budget-0 and budget-1 may not both "
        "select it."
    )


def test_a_pod_that_is_not_ready_may_go_where_its_budget_always_allows_that() -> None:
    low = {"currentHealthy": 0, "desiredHealthy": 1, "disruptionsAllowed": 0, "expectedPods": 1}
    strict, lax = budget(), budget()
    lax["spec"]["unhealthyPodEvictionPolicy"] = "AlwaysAllow"
    strict["status"] |= low
    lax["status"] |= low
    assert held(strict, ready="False").diagnosis == "eviction-blocked"
    assert held(lax, ready="False").diagnosis is None


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["512Mi", "1536Mi"], "2Gi"),
        (["1Ki"], "1Ki"),
        (["1Ti"], "1Ti"),
        (["1000"], "1000"),
        (["1500Mi"], "1500Mi"),
    ],
)
def test_what_a_pod_asks_for_is_written_in_binary_units(texts: list[str], said: str) -> None:
    made = (Container(resources=Resources(requests={"memory": text})) for text in texts)
    assert requested(PodSpec(containers=tuple(made)), "memory") == said


@pytest.mark.parametrize(
    ("probes", "said"),
    [
        (("Readiness",), "The readiness probe of container c of Pod web-1-a has failed 9 times."),
        (("Readiness", "Liveness"), "A probe of container c of Pod web-1-a has failed 9 times."),
    ],
)
def test_without_messages_a_probe_is_named_where_the_container_has_but_one(
    probes: tuple[str, ...], said: str
) -> None:
    story = Story()
    story.exists(node())
    web, _, one = probed(story, probes[0])
    for kind in probes[1:]:
        one["spec"]["containers"][0][f"{kind.lower()}Probe"] = {}
    running = {"startedAt": stamp(story.at)}
    report(story, one, status("c", started=True, running=running), phase="Running")
    later(story, 90.0)
    story.tell(one, "Unhealthy", NOT_KEPT, "kubelet", count=9, lastTimestamp=stamp(story.at))
    assert story.trace(web).summary == said


def test_a_job_that_the_api_does_not_allow_needs_another_cronjob() -> None:
    story = Story()
    tick = story.create(cronjob(), "kubectl-create")
    why = 'Job.batch "tick-1" is invalid: metadata.name: must be no more than 63 characters'
    story.tell(tick, "FailedCreate", f"Error creating job: {why}", "cronjob-controller")
    trace = story.trace(tick)
    assert (trace.state, trace.holder, trace.diagnosis) == ("stalled", "client", "spec-invalid")
    assert trace.summary == f"The Job of CronJob tick cannot be created: {why}."


def test_which_container_keeps_a_pod_from_being_ready_is_told() -> None:
    story = Story()
    web, _, one = probed(story, "Readiness", periodSeconds=10)
    app = {"name": "app", "ready": True, "state": {"running": {"startedAt": stamp(START)}}}
    report(story, one, app, app | {"name": "c", "ready": False}, phase="Running")
    assert story.trace(web).waiting_for == (
        "Pod web-1-a to become ready, by the readiness probe of container c"
    )
