"""What the Deployment controller does to ReplicaSets: creates, scales and annotates them, and why.

How far a rollout may go now, in Pods, says which goes up or down, and by how much.
Sources: pkg/controller/deployment/rolling.go (reconcileNewReplicaSet, reconcileOldReplicaSets);
pkg/controller/deployment/util/deployment_util.go (NewRSNewReplicas, ResolveFenceposts).
"""

from itertools import takewhile

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.attribution.writers import is_bare
from eventstream.explain.controllers.shared.revisions import share
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.vocabulary.registry import is_a
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.text import count, named, seen, told_changes
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.images import Image, OwnerReference
from eventstream.objects.observations import Change
from eventstream.objects.workloads import DeploymentSpec

_ACTOR = "deployment-controller"


def created_replicaset(view: View, who: Writer) -> Verdict | None:
    """Steps 4 to 6: no ReplicaSet had the Deployment's Pod template, so one was created."""
    write = view.write
    owner = write.image.metadata.controller
    if write.change.type != "ADDED" or owner is None or not is_a(owner, kinds.DEPLOYMENT):
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
                "of the controllers only this one creates a Deployment's ReplicaSets",
                "who",
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
            f"It received {seen(cause)}: with strategy Recreate the new ReplicaSet comes once no "
            "Pod of the old template runs any more."
        )
    found = f"It received {seen(cause)} and found no ReplicaSet with that Pod template."
    room = _room(view, owner.uid)
    return found + _reckoned(view, owner.uid) if room and room.asked else found


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
    if write.change.type != "MODIFIED" or owner is None or not is_a(owner, kinds.DEPLOYMENT):
        return None
    noted = is_bare(write) and any(change.path.startswith(_NOTED) for change in write.changes)
    if not (who.controls or noted) or who.subresource:
        return None
    before, after = _replicas(write.before), _replicas(write.image)
    scaled = before is not None and after is not None and before != after
    up = scaled and (after or 0) > (before or 0)
    cause = _scaled_by(view, owner.uid, up=up) if scaled else _noted(view, owner.uid)
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
        why=_why_scaled(view, cause, owner.uid, owner.name)
        if scaled
        else _why_noted(write, owner.name),
        who_grade=who.grade if who.known else "inferred",
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
            else "what is noted in the ReplicaSet with the Deployment",
            act,
            after if scaled else None,
            before if scaled else None,
        ),
    )


_NOTED = "metadata.annotations.deployment.kubernetes.io/"


def _noted(view: View, deployment: str) -> Write | None:
    """The newest change of what a Deployment asks for or is annotated with, but for its revision.

    Source: pkg/controller/deployment/util/deployment_util.go, SetNewReplicaSetAnnotations.
    """
    for write in view.backwards(deployment):
        paths = [change.path for change in write.changes]
        if not write.base and any(
            path.startswith("metadata.annotations") and not path.startswith(_NOTED)
            for path in paths
        ):
            return write
        if write.base or any(path.startswith("spec") for path in paths):
            break
    return view.last_spec_change(deployment)


def _why_noted(write: Write, deployment: str) -> str:
    """Why something else than the number of a ReplicaSet's Pods was written there."""
    paths = [change.path for change in write.changes]
    if any(path.startswith("spec.minReadySeconds") for path in paths):
        return f"Its ReplicaSet gets the minReadySeconds of Deployment {deployment}."
    if paths and all(path.startswith(_NOTED) for path in paths):
        return f"It notes there the revision, and how many Pods Deployment {deployment} asks for."
    return f"The annotations of Deployment {deployment} are kept there too."


def _scaling_notes(view: View, deployment: str, write: Write) -> list[Change]:
    """What the controller says of scaling to this number of Pods: `… to 3 from 2`.

    Source: pkg/controller/deployment/sync.go, scaleReplicaSet.
    """
    return view.notes(deployment, "ScalingReplicaSet", words=f"to {_replicas(write.image)}")


def _replicas(image: object) -> int | None:
    value = getattr(getattr(image, "spec", None), "replicas", None)
    return value if isinstance(value, int) else None


class _Room(msgspec.Struct, frozen=True):
    """What a rolling update may do, and how its ReplicaSets stood just before this write."""

    desired: int
    surge: int
    missing: int
    asked: int
    available: int

    @property
    def most(self) -> int:
        """How many Pods may be asked for at once; those that stop may exist beside them."""
        return self.desired + self.surge

    @property
    def least(self) -> int:
        """How many Pods must stay available."""
        return max(self.desired - self.missing, 0)


def _room(view: View, deployment: str) -> _Room | None:
    """The room of a Deployment with strategy RollingUpdate; None for others, or if not seen."""
    latest = view.latest(deployment)
    spec = latest.image.spec if latest is not None else None
    if not isinstance(spec, DeploymentSpec) or spec.strategy.rolling_update is None:
        return None
    rolling = spec.strategy.rolling_update
    surge = share(rolling.max_surge, spec.replicas, up=True)
    missing = share(rolling.max_unavailable, spec.replicas, up=False)
    if surge is None or missing is None:
        return None
    asked = available = 0
    for child in view.children(deployment):
        state = child.at(view.order)
        if state is not None and not state.gone and state.image.kind == "ReplicaSet":
            asked += getattr(state.image.spec, "replicas", 0)
            available += getattr(state.image.status, "available_replicas", 0)
    missing = min(missing or int(not surge), spec.replicas)
    return _Room(spec.replicas, surge, missing, asked, available)


_ACTS = ("replicaset-created", "replicaset-scaled", "replicaset-updated")


def _scaled_by(view: View, deployment: str, *, up: bool) -> Write | None:
    """What let the controller scale now: the new desired state, if not acted on yet; else news.

    Going up needs room, which a smaller request elsewhere makes; going down needs Pods that have
    become available, or are known not to be.
    """
    spec = view.last_spec_change(deployment)
    floor = spec.order if spec else -1
    known = _strange(view, floor) or _shared_out(view, spec)
    if known is not None:
        return known
    acted = False
    smaller: Write | None = None
    report: Write | None = None
    better: Write | None = None
    for child in view.children(deployment):
        for write in view.backwards(child.uid):
            if write.order <= floor:
                break
            rule = write.decision.rule
            if rule == "status-reported":
                report = _later(report, write)
                if _later(better, write) is write and _grew(write.before, write.image):
                    better = write
            elif rule in _ACTS:
                acted = True
                if _later(smaller, write) is write and _change(write, "spec", "replicas") < 0:
                    smaller = write
    if not acted:
        return spec
    return (smaller if up else None) or better or report or spec


def _shared_out(view: View, spec: Write | None) -> Write | None:
    """The new size of which this is the ReplicaSet's part: all with Pods get theirs in one go.

    Source: pkg/controller/deployment/sync.go, scale (it notes the size in each, too).
    """
    if spec is None or spec.before is None or not _change(spec, "spec", "replicas"):
        return None
    own = view.backwards(view.write.log.uid)
    since = takewhile(lambda write: write.order > spec.order, own)
    return None if any(write.decision.rule in _ACTS for write in since) else spec


def _strange(view: View, floor: int) -> Write | None:
    """The write by which somebody else had just changed how many Pods the ReplicaSet asks for."""
    for write in view.backwards(view.write.log.uid):
        if write.base or write.order <= floor:
            return None
        if _change(write, "spec", "replicas"):
            rule = write.decision.rule
            return None if rule in _ACTS else write
    return None


def _later(known: Write | None, write: Write) -> Write:
    return known if known is not None and known.order > write.order else write


def _grew(before: Image | None, after: Image) -> bool:
    """Whether a report tells of more available Pods than the one before it."""
    now, was = after.status, before.status if before is not None else None
    more = getattr(now, "available_replicas", 0) or 0
    return more > (getattr(was, "available_replicas", 0) or 0)


def _change(write: Write, part: str, field: str) -> int:
    before = getattr(getattr(write.before, part, None), field, 0)
    after = getattr(getattr(write.image, part, None), field, 0)
    return int(after or 0) - int(before or 0)


def _why_scaled(view: View, found: Write | None, deployment: str, name: str) -> str:
    """Why the ReplicaSet of this write was scaled just now, with the numbers that decided it."""
    if found is None:
        return f"What made it act on Deployment {name} was not seen."
    received = f"It received {seen(found)}"
    if found.log is view.write.log:
        return f"{received}: the ReplicaSet is to ask for what Deployment {name} wants of it."
    if is_a(found.image, kinds.DEPLOYMENT) and _shared_out(view, found):
        desired = getattr(found.image.spec, "replicas", 0)
        return f"{received}, which asks for {count(desired, 'Pod')}."
    numbers = _reckoned(view, deployment)
    if is_a(found.image, kinds.DEPLOYMENT):
        return f"{received}, whose desired state differed.{numbers}"
    return f"{received}.{numbers}" if numbers else f"{received}, and counted again."


def _reckoned(view: View, deployment: str) -> str:
    """The numbers by which the ReplicaSet of this write could go up or down, as sentences."""
    latest = view.latest(deployment)
    strategy = getattr(getattr(latest and latest.image.spec, "strategy", None), "type", "")
    if strategy == "Recreate":
        return " With strategy Recreate all old Pods go before new ones come."
    found = _room(view, deployment)
    if found is None:
        return ""
    step = _change(view.write, "spec", "replicas")
    return _down(view.write, found, -step) if step < 0 else _up(found)


def _up(found: _Room) -> str:
    limit = (
        f" At most {count(found.most, 'Pod')} may be asked for at once ({found.desired} desired, "
        f"{found.surge} more for surge)"
    )
    left = found.most - found.asked
    if left <= 0:
        return f"{limit}."
    return f"{limit} and {found.asked} {_were(found.asked)}: room for {left} more."


def _down(write: Write, found: _Room, fewer: int) -> str:
    asked = getattr(write.before.spec if write.before else None, "replicas", 0)
    idle = asked - getattr(write.before.status if write.before else None, "available_replicas", 0)
    if idle >= fewer:
        return f" {count(idle, 'Pod')} of it {_were(idle)} not available; such go first."
    limit = (
        f" At least {count(found.least, 'Pod')} must stay available ({found.desired} desired, "
        f"{found.missing} may be missing)"
    )
    if found.available - fewer < found.least:
        return f"{limit}."
    return f"{limit} and {found.available} {_were(found.available)}: {fewer} of the old may go."


def _were(number: int) -> str:
    return "was" if number == 1 else "were"
