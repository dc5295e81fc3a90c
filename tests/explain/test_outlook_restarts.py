"""Whether, when and why a container is started again: by restart policies, probes and changes."""

from typing import Any

import pytest

from eventstream.explain.vocabulary.records import Step, Trace
from tests.explain.stories import START, Json, Story, stamp
from tests.explain.test_outlook_containers import status
from tests.explain.test_outlook_diagnoses import report, rollout
from tests.explain.things import condition, pod


def ran(seconds: float, code: int = 137, reason: str = "OOMKilled") -> Json:
    """An end at START of a run of so many seconds."""
    times = {"startedAt": stamp(START - seconds), "finishedAt": stamp(START)}
    return {"exitCode": code, "reason": reason} | times


def stands(ended: Json, restarts: int, policy: str, own: str | None = None) -> Trace:
    """How a Pod of two containers stands of which one has ended and the other goes on."""
    story = Story()
    web, _, one = rollout(story)
    first = one["spec"]["containers"][0] | ({"restartPolicy": own} if own else {})
    more = {"restartPolicy": policy, "containers": [first, {"name": "d", "image": "d:1"}]}
    one["spec"] |= more
    going = status("d", running={"startedAt": stamp(START)})
    report(story, one, status("c", restarts, terminated=ended), going, phase="Running")
    return story.trace(web)


AGAIN: list[tuple[Json, int, str, str | None, str]] = [
    (ran(60), 0, "Always", None, "; 0 restarts so far, and the next attempt about 08:00:00 UTC."),
    (ran(60), 7, "Always", None, ", and the next attempt by about 08:05:00 UTC."),
    (ran(86400), 7, "Always", None, "7 restarts so far, and the next attempt about 08:00:00 UTC."),
    (ran(60), 0, "Never", None, "and restart policy Never does not ask for another start."),
    (ran(60), 0, "Always", "Never", "and restart policy Never does not ask for another start."),
    (ran(60), 0, "Never", "Always", "and the next attempt about 08:00:00 UTC."),
    (ran(1, 128, "StartError"), 0, "Never", None, "another start): exit code 128, StartError."),
]


@pytest.mark.parametrize(("ended", "restarts", "policy", "own", "words"), AGAIN)
def test_when_a_container_is_started_again_follows_from_its_policy_and_its_last_run(
    ended: Json, restarts: int, policy: str, own: str | None, words: str
) -> None:
    assert stands(ended, restarts, policy, own).summary.endswith(words)


def test_a_container_that_lost_a_process_to_memory_and_succeeded_is_no_trouble() -> None:
    assert stands(ran(60, 0), 0, "OnFailure").diagnosis is None
    assert stands(ran(60, 0), 0, "Always").diagnosis == "oom-killed"


def again(last: Json, policy: str = "Always", **event: Any) -> Step:
    """The report that a container runs again after this end, and what an Event says of that."""
    story = Story()
    _, _, one = rollout(story)
    one["spec"]["restartPolicy"] = policy
    report(story, one, status("c", running={"startedAt": stamp(START)}), phase="Running")
    if event:
        story.tell(one, "Killing", component="kubelet", **event)
    back = status("c", 1, running={"startedAt": stamp(START + 200)})
    report(story, one, back | {"lastState": {"terminated": last}}, phase="Running")
    return story.last(one)


LAST: Json = {
    "exitCode": 1,
    "reason": "Error",
    "startedAt": stamp(START + 100),
    "finishedAt": stamp(START + 190),
}
PROBE = "Container c failed liveness probe, will be restarted"
CHANGED = "Container c definition changed, will be restarted"
SIDECAR = "Init container c failed startup probe"


def at(seconds: float, until: float | None = None) -> Json:
    return {
        "firstTimestamp": stamp(START + seconds),
        "lastTimestamp": stamp(START + (seconds if until is None else until)),
    }


WHY: list[tuple[Json, str, dict[str, Any], str, str]] = [
    (LAST, "Always", {"message": PROBE} | at(185), f"Killing says: {PROBE}.", "reported"),
    (LAST, "Always", {"message": CHANGED} | at(185), f"Killing says: {CHANGED}.", "reported"),
    (LAST, "Always", {"message": SIDECAR} | at(185), f"Killing says: {SIDECAR}.", "reported"),
    (LAST, "Always", {"message": PROBE} | at(50), "as the Pod's restart policy Always", "inferred"),
    (LAST, "Always", {"message": PROBE, "count": 9} | at(50, 400), PROBE, "inferred"),
    (LAST, "OnFailure", {}, "as the Pod's restart policy OnFailure asks", "inferred"),
    (LAST | {"exitCode": 0}, "OnFailure", {}, "alone does not ask for that", "inferred"),
    (LAST, "Never", {}, "the Pod's sandbox was made anew.", "inferred"),
]


@pytest.mark.parametrize(("last", "policy", "event", "words", "grade"), WHY)
def test_why_a_container_runs_again_is_told_of_the_run_that_ended(
    last: Json, policy: str, event: dict[str, Any], words: str, grade: str
) -> None:
    step = again(last, policy, **event)
    assert words in step.why
    assert step.grades.why == grade


SHUT_DOWN = "Pod was terminated in response to imminent node shutdown."
ENDS: list[tuple[Json, dict[str, Any], str]] = [
    ({}, {"message": SIDECAR} | at(185), f"The kubelet's Event Killing says: {SIDECAR}."),
    ({}, {"message": SIDECAR} | at(50), "The process of container c ended."),
    ({"phase": "Succeeded", "message": SHUT_DOWN}, {}, f"The kubelet says: {SHUT_DOWN}"),
]


@pytest.mark.parametrize(("status_", "event", "why"), ENDS)
def test_why_a_container_ended_is_told_with_its_end(
    status_: Json, event: dict[str, Any], why: str
) -> None:
    story = Story()
    _, _, one = rollout(story)
    report(story, one, status("c", running={"startedAt": stamp(START + 100)}))
    if event:
        story.tell(one, "Killing", component="kubelet", **event)
    report(story, one, status("c", terminated=LAST), **status_)
    assert story.last(one).why == why


NO_PROCESS = [
    ("StartError", "exec: no such file", "The kubelet says: exec: no such file."),
    ("ContainerCannotRun", "", "The process of container c could not be started."),
    ("ContainerStatusUnknown", "x", "The kubelet did not find container c on its node, so "),
]


@pytest.mark.parametrize(("reason", "message", "why"), NO_PROCESS)
def test_no_process_ended_that_never_ran_or_is_not_found(
    reason: str, message: str, why: str
) -> None:
    story = Story()
    _, _, one = rollout(story)
    report(story, one, status("c", waiting={"reason": "ContainerCreating"}), phase="Pending")
    ended = {"exitCode": 128, "reason": reason, "message": message}
    report(story, one, status("c", terminated=ended), phase="Running")
    assert story.last(one).why.startswith(why)


@pytest.mark.parametrize("probe", [True, False])
def test_a_container_that_runs_later_has_no_startup_probe_that_succeeded(probe: bool) -> None:
    story = Story()
    _, _, one = rollout(story)
    second: Json = {"name": "d", "image": "d:1"}
    one["spec"]["containers"].append(second | ({"startupProbe": {}} if probe else {}))
    running = {"startedAt": stamp(START)}
    first = status("c", started=True, running=running)
    report(story, one, first, status("d", waiting={"reason": "ContainerCreating"}), phase="Running")
    report(story, one, first, status("d", started=True, running=running), phase="Running")
    assert ("The startup probe of container d succeeded" in story.last(one).why) is probe


UNREADY = [
    ("Readiness probe failed: 503", 0, "Event Unhealthy says: Readiness probe failed: 503."),
    ("Liveness probe failed: 503", 0, "or its kubelet was restarted and has not asked yet."),
    ("Readiness probe failed: 503", -3600, "or its kubelet was restarted and has not asked yet."),
]


@pytest.mark.parametrize(("message", "when", "words"), UNREADY)
def test_only_a_failure_of_now_of_its_readiness_makes_a_pod_unready(
    message: str, when: float, words: str
) -> None:
    story = Story()
    _, _, one = rollout(story)
    up = status("c", started=True, running={"startedAt": stamp(START)})
    ready = [condition("Ready", "True")]
    report(story, one, up | {"ready": True}, phase="Running", conditions=ready)
    story.tell(one, "Unhealthy", message, "kubelet", **at(when))
    report(story, one, up, phase="Running", conditions=[condition("Ready", "False")])
    assert story.last(one).why.endswith(words)


def test_a_kubelets_event_and_its_report_are_held_together_by_its_own_clock() -> None:
    story = Story()
    _, _, one = rollout(story)
    up = status("c", started=True, running={"startedAt": stamp(START)})
    report(
        story, one, up | {"ready": True}, phase="Running", conditions=[condition("Ready", "True")]
    )
    told = at(-3600)
    story.tell(one, "Unhealthy", "Readiness probe failed: 503", "kubelet", **told)
    lost = condition("Ready", "False") | {"lastTransitionTime": told["lastTimestamp"]}
    report(story, one, up, phase="Running", conditions=[lost])
    assert story.last(one).why.endswith("Event Unhealthy says: Readiness probe failed: 503.")


REPLACED = [("Container c resize requires restart", None), (CHANGED, None), ("", "crash-loop")]


@pytest.mark.parametrize("ready", [True, False])
@pytest.mark.parametrize(("message", "code"), REPLACED)
def test_a_container_that_was_ended_to_be_changed_is_no_crash(
    message: str, code: str | None, ready: bool
) -> None:
    story = Story()
    web, _, one = rollout(story)
    if message:
        story.tell(one, "Killing", message, "kubelet", lastTimestamp=stamp(START + 185))
    story.wait(200)
    back = status("c", 2, running={"startedAt": stamp(START + 200)})
    back |= {"ready": ready, "lastState": {"terminated": LAST | {"exitCode": 143}}}
    turned = condition("Ready", "True" if ready else "False")
    report(story, one, back, phase="Running", conditions=[turned])
    assert story.trace(web).diagnosis == code


@pytest.mark.parametrize(
    ("off", "words"), [(0, " (about 08:03:50 UTC)."), (-600, " after it ended."), (600, " ended.")]
)
@pytest.mark.parametrize("there", [False, True])
def test_a_time_by_a_clock_that_is_seen_to_be_wrong_is_not_told(
    off: float, words: str, there: bool
) -> None:
    story = Story()
    web, _, one = rollout(story)
    story.wait(195)
    wait = "back-off 40s restarting failed container=c"
    down = status("c", 3, waiting={"reason": "CrashLoopBackOff", "message": wait})
    down["lastState"] = {"terminated": LAST | {"finishedAt": stamp(START + 190 + off)}}
    if there:
        web = pod(None, "two", "node-1", creationTimestamp=stamp(START))
        story.exists(web | {"status": {"phase": "Running", "containerStatuses": [down]}})
    else:
        report(story, one, down, phase="Running")
    assert story.trace(web).summary.endswith(words)


def test_a_container_that_ends_with_its_sandbox_does_not_exit_of_itself() -> None:
    story = Story()
    web, _, one = rollout(story)
    told = "Pod sandbox changed, it will be killed and re-created."
    story.tell(one, "SandboxChanged", told, "kubelet", **at(60, 188))
    story.wait(195)
    wait = "back-off 40s restarting failed container=c"
    down = status("c", 3, waiting={"reason": "CrashLoopBackOff", "message": wait})
    down["lastState"] = {"terminated": LAST | {"exitCode": 0, "reason": "Completed"}}
    report(story, one, down, phase="Running")
    trace = story.trace(web)
    assert trace.diagnosis == "crash-loop"
    words = "was stopped with its sandbox, which had changed (exit code 0); 3 restarts so far"
    assert words in trace.summary
