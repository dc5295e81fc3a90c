"""What the Deployment controller does to ReplicaSets: creates, scales, annotates, deletes."""

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.deployment import rollouts
from eventstream.explain.controllers.shared.revisions import present_children
from eventstream.explain.deletions.deciding import Housekeeper
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.vocabulary.registry import CONTROLLER_MANAGER
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.text import count, named, seen, told_changes
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.images import Image, OwnerReference
from eventstream.objects.numbers import whole
from eventstream.objects.observations import Change

_ACTOR = "deployment-controller"


def created_replicaset(view: View, who: Writer) -> Verdict | None:
    """Steps 4 to 6: no ReplicaSet had the Deployment's Pod template, so one was created."""
    write = view.write
    owner = write.image.metadata.controller
    if write.change.type != "ADDED" or owner is None or owner.kind != "Deployment":
        return None
    if who.known and not who.built_in:
        return None
    lost, gone = _lost(view, owner.uid), _emptied(view, owner.uid)
    cause = lost or gone or view.last_spec_change(owner.uid)
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
        why=_why_new(view, cause, owner),
        who_grade="reported" if who.known or notes else "inferred",
        why_grade="reported" if notes else "inferred",
        causes=(cause,) if cause else (),
        evidence=(
            proofs.saw(write),
            *proofs.managed(who),
            *proofs.owned(write),
            *proofs.all_told(notes, "who"),
            proofs.sequence(
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


def _why_new(view: View, cause: Write | None, owner: OwnerReference) -> str:
    if cause is None:
        return f"Deployment {owner.name} had no ReplicaSet with its Pod template."
    if cause.image.kind == "Pod":
        return (
            f"It received {seen(cause)}, the last Pod of the old template: with strategy Recreate "
            "the new ReplicaSet comes after all of them are gone."
        )
    found = f"It received {seen(cause)} and found no ReplicaSet with that Pod template."
    room = rollouts.room(view, owner.uid)
    return found + rollouts.reckoned(view, owner.uid) if room and room.asked else found


def _emptied(view: View, deployment: str) -> Write | None:
    """With strategy Recreate: the end of the last Pod of the old template, if one ended.

    Source: pkg/controller/deployment/recreate.go, rolloutRecreate.
    """
    spec = view.last_spec_change(deployment)
    strategy = getattr(spec.image.spec, "strategy", None) if spec is not None else None
    if spec is None or getattr(strategy, "type", "") != "Recreate":
        return None
    ends = [
        latest
        for child in view.children(deployment)
        for pod in view.children(child.uid)
        if (latest := pod.at(view.order)) and latest.gone and latest.order > spec.order
    ]
    return max(ends, key=lambda end: end.order, default=None)


def _lost(view: View, deployment: str) -> Write | None:
    """How a ReplicaSet of the present Pod template was lost, if that is what has to be replaced."""
    spec = view.last_spec_change(deployment)
    ends = [
        latest
        for child in view.children(deployment)
        if (latest := child.at(view.order)) is not None
        and latest.gone
        and latest.image.metadata.name == view.write.image.metadata.name
        and (spec is None or latest.order > spec.order)
    ]
    news = view.family(deployment).news_between(spec.order if spec else -1, view.order)
    ends.extend(write for write in news if write.decision.rule == "released")
    return max(ends, key=lambda end: end.order, default=None)


def changed_replicaset(view: View, who: Writer) -> Verdict | None:
    """The Deployment controller scaled a ReplicaSet, or copied its bookkeeping to it."""
    write = view.write
    owner = write.image.metadata.controller
    if write.change.type != "MODIFIED" or owner is None or owner.kind != "Deployment":
        return None
    if who.manager != CONTROLLER_MANAGER or who.subresource:
        return None
    before, after = _replicas(write.before), _replicas(write.image)
    scaled = before is not None and after is not None and before != after
    up = scaled and (after or 0) > (before or 0)
    cause = rollouts.cause(view, owner.uid, up=up) if scaled else view.last_spec_change(owner.uid)
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
        why=rollouts.why(view, cause, owner.uid, owner.name)
        if scaled
        else f"The revision and the annotations of Deployment {owner.name} are kept there too.",
        who_grade="reported",
        why_grade="inferred" if cause else "unknown",
        causes=(cause,) if cause else (),
        evidence=(
            proofs.saw(write),
            *proofs.managed(who),
            *proofs.owned(write),
            *proofs.all_told(notes, "who"),
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


def _scaling_notes(view: View, deployment: str, write: Write) -> list[Change]:
    """What the controller says of scaling to this number of Pods: `… to 3 from 2`.

    Source: pkg/controller/deployment/sync.go, scaleReplicaSet.
    """
    return view.notes(deployment, "ScalingReplicaSet", words=f"to {_replicas(write.image)}")


def _replicas(image: object) -> int | None:
    value = getattr(getattr(image, "spec", None), "replicas", None)
    return value if isinstance(value, int) else None


def old_replicaset(view: View, parent: Write) -> Housekeeper | None:
    """A Deployment keeps revisionHistoryLimit old ReplicaSets; the oldest empty ones go.

    It does so once a rollout is complete, or paused.
    Source: pkg/controller/deployment/sync.go, cleanupDeployment.
    """
    image = view.write.image
    limit = getattr(parent.image.spec, "revision_history_limit", None)
    if limit is None or not _empty(image) or not _at_rest(parent.image):
        return None
    present = present_children(view, parent, "ReplicaSet")
    newest = max((_revision_of(found) for found in present), default=0)
    old = sorted(r for found in present if (r := _revision_of(found)) < newest)
    surplus = len(old) - limit
    if surplus <= 0 or _revision_of(image) not in old[:surplus]:
        return None
    name = parent.image.metadata.name
    why = (
        f"It keeps {count(limit, 'old ReplicaSet')} of Deployment {name} (revisionHistoryLimit), "
        f"and there were {len(old)}."
    )
    return Housekeeper("deployment-controller", why, sources.DEPLOYMENT_SYNC, parent)


def _at_rest(image: Image) -> bool:
    """Whether a Deployment is complete, as deployment_util.go has it, or paused."""
    spec, status = image.spec, image.status
    desired = getattr(spec, "replicas", None)
    counts = ("updated_replicas", "replicas", "available_replicas")
    whole = all(getattr(status, name, None) == desired for name in counts)
    seen = getattr(status, "observed_generation", 0) >= (image.metadata.generation or 0)
    return (whole and seen) or bool(getattr(spec, "paused", False))


def _empty(image: Image) -> bool:
    desired, existing = getattr(image.spec, "replicas", 1), getattr(image.status, "replicas", 1)
    return desired == 0 and existing == 0


def _revision_of(image: Image) -> int:
    text = (image.metadata.annotations or {}).get("deployment.kubernetes.io/revision", "")
    return whole(text) or 0
