"""What the Deployment controller does to ReplicaSets: creates, scales and annotates them."""

from eventstream.explain import sources
from eventstream.explain.attribution import Writer
from eventstream.explain.records import Loop
from eventstream.explain.rules import evidence
from eventstream.explain.rules.clients import told_changes
from eventstream.explain.text import count, named, seen
from eventstream.explain.verdict import Verdict
from eventstream.explain.world import View
from eventstream.explain.writes import Write
from eventstream.objects.images import OwnerReference
from eventstream.objects.observations import Change
from eventstream.objects.workloads import DeploymentSpec

_ACTOR = "deployment-controller"


def created_replicaset(view: View, who: Writer) -> Verdict | None:
    """Steps 4 to 6: no ReplicaSet had the Deployment's Pod template, so one was created."""
    write = view.write
    owner = write.image.metadata.controller
    if write.change.type != "ADDED" or owner is None or owner.kind != "Deployment":
        return None
    if who.known and not who.built_in:
        return None
    cause = _lost(view, owner.uid) or view.last_spec_change(owner.uid)
    desired = getattr(write.image.spec, "replicas", 0)
    notes = _scaling_notes(view, owner.uid, write)
    return Verdict(
        rule="replicaset-created",
        actor=_ACTOR,
        actor_name=who.manager,
        verb="create",
        what=(
            f"The Deployment controller created {named(write.image)} for Deployment {owner.name}, "
            f"asking for {count(desired, 'Pod')}."
        ),
        why=(
            f"It received {seen(cause)} and found no ReplicaSet with that Pod template."
            if cause
            else f"Deployment {owner.name} had no ReplicaSet with its Pod template."
        ),
        who_grade="reported" if who.known or notes else "inferred",
        why_grade="reported" if notes else "inferred",
        causes=(cause,) if cause else (),
        evidence=(
            evidence.saw(write),
            *evidence.managed(who),
            *evidence.owned(write),
            *evidence.all_told(notes, "who"),
            evidence.sequence(
                "only the Deployment controller creates a Deployment's ReplicaSets", "who"
            ),
        ),
        source_url=sources.DEPLOYMENT_SYNC,
        loop=Loop(
            f"{seen(cause)}" if cause else f"Deployment {owner.name}",
            "1 ReplicaSet for this Pod template desired, 0 exist",
            f"created {write.image.metadata.name} with {count(desired, 'replica')}",
            1,
            0,
        ),
        documented=(4,),
        documented_store=(5,),
        documented_broadcast=(6,),
    )


def _lost(view: View, deployment: str) -> Write | None:
    """The end of a ReplicaSet of the present Pod template, if that is what has to be replaced."""
    spec = view.last_spec_change(deployment)
    ends = [
        latest
        for child in view.children(deployment)
        if (latest := child.at(view.order)) is not None
        and latest.gone
        and latest.image.metadata.name == view.write.image.metadata.name
        and (spec is None or latest.order > spec.order)
    ]
    return max(ends, key=lambda end: end.order, default=None)


def changed_replicaset(view: View, who: Writer) -> Verdict | None:
    """The Deployment controller scaled a ReplicaSet, or copied its bookkeeping to it."""
    write = view.write
    owner = write.image.metadata.controller
    if write.change.type != "MODIFIED" or owner is None or owner.kind != "Deployment":
        return None
    if who.manager != "kube-controller-manager" or who.subresource:
        return None
    cause = _scaling_cause(view, owner.uid)
    before, after = _replicas(write.before), _replicas(write.image)
    scaled = before is not None and after is not None and before != after
    notes = _scaling_notes(view, owner.uid, write) if scaled else []
    if scaled:
        act = f"scaled {named(write.image)} from {before} to {count(after or 0, 'Pod')}"
    else:
        act = f"updated {named(write.image)}: {told_changes(write.changes)}"
    return Verdict(
        rule="replicaset-scaled" if scaled else "replicaset-updated",
        actor=_ACTOR,
        actor_name=who.manager,
        verb="update",
        what=f"The Deployment controller {act}.",
        why=_scaling_why(view, cause, owner),
        who_grade="reported",
        why_grade="inferred" if cause else "unknown",
        causes=(cause,) if cause else (),
        evidence=(
            evidence.saw(write),
            *evidence.managed(who),
            *evidence.owned(write),
            *evidence.all_told(notes, "who"),
        ),
        source_url=sources.DEPLOYMENT_ROLLING,
        loop=Loop(
            seen(cause) if cause else f"Deployment {owner.name}",
            f"{after} desired in this ReplicaSet, it asked for {before}"
            if scaled
            else "the ReplicaSet's bookkeeping with the Deployment's",
            act,
            after if scaled else None,
            before if scaled else None,
        ),
    )


def _scaling_cause(view: View, deployment: str) -> Write | None:
    """The Deployment's new desired state, if not acted on yet; else the latest news of Pods.

    rolling.go scales a step at a time: each further step waits for the counts of the ReplicaSets.
    """
    spec = view.last_spec_change(deployment)
    floor = spec.order if spec else -1
    acted = -1
    newest: Write | None = None
    for child in view.children(deployment):
        for write in view.backwards(child.uid):
            if write.order <= floor:
                break
            rule = write.verdict.rule if write.verdict else ""
            if rule in ("replicaset-created", "replicaset-scaled", "replicaset-updated"):
                acted = max(acted, write.order)
            elif rule == "status-reported" and (newest is None or write.order > newest.order):
                newest = write
    if acted < 0 or newest is None:
        return spec
    return newest


def _scaling_why(view: View, cause: Write | None, deployment: OwnerReference) -> str:
    if cause is None:
        return f"What made it act on Deployment {deployment.name} was not seen."
    if cause.image.kind == "Deployment":
        return f"It received {seen(cause)}, whose desired state differed."
    return (
        f"It received {seen(cause)}, which moved the counts that the rollout of "
        f"Deployment {deployment.name} waits for.{_bounds(view, deployment)}"
    )


def _bounds(view: View, deployment: OwnerReference) -> str:
    """How far the rollout may stray from the desired count, in Pods.

    Source: pkg/controller/deployment/util/deployment_util.go, ResolveFenceposts.
    """
    latest = view.latest(deployment.uid)
    spec = latest.image.spec if latest is not None else None
    if not isinstance(spec, DeploymentSpec) or spec.strategy.rolling_update is None:
        return ""
    rolling = spec.strategy.rolling_update
    surge = _share(rolling.max_surge, spec.replicas, up=True)
    missing = _share(rolling.max_unavailable, spec.replicas, up=False)
    if surge is None or missing is None:
        return ""
    missing = missing or int(not surge)
    most, least = count(spec.replicas + surge, "Pod"), max(spec.replicas - missing, 0)
    return f" At most {most} may exist, and at least {least} must be available."


def _share(value: int | str | None, total: int, *, up: bool) -> int | None:
    """A number of Pods, or a percentage of `total` rounded up or down; None where it is neither."""
    if isinstance(value, int):
        return value
    percent = (value or "").removesuffix("%")
    if not percent.isdigit():
        return None
    return -(-int(percent) * total // 100) if up else int(percent) * total // 100


def _scaling_notes(view: View, deployment: str, write: Write) -> list[Change]:
    scaled = f" to {_replicas(write.image)}"
    return [
        note
        for note in view.notes(deployment, "ScalingReplicaSet")
        if scaled in (note.after.spec.message or "")
    ]


def _replicas(image: object) -> int | None:
    value = getattr(getattr(image, "spec", None), "replicas", None)
    return value if isinstance(value, int) else None
