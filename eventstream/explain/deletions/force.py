"""Whether what a finalizer of Kubernetes' own waits for was so when it went.

A client that forces an object to go takes its finalizers away whatever they wait for, and a mere
removal names nobody.
"""

from eventstream.explain.vocabulary.registry import title
from eventstream.explain.world.pods import (
    claim_names,
    containers,
    has_ended,
    is_true,
    node_of,
    phase,
)
from eventstream.explain.world.text import named
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image

TRACKING = "batch.kubernetes.io/job-tracking"


def doubt(view: View, lost: tuple[str, ...], before: Image, actor: str) -> str:
    """Who else took finalizers of Kubernetes' own, in words; empty where what they wait for is so.

    Sources: pkg/controller/volume/pvcprotection/pvc_protection_controller.go,
    podUsesPVCForDeletion; pkg/controller/volume/pvprotection/pv_protection_controller.go,
    isBeingUsed; pkg/controller/job/job_controller.go, canRemoveFinalizer, isPodFailed.
    """
    who = f"A client by force, or the {title(actor)}"
    if "kubernetes.io/pvc-protection" in lost and (user := _user(view)) is not None:
        return f"{who}: {named(user.image)} was still there, and had the claim as a volume."
    if "kubernetes.io/pv-protection" in lost and getattr(before.status, "phase", "") == "Bound":
        return f"{who}: the volume was bound to a claim."
    if TRACKING in lost and not _counts(view, before):
        return f"{who}: the Pod had not ended, nobody had deleted it, and its Job goes on."
    return ""


def _user(view: View) -> Write | None:
    """A Pod with a node that has the claim as a volume: while it is there, be it ended."""
    metadata = view.write.image.metadata
    for log in view.world.places.inhabitants(metadata.namespace):
        pod = log.at(view.order) if log.ref.kind == "Pod" else None
        if pod is None or pod.gone or not node_of(pod.image):
            continue
        if metadata.name in claim_names(pod.image):
            return view.latest(log.uid)
    return None


def _counts(view: View, pod: Image) -> bool:
    """Whether a Job's controller had a reason to let go of its Pod."""
    owner = pod.metadata.controller
    job = view.latest(owner.uid) if owner is not None else None
    if has_ended(pod) or job is None or job.gone or view.missed(job.log.uid) or ends(job.image):
        return True
    return bool(pod.metadata.deletion_timestamp or stops(view, job) or _may_end(view, job))


def ends(job: Image) -> bool:
    """Whether a Job is over, or about to be, or to go."""
    return bool(job.metadata.deletion_timestamp) or any(is_true(job, name) for name in _ENDS)


def stops(view: View, job: Write) -> str:
    """Why a Job that goes on stops Pods, which it lets go before it deletes them; else empty.

    Source: pkg/controller/job/job_controller.go, deleteJobPods.
    """
    spec, status = job.image.spec, job.image.status
    if getattr(spec, "suspend", False):
        return "is suspended"
    allowed, completions = (getattr(spec, name, None) for name in ("parallelism", "completions"))
    if completions is not None and allowed is not None:
        allowed = min(allowed, completions - (getattr(status, "succeeded", 0) or 0))
    many = allowed is not None and view.family(job.log.uid).count_active(view.order) > allowed
    return "runs more Pods than it may now" if many else ""


def _may_end(view: View, job: Write) -> bool:
    """Whether its controller may just have found out that it has failed, which it reports later."""
    if getattr(job.image.spec, "active_deadline_seconds", None) is not None:
        return True
    if getattr(job.image.status, "failed", 0):
        return True
    pods = [pod for child in view.children(job.log.uid) if (pod := child.at(view.order))]
    return any(
        phase(pod.image) == "Failed" or any(c.restart_count for c in containers(pod.image))
        for pod in pods
    )


_ENDS = ("Complete", "Failed", "FailureTarget", "SuccessCriteriaMet")
