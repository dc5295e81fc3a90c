"""What keeps containers from running: init containers, sidecars, probes, memory, configuration."""

from typing import Any

import pytest

from eventstream.explain.vocabulary.records import Trace
from tests.explain.stories import START, Json, Story, stamp
from tests.explain.test_outlook_diagnoses import complete, report, rollout, waiting
from tests.explain.things import condition, pod

CONFIG = "CreateContainerConfigError"


def init(name: str, **more: Any) -> Json:
    return {"name": name, "image": f"{name}:1"} | more


def with_inits(story: Story) -> tuple[Json, Json, Json]:
    web, rs, one = rollout(story)
    one["spec"]["initContainers"] = [init("migrate"), init("proxy", restartPolicy="Always")]
    return web, rs, one


def status(name: str, restarts: int = 0, *, started: bool = False, **state: Json) -> Json:
    return {"name": name, "state": state, "restartCount": restarts, "started": started}


def inits(story: Story, one: Json, *statuses: Json) -> None:
    main = waiting("PodInitializing")
    patch = {"initContainerStatuses": list(statuses), "containerStatuses": [main]}
    story.change(one, {"status": patch | {"phase": "Pending"}}, "kubelet", sub="status")


RUNNING: Json = {"startedAt": stamp(START)}
FAILED: Json = {"exitCode": 3, "reason": "Error", "finishedAt": stamp(START + 10)}


def test_a_pod_says_at_which_init_container_it_is() -> None:
    story = Story()
    web, _, one = with_inits(story)
    inits(story, one, status("migrate", running=RUNNING), waiting("PodInitializing"))
    trace = story.trace(web)
    assert (trace.state, trace.holder) == ("running", "kubelet")
    assert trace.waiting_for == "init container migrate (1 of 2) of Pod web-1-a to end"
    done = status("migrate", terminated={"exitCode": 0, "reason": "Completed"})
    inits(story, one, done, status("proxy", running=RUNNING))
    assert (
        story.trace(web).waiting_for == "sidecar container proxy (2 of 2) of Pod web-1-a to start"
    )


def test_a_failing_init_container_is_called_so() -> None:
    story = Story()
    web, rs, one = with_inits(story)
    backing = {"reason": "CrashLoopBackOff", "message": "back-off 1m20s restarting failed"}
    failing = status("migrate", 4, waiting=backing) | {"lastState": {"terminated": FAILED}}
    inits(story, one, failing)
    trace = story.trace(web)
    assert (trace.holder, trace.diagnosis) == ("kubelet", "crash-loop")
    assert trace.summary == (
        "Pod web-1-a does not get past its init container migrate, which exits with code 3 "
        "(Error); 4 restarts so far, and "
        "the next attempt 80 s after it ended (about 08:01:30 UTC)."
    )
    assert trace.command == "kubectl logs web-1-a -n shop -c migrate --previous"
    one["status"]["initContainerStatuses"] = []
    complete(story, web, rs, one)
    assert story.trace(web).diagnosis is None


def test_a_failing_sidecar_is_called_so_and_the_next_attempt_is_an_inference() -> None:
    story = Story()
    web, _, one = with_inits(story)
    done = status("migrate", terminated={"exitCode": 0, "reason": "Completed"})
    inits(story, one, done, status("proxy", 3, terminated=FAILED))
    trace = story.trace(web)
    assert trace.summary == (
        "Sidecar container proxy of Pod web-1-a exits with code 3 (Error); 3 restarts so far, and "
        "the next attempt by about 08:00:50 UTC."
    )
    assert [piece.grade for piece in trace.diagnosis_evidence] == ["reported", "inferred"]
    assert "waits up to 40 s after the end" in trace.diagnosis_evidence[1].text


def test_a_container_that_ran_out_of_memory_once_is_told_with_its_limit() -> None:
    story = Story()
    web, _, one = rollout(story)
    one["spec"]["containers"][0]["resources"] = {"limits": {"memory": "64Mi"}}
    killed = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": stamp(START)}
    report(story, one, status("c", terminated=killed), phase="Running")
    trace = story.trace(web)
    assert (trace.diagnosis, trace.summary) == (
        "oom-killed",
        (
            "Container c of Pod web-1-a ran out of memory (OOMKilled; its limit is 64Mi); "
            "0 restarts so far, and the next attempt about 08:00:00 UTC."
        ),
    )


MISSING = [
    (
        CONFIG,
        'secret "keys" not found',
        "config-missing",
        "takes its environment from Secret keys, which does not exist.",
    ),
    (
        CONFIG,
        "couldn't find key user in Secret shop/keys",
        "config-missing",
        "takes its environment from key user of Secret keys, which has no such key.",
    ),
    (
        CONFIG,
        "container has runAsNonRoot and image will run as root",
        "start-failed",
        "cannot be made: container has runAsNonRoot and image will run as root.",
    ),
    ("CreateContainerError", "no command specified", "start-failed", "no command specified."),
]


@pytest.mark.parametrize(("reason", "message", "code", "words"), MISSING)
def test_what_a_container_lacks_is_named(reason: str, message: str, code: str, words: str) -> None:
    story = Story()
    web, _, one = rollout(story)
    report(story, one, waiting(reason, message))
    trace = story.trace(web)
    assert (trace.holder, trace.diagnosis) == ("kubelet", code)
    assert trace.summary.startswith("Container c of Pod web-1-a ")
    assert trace.summary.endswith(words)


MOUNTS = [
    (
        'MountVolume.SetUp failed for volume "keys" : secret "keys" not found',
        "Pod web-1-a mounts Secret keys as volume keys, which does not exist.",
    ),
    (
        'MountVolume.SetUp failed for volume "cfg" : references non-existent config key: a.yaml',
        "Pod web-1-a mounts key a.yaml of a ConfigMap as volume cfg, which has no such key.",
    ),
    (
        'MountVolume.SetUp failed for volume "x" : [configmap "a" not found, secret "b" not found]',
        "Pod web-1-a mounts ConfigMap a and Secret b as volume x, which do not exist.",
    ),
]


@pytest.mark.parametrize(("message", "summary"), MOUNTS)
def test_what_a_volume_lacks_is_named(message: str, summary: str) -> None:
    story = Story()
    web, _, one = rollout(story)
    report(story, one, waiting("ContainerCreating"))
    story.tell(one, "FailedMount", message, "kubelet")
    trace = story.trace(web)
    assert (trace.diagnosis, trace.summary) == ("config-missing", summary)
    assert [piece.source for piece in trace.diagnosis_evidence] == ["event"]


def test_a_mount_that_failed_at_first_is_past_once_the_image_is_pulled() -> None:
    story = Story()
    web, _, one = rollout(story)
    report(story, one, waiting("ContainerCreating"))
    story.tell(one, "FailedMount", "failed to sync configmap cache: timed out", "kubelet")
    assert story.trace(web).diagnosis is None
    story.tell(one, "FailedMount", 'configmap "cfg" not found', "kubelet")
    assert story.trace(web).diagnosis == "config-missing"
    story.tell(one, "Pulling", 'Pulling image "nginx:9"', "kubelet")
    assert story.trace(web).diagnosis is None


def probed(story: Story, kind: str, **probe: int) -> tuple[Json, Json, Json]:
    web, rs, one = rollout(story)
    one["spec"]["containers"][0][f"{kind.lower()}Probe"] = probe
    return web, rs, one


def unhealthy(story: Story, one: Json, kind: str, count: int) -> None:
    failed = f"{kind} probe failed: HTTP probe failed with statuscode: 500"
    story.tell(one, "Unhealthy", failed, "kubelet", count=count)


def test_a_probe_fails_when_its_own_threshold_is_met() -> None:
    story = Story()
    web, _, one = probed(story, "Startup", failureThreshold=5, periodSeconds=1)
    report(story, one, status("c", running=RUNNING), phase="Running")
    unhealthy(story, one, "Startup", 4)
    assert story.trace(web).diagnosis is None
    unhealthy(story, one, "Startup", 1)
    trace = story.trace(web)
    assert (trace.diagnosis, trace.summary) == (
        "probe-failing",
        (
            "The startup probe of container c of Pod web-1-a has failed 5 times: "
            "HTTP probe failed with statuscode: 500."
        ),
    )


@pytest.mark.parametrize("exit_code", [0, 137])
def test_a_container_that_a_probe_killed_is_no_crash(exit_code: int) -> None:
    story = Story()
    web, _, one = probed(story, "Liveness", failureThreshold=1, periodSeconds=20)
    report(story, one, status("c", running=RUNNING), phase="Running")
    unhealthy(story, one, "Liveness", 1)
    story.tell(one, "Killing", "Container c failed liveness probe, will be restarted", "kubelet")
    ended = {"exitCode": exit_code, "reason": "Error"}
    again = status("c", 1, running=RUNNING) | {"ready": True, "lastState": {"terminated": ended}}
    ready = [condition("Ready", "True")]
    report(story, one, again, phase="Running", conditions=ready)
    trace = story.trace(web)
    assert (trace.state, trace.holder, trace.diagnosis) == ("stalled", "kubelet", "probe-failing")
    assert trace.summary == (
        "The liveness probe of container c of Pod web-1-a has failed 1 time (restarted 1 time so "
        "far): HTTP probe failed with statuscode: 500."
    )
    assert [piece.source for piece in trace.diagnosis_evidence] == ["event", "event", "status"]
    backing = {"reason": "CrashLoopBackOff", "message": "back-off 10s restarting failed container"}
    crashed = status("c", 1, waiting=backing) | {"lastState": {"terminated": ended}}
    report(story, one, crashed, phase="Running", conditions=[condition("Ready", "False")])
    assert story.trace(web).diagnosis == "probe-failing"


def ended_again(told: int) -> Trace:
    """How a container stands that a probe killed once, and that ended again without an Event."""
    story = Story()
    web, _, one = probed(story, "Liveness", failureThreshold=1)
    unhealthy(story, one, "Liveness", told)
    killing = "Container c failed liveness probe, will be restarted"
    story.tell(one, "Killing", killing, "kubelet", lastTimestamp=stamp(START + 9))
    again = {"startedAt": stamp(START + 60), "exitCode": 1, "finishedAt": stamp(START + 90)}
    backing = {"reason": "CrashLoopBackOff", "message": "back-off 20s restarting failed container"}
    crashed = status("c", 2, waiting=backing) | {"lastState": {"terminated": again}}
    report(story, one, crashed, phase="Running", conditions=[condition("Ready", "False")])
    return story.trace(web)


def test_an_end_that_no_event_tells_of_is_presumed_to_be_the_probes_and_said_to_be() -> None:
    assert ended_again(3).diagnosis == "crash-loop"
    presumed = ended_again(24)
    assert presumed.diagnosis == "probe-failing"
    assert presumed.summary.endswith(
        "That the last end was for it, too, is inferred: after 25 Events about one Pod a kubelet "
        "leaves out most of the rest."
    )
    assert [piece.grade for piece in presumed.diagnosis_evidence][-1] == "inferred"


@pytest.mark.parametrize(("restarts", "code"), [(1, None), (2, "crash-loop")])
def test_a_container_that_ends_well_again_and_again_is_told(
    restarts: int, code: str | None
) -> None:
    story = Story()
    web, _, one = rollout(story)
    well = {"lastState": {"terminated": {"exitCode": 0, "reason": "Completed"}}}
    again = status("c", restarts, running=RUNNING) | {"ready": True} | well
    report(story, one, again, phase="Running", conditions=[condition("Ready", "True")])
    assert story.trace(web).diagnosis == code


@pytest.mark.parametrize(("after", "code"), [(5, "probe-failing"), (-5, None)])
def test_a_ready_container_that_is_being_killed_for_its_probe_is_told(
    after: int, code: str | None
) -> None:
    story = Story()
    web, rs, one = probed(story, "Liveness", failureThreshold=1)
    complete(story, web, rs, one)
    up = status("c", running=RUNNING) | {"ready": True}
    report(story, one, up, phase="Running", conditions=[condition("Ready", "True")])
    assert story.trace(web).state == "complete"
    killing = "Container c failed liveness probe, will be restarted"
    story.tell(one, "Killing", killing, "kubelet", lastTimestamp=stamp(START + after))
    trace = story.trace(web)
    assert trace.diagnosis == code
    if code is not None:
        assert trace.summary == "The liveness probe of container c of Pod web-1-a fails."


def test_an_old_failure_of_a_probe_does_not_explain_a_crash() -> None:
    story = Story()
    web, _, one = rollout(story)
    unhealthy(story, one, "Readiness", 9)
    crashed = waiting("CrashLoopBackOff", restartCount=2, lastState={"terminated": FAILED})
    report(story, one, crashed, phase="Running")
    assert story.trace(web).diagnosis == "crash-loop"


def test_an_image_of_another_container_does_not_explain_this_one() -> None:
    story = Story()
    web, _, one = rollout(story)
    report(story, one, waiting("ErrImagePull", "dial tcp: i/o timeout"))
    story.tell(one, "Failed", 'Failed to pull image "other:1": not found', "kubelet")
    assert story.trace(web).diagnosis == "image-pull-failed"


def test_a_sidecar_that_has_not_started_waits_for_its_startup_probe() -> None:
    story = Story()
    probe = {"httpGet": {"path": "/ready", "port": 1}, "periodSeconds": 1, "failureThreshold": 600}
    own = pod(name="web")
    sidecar = {"name": "proxy", "image": "p:1", "restartPolicy": "Always", "startupProbe": probe}
    own["spec"] = own["spec"] | {"initContainers": [sidecar]}
    waiting = {"waiting": {"reason": "PodInitializing"}}
    own["status"] = {
        "phase": "Pending",
        "initContainerStatuses": [{"name": "proxy", "started": False, "state": {"running": {}}}],
        "containerStatuses": [{"name": "c", "state": waiting}],
    }
    story.create(own, "kubectl-create")
    assert story.trace(own).summary == (
        "Waiting for the startup probe of sidecar container proxy (1 of 1) of Pod web to succeed."
    )


def test_what_runs_again_for_long_is_proven_however_late_it_is_heard_of() -> None:
    """As after a new list: the container's own time counts, and not when Baton saw it."""
    story = Story()
    own = pod(name="web")
    ended = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": stamp(START - 121)}
    status = {"name": "c", "ready": True, "restartCount": 1, "lastState": {"terminated": ended}}
    own["status"]["containerStatuses"] = [
        status | {"state": {"running": {"startedAt": stamp(START - 120)}}}
    ]
    story.create(own, "kubectl-create")
    assert story.trace(own).state == "complete"
    running = {"running": {"startedAt": stamp(START)}}
    again = own["status"] | {"containerStatuses": [status | {"state": running}]}
    story.change(own, {"status": again}, "kubelet", sub="status")
    assert story.trace(own).diagnosis == "oom-killed"
