"""How a Deployment's rollout stands, and who must move next.

Complete is what the Deployment controller itself calls complete: observed, all replicas updated,
none old, all available. Source: pkg/controller/deployment/util/deployment_util.go,
DeploymentComplete.
"""

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.shared import conventions
from eventstream.explain.controllers.shared.leaving import leaving
from eventstream.explain.controllers.shared.podcounts import PodCounts, creation
from eventstream.explain.controllers.shared.refusals import going, refused
from eventstream.explain.outlook.holding import Holding, Outlook, Trouble, pending, staged, troubled
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary import commands
from eventstream.explain.vocabulary.records import Stage
from eventstream.explain.world.pods import condition
from eventstream.explain.world.text import count, said_by, when
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image
from eventstream.objects.numbers import whole
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
        whole = _complete(done, began)
        left = _unsettled(snapshot, write) if began is None else []
        return pending(left, whole.stages, snapshot, "") if left else whole
    stages = _stages(write, new, counts, spec.replicas, status)
    holdings = _holdings(snapshot, write, new, counts, began)
    return pending(holdings, stages, snapshot, "Waiting for the Deployment controller to report.")


def _unsettled(snapshot: Snapshot, write: Write) -> list[Holding]:
    """Pods that have not gone yet, or are wrong, which the Deployment's status does not tell of."""
    owned = snapshot.children(write.log, "ReplicaSet")
    return [held for rs in owned for held in PodCounts(snapshot, rs).unsettled()]


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
    return whole(text) or 0


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
    since = when(began) if began is not None else when(write)
    if _held_by_pause(snapshot, write, new):
        return [_paused(write, since)]
    if new is None or counts is None or _is_older(write, new):
        return _unmade(snapshot, write, since)
    if new.image.metadata.deletion_timestamp:
        return _replaced(snapshot, new)
    found = counts.holdings()
    desired = getattr(new.image.spec, "replicas", 0)
    missing = creation(snapshot, new, "replicaset-controller", desired, len(counts.active))
    if missing is not None:
        found.append(missing)
    found.extend(_old(snapshot, write, new))
    ripening = counts.ripening(write)
    if not found and ripening is not None:
        found.append(ripening)
    hidden = conventions.unseen(snapshot, write, write.image.spec.replicas) if not found else None
    if hidden is not None:
        found.append(hidden)
    if not found:
        latest = max(when(write), when(new), counts.moved)
        name = write.image.metadata.name
        wait, waiting_for = "report-status", f"the status of Deployment {name} to follow"
        if unscaled := _unscaled(snapshot, write, new):
            wait, waiting_for = "scale-replicaset", unscaled
        found.append(Holding(_REPORT, _ACTOR, "", latest, waiting_for, wait=wait, about=write))
    return _with_deadline(write, found)


def _unscaled(snapshot: Snapshot, write: Write, new: Write) -> str:
    """What a Deployment's ReplicaSets are still to be brought to; empty where they ask for that.

    Sources: pkg/controller/deployment/rolling.go, reconcileNewReplicaSet, reconcileOldReplicaSets;
    pkg/controller/deployment/recreate.go, rolloutRecreate.
    """
    if snapshot.hides("ReplicaSet"):
        return ""
    name, desired = write.image.metadata.name, write.image.spec.replicas
    asked = {rs.log.uid: _asked(rs) for rs in snapshot.children(write.log, "ReplicaSet")}
    if sum(asked.values()) == _asked(new) == desired:
        return ""
    if write.image.spec.strategy.type == "Recreate" and desired:
        return f"a ReplicaSet for the newest Pod template of Deployment {name}, or its scaling"
    return f"the ReplicaSets of Deployment {name} to be scaled to what it asks for"


def _asked(replicaset: Write) -> int:
    return int(getattr(replicaset.image.spec, "replicas", 0))


def _is_older(write: Write, new: Write) -> bool:
    """Whether the controller has not seen the newest template yet, for which it makes another."""
    asked, made = write.image.spec.template, getattr(new.image.spec, "template", None)
    return not _observed(write) and made is not None and made.spec != asked.spec


def _replaced(snapshot: Snapshot, new: Write) -> list[Holding]:
    """The newest ReplicaSet is to go: until it has, nobody makes Pods for it, nor another one.

    Source: pkg/controller/replicaset/replica_set.go, syncReplicaSet (no Pods while it is being
    deleted); deployment_util.go, FindNewReplicaSet (which still finds it).
    """
    return list(leaving(snapshot, new).holdings)


def _held_by_pause(snapshot: Snapshot, write: Write, new: Write | None) -> bool:
    """Whether a pause is what keeps the rollout: while it holds, scaling still goes on.

    Source: pkg/controller/deployment/deployment_controller.go, syncDeployment (a paused one is
    only scaled, and no ReplicaSet is made for a new template).
    """
    spec, status = write.image.spec, write.image.status
    if not spec.paused:
        return False
    if new is None:
        return True
    if not _observed(write):
        return False
    if status.updated_replicas < getattr(new.image.status, "replicas", 0):
        return True  # The newest ReplicaSet is not of the present template.
    old = [rs for rs in snapshot.children(write.log, "ReplicaSet") if rs.log is not new.log]
    return any(getattr(rs.image.spec, "replicas", 0) for rs in old)


def _paused(write: Write, since: float) -> Holding:
    name = write.image.metadata.name
    detail = f"Deployment {name} is paused: nothing is rolled out until somebody resumes it."
    shown = [proofs.seen(write, f"spec.paused of Deployment {name} is true")]
    progressing = condition(write.image, "Progressing")
    if progressing is not None and progressing.reason == "DeploymentPaused":
        shown.append(proofs.says(write, progressing))
    wrong = Trouble(
        "paused", detail, tuple(shown), commands.describe(write), commands.resume(write)
    )
    waiting_for = f"Deployment {name} to be resumed"
    return troubled(Holding(0, "client", "", since, waiting_for, about=write), wrong)


def _unmade(snapshot: Snapshot, write: Write, since: float) -> list[Holding]:
    """No ReplicaSet yet, and why not, where the API server refuses it.

    Source: pkg/controller/deployment/sync.go, getNewReplicaSet (ReplicaSetCreateError).
    """
    waiting_for = f"a ReplicaSet for Deployment {write.image.metadata.name}"
    plain = Holding(_OBSERVE, _ACTOR, "", since, waiting_for, wait="create-replicaset", about=write)
    found = condition(write.image, "Progressing")
    if found is None or found.reason != "ReplicaSetCreateError":
        hidden = conventions.unseen(snapshot, write, write.image.spec.replicas)
        if hidden is not None:
            return _with_deadline(write, [_hidden(snapshot, write, hidden)])
        return [going(snapshot, write, _OBSERVE) or plain]
    notes = snapshot.notes(write.log, "ReplicaSetCreateError")[:1]
    evidence = (proofs.says(write, found), *proofs.events(notes))
    message = said_by(found.message, found.reason)
    return [troubled(plain, refused(snapshot, write, "The ReplicaSet", message, evidence))]


def _hidden(snapshot: Snapshot, write: Write, hidden: Holding) -> Holding:
    """The wait for Pods that are not shown, and what the Deployment says keeps them from coming.

    Source: pkg/controller/deployment/sync.go, calculateStatus (its ReplicaSets' ReplicaFailure).
    """
    failure = condition(write.image, "ReplicaFailure")
    if failure is None or failure.status != "True":
        return hidden
    message = said_by(failure.message, failure.reason)
    evidence = (proofs.says(write, failure),)
    held = msgspec.structs.replace(hidden, actor="replicaset-controller", works=False)
    return troubled(held, refused(snapshot, write, "A Pod", message, evidence))


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
        found.extend(h for h in counts.holdings() if h.stops)
    return found


def _with_deadline(write: Write, found: list[Holding]) -> list[Holding]:
    """progressDeadlineSeconds has passed: a code of its own, unless a Pod says more.

    Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#failed-deployment
    """
    progressing = condition(write.image, "Progressing")
    if progressing is None or progressing.reason != "ProgressDeadlineExceeded":
        return found
    said = proofs.says(write, progressing)
    first = min(found, key=lambda h: (not h.diagnosis, h.rank, h.since))
    if first.diagnosis:
        late = msgspec.structs.replace(first, evidence=(*first.evidence, said))
    else:
        name = write.image.metadata.name
        seconds = write.image.spec.progress_deadline_seconds
        much = f" of {count(seconds, 'second')}" if seconds is not None else ""
        detail = (
            f"Deployment {name} made no progress within its deadline{much}: "
            f"still waiting for {first.waiting_for}."
        )
        wrong = Trouble("deadline-exceeded", detail, (said,), commands.describe(write))
        late = troubled(first, wrong)
    return [late, *(holding for holding in found if holding is not first)]
