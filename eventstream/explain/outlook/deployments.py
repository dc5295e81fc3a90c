"""How a Deployment's rollout stands, and who must move next.

Complete is what the Deployment controller itself calls complete: observed, all replicas updated,
none old, all available. Source: pkg/controller/deployment/util/deployment_util.go,
DeploymentComplete.
"""

import msgspec

from eventstream.explain.outlook.holding import Holding, Outlook, pending, staged
from eventstream.explain.outlook.replicasets import PodCounts, creation
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.pods import condition
from eventstream.explain.records import Stage
from eventstream.explain.text import count, sentence
from eventstream.explain.times import when
from eventstream.explain.writes import Write
from eventstream.objects.images import Image
from eventstream.objects.workloads import DeploymentSpec, DeploymentStatus

_ACTOR = "deployment-controller"
_REVISION = "deployment.kubernetes.io/revision"
_OBSERVE, _REPORT = 1, 7


def complete(image: Image) -> bool:
    """Whether the Deployment controller has reported this desired state as reached."""
    spec, status = image.spec, image.status
    if not isinstance(spec, DeploymentSpec) or not isinstance(status, DeploymentStatus):
        return False
    return (
        status.observed_generation >= (image.metadata.generation or 0)
        and status.updated_replicas == spec.replicas
        and status.replicas == spec.replicas
        and status.available_replicas == spec.replicas
    )


def assess(snapshot: Snapshot, write: Write, began: Write | None) -> Outlook:
    """The outlook of a Deployment that exists; `write` is its newest version."""
    spec, status = write.image.spec, write.image.status
    if not isinstance(spec, DeploymentSpec) or not isinstance(status, DeploymentStatus):
        return Outlook("running", "The Deployment is not as the API documents it; see its flags.")
    new = _new_replicaset(snapshot, write)
    counts = PodCounts(snapshot, new) if new else None
    done = _completion(snapshot, write, began)
    if done is not None and not (counts and counts.unproven()):
        return _complete(done, began)
    stages = _stages(write, new, counts, spec.replicas, status)
    holdings = _holdings(snapshot, write, new, counts, began)
    return pending(holdings, stages, snapshot, "Waiting for the Deployment controller to report.")


def _completion(snapshot: Snapshot, write: Write, began: Write | None) -> Write | None:
    """The version that completed what this trace began, if it still stands."""
    if began is None or began.log is not write.log:
        return write if complete(write.image) else None
    return snapshot.settled_at(write.log, began, lambda later: complete(later.image))


def _complete(done: Write, began: Write | None) -> Outlook:
    replicas = done.image.spec.replicas
    took = ""
    if began is not None:
        took = f" after {_duration(done.change.at - began.change.at)}"
    stages = tuple(
        Stage(name, "done", total, total)
        for name, total in zip(_STAGES, (1, 1, *([replicas] * 5)), strict=True)
    )
    summary = f"{replicas} of {count(replicas, 'Pod')} available{took}."
    return Outlook("complete", summary, (), stages, when(done))


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _new_replicaset(snapshot: Snapshot, write: Write) -> Write | None:
    """The ReplicaSet of the newest revision. Source: deployment_util.go, FindNewReplicaSet."""
    owned = list(snapshot.children(write.log, "ReplicaSet"))
    return max(owned, key=lambda rs: (_revision(rs.image), rs.order), default=None)


def _revision(image: Image) -> int:
    text = (image.metadata.annotations or {}).get(_REVISION, "")
    return int(text) if text.isdigit() else 0


_STAGES = ("stored", "ReplicaSet", "Pods", "scheduled", "started", "ready", "available")


def _stages(
    write: Write,
    new: Write | None,
    counts: PodCounts | None,
    desired: int,
    status: DeploymentStatus,
) -> tuple[Stage, ...]:
    created = len(counts.active) if counts else 0
    available = min(status.available_replicas, status.updated_replicas, desired)
    if not _observed(write) or (counts and counts.unproven()):
        available = min(available, max(desired - 1, 0))
    totals = (
        (1, 1),
        (1 if new else 0, 1),
        (min(created, desired), desired),
        (min(counts.scheduled, desired) if counts else 0, desired),
        (min(counts.started, desired) if counts else 0, desired),
        (min(counts.ready, desired) if counts else 0, desired),
        (available, desired),
    )
    return staged(
        [(name, done, total) for name, (done, total) in zip(_STAGES, totals, strict=True)]
    )


def _observed(write: Write) -> bool:
    status = write.image.status
    return bool(status.observed_generation >= (write.image.metadata.generation or 0))


def _holdings(
    snapshot: Snapshot,
    write: Write,
    new: Write | None,
    counts: PodCounts | None,
    began: Write | None,
) -> list[Holding]:
    name = write.image.metadata.name
    since = when(began) if began is not None else when(write)
    if write.image.spec.paused:
        detail = f"Deployment {name} is paused: nothing is rolled out until somebody resumes it."
        return [
            Holding(0, "client", "", since, f"Deployment {name} to be resumed", "paused", detail)
        ]
    if new is None or counts is None:
        waiting_for = f"a ReplicaSet for Deployment {name}"
        return [Holding(_OBSERVE, _ACTOR, "", since, waiting_for, wait="create-replicaset")]
    found = counts.holdings()
    desired = getattr(new.image.spec, "replicas", 0)
    missing = creation(snapshot, new, "replicaset-controller", desired, len(counts.active))
    if missing is not None:
        found.append(missing)
    found.extend(_old(snapshot, write, new))
    ripening = counts.ripening(write)
    if not found and ripening is not None:
        found.append(ripening)
    if not found:
        latest = max(when(write), when(new), counts.moved)
        waiting_for = f"the status of Deployment {name} to follow"
        found.append(Holding(_REPORT, _ACTOR, "", latest, waiting_for, wait="report-status"))
    return _with_deadline(write, found)


def _old(snapshot: Snapshot, write: Write, new: Write) -> list[Holding]:
    """Pods of older ReplicaSets that are still to go."""
    found: list[Holding] = []
    for owned in snapshot.children(write.log, "ReplicaSet"):
        if owned.log is new.log:
            continue
        counts = PodCounts(snapshot, owned)
        desired = getattr(owned.image.spec, "replicas", 0)
        extra = creation(snapshot, owned, "replicaset-controller", desired, len(counts.active))
        if extra is not None and len(counts.active) > desired:
            found.append(extra)
        found.extend(h for h in counts.holdings() if "to stop" in h.waiting_for)
    return found


def _with_deadline(write: Write, found: list[Holding]) -> list[Holding]:
    """progressDeadlineSeconds has passed: said by the controller, unless a Pod says more."""
    progressing = condition(write.image, "Progressing")
    late = progressing is not None and progressing.reason == "ProgressDeadlineExceeded"
    if not late or any(holding.diagnosis for holding in found):
        return found
    message = (progressing.message if progressing else "") or "progress deadline exceeded"
    first = min(found, key=lambda holding: (holding.rank, holding.since))
    return [
        msgspec.structs.replace(
            first,
            diagnosis="deadline-exceeded",
            detail=f"{sentence(message)} Still waiting for {first.waiting_for}.",
        ),
        *(holding for holding in found if holding is not first),
    ]
