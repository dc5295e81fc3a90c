"""What is ended by force: finalizers that a client takes away, whatever they wait for."""

import pytest

from tests.explain.stories import Json, Story
from tests.explain.things import POD_FINALIZER, condition, deployment, job, pod, replicaset, thing


def user(**how: object) -> Json:
    """A Pod that has the claim data as a volume."""
    found = pod(None, "user", str(how.get("node", "node-1")))
    volume = {"name": "v", "persistentVolumeClaim": {"claimName": how.get("claim", "data")}}
    found["spec"] = found["spec"] | {"volumes": [volume]}
    found["status"]["phase"] = how.get("phase", "Running")
    return found


@pytest.mark.parametrize(
    ("using", "actor"),
    [
        ({}, "unknown"),
        ({"node": ""}, "pvc-protection-controller"),
        ({"phase": "Succeeded"}, "unknown"),
        ({"claim": "other"}, "pvc-protection-controller"),
    ],
)
def test_a_claim_that_goes_while_a_pod_has_it_may_have_been_let_go_by_force(
    using: Json, actor: str
) -> None:
    story = Story()
    claim = thing("PersistentVolumeClaim", "data", status={"phase": "Bound"})
    held = claim["metadata"]["finalizers"] = ["kubernetes.io/pvc-protection"]
    story.exists(claim)
    story.exists(user(**using))
    story.mark(claim, finalizers=held)
    story.delete(claim)
    assert story.last(claim).actor == actor


@pytest.mark.parametrize(
    ("phase", "actor"), [("Bound", "unknown"), ("Released", "pv-protection-controller")]
)
def test_a_volume_that_goes_while_it_is_bound_may_have_been_let_go_by_force(
    phase: str, actor: str
) -> None:
    story = Story()
    volume = thing("PersistentVolume", "pv-1", status={"phase": phase})
    held = volume["metadata"]["finalizers"] = ["kubernetes.io/pv-protection"]
    story.exists(volume)
    story.mark(volume, finalizers=held)
    story.delete(volume)
    assert story.last(volume).actor == actor


IGNORES = {"podFailurePolicy": {"rules": [{"action": "Ignore"}]}}
NOT_COUNTED = [
    (IGNORES, "0", "or passed over it as its podFailurePolicy asks"),
    ({}, "3", "The Pod is of index 3, and its Job counts only those below 3."),
    ({}, "2", "It has counted the finished Pod"),
]


@pytest.mark.parametrize(("spec", "index", "why"), NOT_COUNTED)
def test_a_job_does_not_count_each_pod_that_ended(spec: Json, index: str, why: str) -> None:
    story = Story()
    once = story.exists(job(completions=3, **spec))
    one = pod(once, "once-a", finalizers=[POD_FINALIZER])
    one["metadata"]["annotations"] = {"batch.kubernetes.io/job-completion-index": index}
    one["status"]["phase"] = "Failed"
    story.exists(one)
    story.change(one, {"metadata": {"finalizers": []}})
    assert why in story.last(one).why


@pytest.mark.parametrize(
    ("status", "ends", "marked", "actor", "why"),
    [
        (None, "", False, "unknown", "its Job goes on."),
        (None, "", True, "job-controller", "its Job counts it as failed, or is to end"),
        ("Failed", "", False, "job-controller", "It has counted the finished Pod"),
        (None, "FailureTarget", False, "job-controller", "Job once is to end"),
    ],
)
def test_a_jobs_pod_is_let_go_for_what_its_controller_goes_by(
    status: str | None, ends: str, marked: bool, actor: str, why: str
) -> None:
    story = Story()
    once = job(completions=3)
    once["status"] = {"conditions": [condition(ends, "True")] if ends else []}
    story.exists(once)
    one = pod(once, "once-a", finalizers=[POD_FINALIZER])
    one["status"]["phase"] = status or "Running"
    story.exists(one)
    if marked:
        story.mark(one, 30, [POD_FINALIZER])
    story.change(one, {"metadata": {"finalizers": []}})
    step = story.last(one)
    assert step.actor == actor
    assert why in step.why


@pytest.mark.parametrize(
    ("spec", "actor", "why"),
    [
        ({"suspend": True}, "job-controller", "Job once is suspended, and does not count a Pod"),
        ({"parallelism": 0}, "job-controller", "Job once runs more Pods than it may now"),
        ({"parallelism": 1}, "unknown", "its Job goes on."),
    ],
)
def test_a_job_lets_a_pod_go_before_it_stops_it(spec: Json, actor: str, why: str) -> None:
    story = Story()
    once = story.exists(job(completions=3))
    one = story.exists(pod(once, "once-a", finalizers=[POD_FINALIZER]))
    story.change(once, {"spec": spec}, "kubectl-patch")
    story.change(one, {"metadata": {"finalizers": []}})
    step = story.last(one)
    assert step.actor == actor
    assert why in step.why


@pytest.mark.parametrize(
    ("spec", "failed", "restarts", "actor"),
    [
        ({}, 0, 0, "unknown"),
        ({}, 1, 0, "job-controller"),
        ({}, 0, 1, "job-controller"),
        ({"activeDeadlineSeconds": 9}, 0, 0, "job-controller"),
    ],
)
def test_a_job_that_may_just_have_failed_may_let_its_pods_go(
    spec: Json, failed: int, restarts: int, actor: str
) -> None:
    story = Story()
    once = job(completions=3, **spec)
    once["status"] = {"failed": failed}
    story.exists(once)
    one = pod(once, "once-a", finalizers=[POD_FINALIZER])
    one["status"]["containerStatuses"][0]["restartCount"] = restarts
    story.exists(one)
    story.change(one, {"metadata": {"finalizers": []}})
    step = story.last(one)
    assert step.actor == actor
    assert ("seems to be about to end" in step.why) == (actor == "job-controller")


def test_a_deletion_that_ends_before_its_dependents_may_have_been_forced() -> None:
    story = Story()
    web = story.exists(deployment())
    story.exists(replicaset(web))
    story.mark(web, finalizers=["foregroundDeletion"])
    story.delete(web)
    step = story.last(web)
    assert (
        step.what
        == "A client ended the deletion of Deployment web before its dependents were gone."
    )
    assert "or its finalizer was taken away" in step.why
