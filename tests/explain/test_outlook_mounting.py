"""Volumes and sandboxes: the Event that tells why counts, not the newest one."""

from tests.explain.stories import Json, Story
from tests.explain.test_outlook_diagnoses import report, rollout, waiting

GENERAL = (
    "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[data x]: "
    "timed out waiting for the condition"
)
MULTI = 'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) web-0'


def creating(story: Story) -> tuple[Json, Json]:
    web, _, one = rollout(story)
    report(story, one, waiting("ContainerCreating"))
    return web, one


def test_why_a_volume_is_not_attached_counts_more_than_that_it_is_not_there() -> None:
    story = Story()
    web, one = creating(story)
    story.tell(one, "FailedAttachVolume", MULTI, "attachdetach-controller")
    story.tell(one, "FailedMount", GENERAL, "kubelet", count=3)
    trace = story.trace(web)
    assert (trace.holder, trace.diagnosis) == ("attachdetach-controller", "volume-pending")
    assert trace.summary == f"Pod web-1-a waits for a volume: {MULTI}."


def test_a_volume_that_is_attached_since_is_past_and_the_general_word_is_left() -> None:
    story = Story()
    web, one = creating(story)
    story.tell(one, "FailedAttachVolume", MULTI, "attachdetach-controller")
    done = 'AttachVolume.Attach succeeded for volume "pvc-1"'
    story.tell(one, "SuccessfulAttachVolume", done, "attachdetach-controller")
    assert story.trace(web).diagnosis is None
    story.tell(one, "FailedMount", GENERAL, "kubelet")
    trace = story.trace(web)
    assert (trace.holder, trace.diagnosis) == ("kubelet", "volume-pending")
    assert "timed out waiting for the condition" in trace.summary


def test_each_volume_that_fails_is_named_with_its_reason_once() -> None:
    story = Story()
    web, one = creating(story)
    nfs = 'MountVolume.SetUp failed for volume "nfs" : mount failed: exit status 32'
    for message in (nfs, f"(combined from similar events): {nfs}", MULTI):
        reason = "FailedAttachVolume" if message == MULTI else "FailedMount"
        story.tell(one, reason, message, "kubelet")
    trace = story.trace(web)
    assert trace.summary == f"Pod web-1-a waits for a volume: {MULTI}; and {nfs}."
    assert len(trace.diagnosis_evidence) == 2


def test_devices_that_cannot_be_prepared_are_told() -> None:
    story = Story()
    web, one = creating(story)
    why = "Failed to prepare dynamic resources: plugin gpu.example.com is not registered"
    story.tell(one, "FailedPrepareDynamicResources", why, "kubelet")
    trace = story.trace(web)
    assert trace.diagnosis == "start-failed"
    assert trace.summary.endswith(f"cannot be prepared: {why}.")
