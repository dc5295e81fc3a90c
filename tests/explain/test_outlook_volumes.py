"""How PersistentVolumes stand, and claims that ask for more than their volume has."""

from typing import Any

import pytest

from tests.explain.stories import KCM, Json, Story
from tests.explain.test_outlook_stuck import later
from tests.explain.things import condition, pod, thing

CLAIMED = {"namespace": "shop", "name": "data", "uid": "uid-data"}
BUSY = "rpc error: code = Internal desc = volume is in use"


def volume(story: Story, phase: str, policy: str = "Delete", **spec: Any) -> Json:
    found = thing("PersistentVolume", "pv-1")
    del found["metadata"]["namespace"]
    found["spec"] = {"persistentVolumeReclaimPolicy": policy} | spec
    if phase:
        found["status"] = {"phase": phase}
    return story.create(found, "kubectl-create")


WELL = [
    ("Available", "Delete", {}, "complete", "PersistentVolume pv-1 may be claimed."),
    (
        "Available",
        "Delete",
        {"claimRef": CLAIMED},
        "complete",
        "PersistentVolume pv-1 is kept for PersistentVolumeClaim data of namespace shop.",
    ),
    (
        "Bound",
        "Delete",
        {"claimRef": CLAIMED},
        "complete",
        "PersistentVolume pv-1 is bound to PersistentVolumeClaim data of namespace shop.",
    ),
    (
        "Released",
        "Retain",
        {"claimRef": CLAIMED},
        "complete",
        (
            "PersistentVolume pv-1 is kept though PersistentVolumeClaim data of namespace shop is "
            "gone (reclaim policy Retain): no other claim gets it until "
            "spec.claimRef, or the uid there, is taken away."
        ),
    ),
    ("", "Delete", {}, "unknown", "PersistentVolume pv-1 does not say yet how it stands."),
]


@pytest.mark.parametrize(("phase", "policy", "spec", "state", "said"), WELL)
def test_a_volume_is_read_by_its_phase(
    phase: str, policy: str, spec: Json, state: str, said: str
) -> None:
    story = Story()
    trace = story.trace(volume(story, phase, policy, **spec))
    assert (trace.state, trace.summary, trace.diagnosis) == (state, said, None)


def test_a_volume_that_is_to_be_deleted_is_its_provisioners() -> None:
    story = Story()
    found = volume(story, "Released", claimRef=CLAIMED)
    trace = story.trace(found)
    assert (trace.state, trace.holder) == ("running", "custom-controller")
    story.tell(found, "VolumeFailedDelete", BUSY, "persistentvolume-controller")
    trace = story.trace(found)
    assert (trace.state, trace.diagnosis) == ("stalled", "terminating-slow")
    assert trace.summary == f"PersistentVolume pv-1 cannot be deleted: {BUSY}."


def claim(story: Story, asked: str = "20Gi", **status: Any) -> Json:
    spec = {"resources": {"requests": {"storage": asked}}, "volumeName": "pv-1"}
    found = thing("PersistentVolumeClaim", "data", spec=spec)
    found["status"] = {"phase": "Bound", "capacity": {"storage": "8Gi"}} | status
    return story.create(found, "kubectl-create")


OTHER = {"namespace": "shop", "name": "other", "uid": "uid-other"}
EARLIER = {"namespace": "shop", "name": "data", "uid": "uid-of-before"}
OWN = {"namespace": "shop", "name": "data"}
ASKED = [
    ("pv-2", OTHER, "asks for PersistentVolume pv-1, which does not exist."),
    ("pv-1", OTHER, "which is kept for PersistentVolumeClaim other of namespace shop."),
    ("pv-1", EARLIER, "which is kept for an earlier claim of this name."),
    ("pv-1", OWN, ""),
]


@pytest.mark.parametrize(("there", "claimed", "words"), ASKED)
def test_a_claim_that_asks_for_a_volume_by_name_says_why_it_does_not_get_that(
    there: str, claimed: Json, words: str
) -> None:
    story = Story("Event")
    pv = volume(story, "Bound", claimRef=claimed)
    if there != pv["metadata"]["name"]:
        story.delete(pv)
    found = claim(story, phase="Pending")
    later(story, 11.0)
    trace = story.trace(found)
    assert trace.holder == ("client" if words else "persistentvolume-controller")
    assert trace.summary.endswith(words)


def test_a_claim_that_cannot_grow_says_why() -> None:
    story = Story()
    found = claim(story)
    story.tell(found, "VolumeResizeFailed", "resize volume failed: no quota", "external-resizer")
    trace = story.trace(found)
    assert (trace.state, trace.diagnosis) == ("stalled", "volume-pending")
    assert trace.summary == (
        "PersistentVolumeClaim data cannot grow from 8Gi to 20Gi: resize volume failed: no quota."
    )


OVERCOME = [
    ("ExternalExpanding", "waiting for an external controller to expand this PVC"),
    ("FileSystemResizeRequired", "Require file system resize of volume on node"),
    ("VolumeResizeSuccessful", "Resize volume succeeded"),
]


@pytest.mark.parametrize(("reason", "said"), OVERCOME)
def test_a_resize_is_not_called_impossible_for_what_is_no_failure_or_is_overcome(
    reason: str, said: str
) -> None:
    story = Story()
    found = claim(story)
    if reason != "ExternalExpanding":
        story.tell(found, "VolumeResizeFailed", "context deadline exceeded", "external-resizer")
        story.wait(5)
    story.tell(found, reason, said, "external-resizer")
    trace = story.trace(found)
    assert (trace.state, trace.holder, trace.diagnosis) == ("running", "custom-controller", None)


def test_what_failed_before_is_not_said_of_what_is_asked_for_now() -> None:
    story = Story()
    found = claim(story)
    story.tell(found, "VolumeResizeFailed", "no volume is so large", "external-resizer")
    assert story.trace(found).state == "stalled"
    story.wait(60)
    less = {"spec": {"resources": {"requests": {"storage": "10Gi"}}}}
    story.change(found, less, "kubectl-patch")
    trace = story.trace(found)
    assert (trace.state, trace.diagnosis) == ("running", None)
    assert trace.waiting_for == "PersistentVolumeClaim data to grow from 8Gi to 10Gi"


def test_a_file_system_grows_where_a_pod_uses_it() -> None:
    story = Story("Pod")
    found = claim(story, conditions=[condition("FileSystemResizePending", "True")])
    trace = story.trace(found)
    assert (trace.state, trace.holder, trace.diagnosis) == ("running", "client", None)
    assert trace.waiting_for.startswith("a Pod to use PersistentVolumeClaim data")
    user = thing("Pod", "web", spec={"nodeName": "node-1", "containers": []})
    source = {"claimName": "data"}
    user["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": source}]
    story.create(user, "kubectl-create")
    later(story, 3600.0)
    trace = story.trace(found)
    assert (trace.state, trace.holder, trace.diagnosis) == ("running", "kubelet", None)
    assert trace.waiting_for == (
        "the file system of PersistentVolumeClaim data to grow, on the node of a Pod that uses it"
    )


def test_what_grows_a_volume_is_told_with_what_asked_for_it() -> None:
    story = Story("Pod")
    data = claim(story, "8Gi")
    claimed = CLAIMED | {"uid": data["metadata"]["uid"]}
    pv = volume(story, "Bound", claimRef=claimed, capacity={"storage": "8Gi"})
    more = {"spec": {"resources": {"requests": {"storage": "20Gi"}}}}
    asked = story.change(data, more, "kubectl-patch")
    trace = story.trace(asked)
    story.change(pv, {"spec": {"capacity": {"storage": "20Gi"}}}, "csi-resizer")
    grew = story.last(pv)
    assert (grew.actor, grew.actor_name, grew.trace) == (
        "custom-controller",
        "csi-resizer",
        trace.id,
    )
    assert grew.why == "PersistentVolumeClaim data asks for as much."
    story.change(data, {"status": {"capacity": {"storage": "20Gi"}}}, "kubelet", sub="status")
    assert (story.last(data).actor, story.last(data).trace) == ("kubelet", trace.id)
    story.change(pv, {"spec": {"capacity": {"storage": "30Gi"}}}, "csi-resizer")
    assert story.last(pv).actor == "custom-controller"
    story.change(pv, {"spec": {"capacity": {"storage": "40Gi"}}}, "kubectl-patch")
    assert story.last(pv).actor == "client"


def test_a_volume_is_released_and_a_claim_lost_as_the_other_is_gone() -> None:
    story = Story()
    data = story.exists(claim_of("data"))
    pv = volume(story, "Bound", claimRef=CLAIMED | {"uid": data["metadata"]["uid"]})
    story.delete(data)
    story.change(pv, {"status": {"phase": "Released"}}, KCM, sub="status")
    gone = "PersistentVolumeClaim data, to which it was bound, is gone."
    assert story.last(pv).why == gone
    other = story.exists(claim_of("other") | {"spec": {"volumeName": "pv-1"}})
    story.delete(pv)
    story.change(other, {"status": {"phase": "Lost"}}, KCM, sub="status")
    gone = "PersistentVolume pv-1, to which it was bound, is gone."
    assert story.last(other).why == gone


def test_a_claim_is_not_gone_for_good_while_its_volume_cannot_be_deleted() -> None:
    story = Story()
    data = story.exists(claim_of("data") | {"spec": {"volumeName": "pv-1"}})
    pv = volume(story, "Bound", claimRef=CLAIMED | {"uid": data["metadata"]["uid"]})
    gone = story.delete(data)
    story.change(pv, {"status": {"phase": "Released"}}, KCM, sub="status")
    story.tell(pv, "VolumeFailedDelete", BUSY, "ebs.csi.aws.com")
    trace = story.trace(gone)
    assert (trace.state, trace.diagnosis) == ("stalled", "terminating-slow")
    assert trace.summary == f"PersistentVolume pv-1 cannot be deleted: {BUSY}."
    story.delete(pv)
    assert story.trace(gone).state == "complete"


def claim_of(name: str) -> Json:
    return thing("PersistentVolumeClaim", name, status={"phase": "Bound"})


def test_a_volume_that_is_being_modified_is_waited_for() -> None:
    story = Story()
    found = claim(story, "8Gi", conditions=[condition("ModifyingVolume", "True")])
    trace = story.trace(found)
    assert (trace.state, trace.holder) == ("running", "custom-controller")
    assert "the attributes of its VolumeAttributesClass" in trace.waiting_for
    story.tell(found, "VolumeModifyFailed", "no such type", "external-resizer ebs.csi.aws.com")
    trace = story.trace(found)
    assert (trace.state, trace.diagnosis) == ("stalled", "volume-pending")
    assert trace.summary.endswith("cannot be modified as asked for: no such type.")


def test_a_claim_in_a_phase_that_nobody_knows_is_unknown() -> None:
    story = Story()
    trace = story.trace(claim(story, phase="Migrating"))
    assert trace.state == "unknown"
    assert trace.summary.endswith("The phase of this one is Migrating.")


def leaving(story: Story, phase: str = "Bound") -> Json:
    """A volume that is to go, and that is protected."""
    found = volume(story, phase, claimRef=CLAIMED)
    return story.mark(found, finalizers=["kubernetes.io/pv-protection"])


def test_a_volume_that_is_to_go_stays_while_a_claim_is_bound_to_it() -> None:
    story = Story()
    data = claim(story, "8Gi")
    found = leaving(story)
    trace = story.trace(found)
    assert (trace.state, trace.holder, trace.diagnosis) == ("stalled", "client", "finalizer-stuck")
    assert trace.summary == (
        "PersistentVolume pv-1 is to go and stays while PersistentVolumeClaim data of shop is "
        "bound to it, and nobody deletes that."
    )
    story.mark(data, finalizers=["kubernetes.io/pvc-protection"])
    trace = story.trace(found)
    assert (trace.state, trace.holder) == ("running", "pvc-protection-controller")


def test_that_nobody_deletes_a_claim_is_told_only_of_one_that_is_there() -> None:
    story = Story()
    found = leaving(story)
    trace = story.trace(found)
    assert (trace.state, trace.holder, trace.diagnosis) == ("stalled", "client", "finalizer-stuck")
    assert trace.summary == (
        "PersistentVolume pv-1 is to go and stays while PersistentVolumeClaim data of shop is "
        "bound to it."
    )
    story.delete(claim(story, "8Gi"))
    trace = story.trace(found)
    assert (trace.state, trace.holder) == ("running", "pv-protection-controller")


def test_what_protects_a_volume_that_no_claim_has_any_more_is_its_controllers() -> None:
    story = Story()
    found = leaving(story, "Released")
    trace = story.trace(found)
    assert (trace.state, trace.holder) == ("running", "pv-protection-controller")
    story.change(found, {"metadata": {"finalizers": []}}, "kube-controller-manager")
    assert story.last(found).actor == "pv-protection-controller"


UNLIKE = [
    ({"capacity": {"storage": "1Gi"}}, "has 1Gi and not the 8Gi that it asks for."),
    ({"capacity": {"storage": "9Gi"}, "storageClassName": "nfs"}, "and not of no StorageClass."),
    ({"capacity": {"storage": "9Gi"}}, ""),
]


@pytest.mark.parametrize(("spec", "words"), UNLIKE)
def test_a_claim_is_not_bound_to_a_volume_that_is_not_as_it_asks(spec: Json, words: str) -> None:
    story = Story("Event")
    volume(story, "Available", **spec)
    found = claim(story, "8Gi", phase="Pending")
    later(story, 11.0)
    trace = story.trace(found)
    assert trace.holder == ("client" if words else "persistentvolume-controller")
    assert trace.summary.endswith(words)


GATED: Json = {"schedulingGates": [{"name": "acme.example/quota"}]}
MADE: Json = {"volumes": [{"name": "data", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}}]}
NAMED: Json = {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "shop-data"}}]}
PLACED = "Pod shop, which uses PersistentVolumeClaim shop-data, to be placed"


@pytest.mark.parametrize(
    ("host", "spec", "goes", "holder", "says"),
    [
        ("", NAMED, False, "scheduler", PLACED),
        ("", MADE, False, "scheduler", PLACED),
        ("", NAMED | GATED, False, "unknown", PLACED),
        ("node-1", NAMED, True, "client", "a Pod that uses PersistentVolumeClaim shop-data: its"),
    ],
)
def test_a_claim_waits_for_the_pod_that_will_use_it(
    host: str, spec: Json, goes: bool, holder: str, says: str
) -> None:
    story = Story("Pod")
    data = thing("PersistentVolumeClaim", "shop-data", status={"phase": "Pending"})
    story.create(data, "kubectl-create")
    first = "waiting for first consumer to be created before binding"
    story.tell(data, "WaitForFirstConsumer", first, "persistentvolume-controller", type="Normal")
    user = pod(None, "shop", host)
    user["status"] = {"phase": "Pending"}
    user["spec"] |= spec
    story.create(user, "kubectl-create")
    if goes:
        story.mark(user, 30)
    trace = story.trace(data)
    assert trace.holder == holder
    assert trace.waiting_for is not None
    assert trace.waiting_for.startswith(says)


def test_a_claim_that_is_made_for_a_pod_is_told_once() -> None:
    story = Story("Pod")
    user = pod(None, "shop", "")
    user["spec"] |= MADE
    story.create(user, "kubectl-create")
    data = thing("PersistentVolumeClaim", "shop-data", owner=user, status={"phase": "Pending"})
    story.create(data, KCM)
    story.tell(data, "ProvisioningFailed", 'class "fast" not found', "persistentvolume-controller")
    unbound = "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."
    placed = condition("PodScheduled", "False", "Unschedulable", unbound)
    story.change(user, {"status": {"conditions": [placed]}}, "kube-scheduler", sub="status")
    assert story.trace(user).summary == (
        "Pod shop waits for PersistentVolumeClaim shop-data, which is not bound yet: "
        'class "fast" not found.'
    )
