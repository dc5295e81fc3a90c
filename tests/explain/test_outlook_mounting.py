"""Volumes and sandboxes: the Event that tells why counts, not the newest one."""

from tests.explain.stories import Json, Story
from tests.explain.test_outlook_diagnoses import report, rollout, waiting
from tests.explain.things import thing

GENERAL = (
    "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[data x]: "
    "timed out waiting for the condition"
)
OLD = (
    'Unable to mount volumes for pod "web-1-a_shop(1)": timeout expired waiting for volumes to '
    'attach or mount for pod "shop"/"web-1-a". list of unmounted volumes=[data]'
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
    for general in (GENERAL, OLD):
        story.tell(one, "FailedMount", general, "kubelet", count=3)
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


def test_the_time_that_a_mount_takes_begins_when_its_volume_is_attached() -> None:
    story = Story()
    web, _, one = rollout(story)
    one["spec"]["volumes"] = [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]
    report(story, one, waiting("ContainerCreating"))
    story.wait(1000)
    attached = 'AttachVolume.Attach succeeded for volume "pvc-1"'
    story.tell(one, "SuccessfulAttachVolume", attached, "attachdetach-controller")
    story.wait(100)
    story.exists(thing("Namespace", "tick"))
    assert story.trace(web).state == "running"


def test_each_volume_that_fails_is_named_with_its_reason_once() -> None:
    story = Story()
    web, one = creating(story)
    nfs = 'MountVolume.SetUp failed for volume "nfs" : mount failed: exit status 32'
    ran = (
        "Mounting command: mount\nMounting arguments: -t nfs a:/b /c\nOutput: mount.nfs: timed out"
    )
    for message in (f"{nfs}\n{ran}", f"(combined from similar events): {nfs}\n{ran}", MULTI):
        reason = "FailedAttachVolume" if message == MULTI else "FailedMount"
        story.tell(one, reason, message, "kubelet")
    trace = story.trace(web)
    assert (
        trace.summary
        == f"Pod web-1-a waits for a volume: {MULTI}; and {nfs}: mount.nfs: timed out."
    )
    assert len(trace.diagnosis_evidence) == 2


def test_devices_that_cannot_be_prepared_are_told() -> None:
    story = Story()
    web, one = creating(story)
    why = "Failed to prepare dynamic resources: plugin gpu.example.com is not registered"
    story.tell(one, "FailedPrepareDynamicResources", why, "kubelet")
    trace = story.trace(web)
    assert trace.diagnosis == "start-failed"
    assert trace.summary.endswith(f"cannot be prepared: {why}.")


def test_what_makes_the_network_says_beside_the_kubelet_why_there_is_no_sandbox() -> None:
    story = Story()
    web, one = creating(story)
    story.tell(one, "BranchAllocationFailed", "no interface is left", "vpc-resource-controller")
    story.tell(one, "FailedScheduling", "no instance type is large enough", "karpenter")
    story.tell(one, "FailedCreatePodSandBox", "add cmd: failed to assign an IP", "kubelet")
    trace = story.trace(web)
    assert trace.diagnosis == "sandbox-failed"
    assert trace.summary.endswith(
        "failed to assign an IP; vpc-resource-controller says: no interface is left."
    )


def test_what_runs_a_pod_may_say_in_its_status_that_it_cannot() -> None:
    """As a virtual kubelet does, which calls it pending while it tries again."""
    story = Story()
    web, _, one = rollout(story)
    told = {"reason": "ProviderFailed", "message": 'secrets "keys" not found'}
    report(story, one, **told)
    trace = story.trace(web)
    assert (trace.holder, trace.diagnosis) == ("kubelet", "start-failed")
    assert trace.summary == (
        'Pod web-1-a cannot be started (ProviderFailed): secrets "keys" not found.'
    )
