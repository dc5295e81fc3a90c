"""Controllers that make objects to match a number: Pods above all, also Jobs and revisions."""

from eventstream.explain.attribution import evidence
from eventstream.explain.attribution.writers import Writer
from eventstream.explain.controllers.client.rules import told_changes
from eventstream.explain.controllers.daemonset import placing as daemons
from eventstream.explain.controllers.statefulset import ordered as ordered_rules
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.vocabulary.registry import CONTROLLER_MANAGER, Maker, maker_of, title
from eventstream.explain.world.pods import condition
from eventstream.explain.world.text import count, named, seen
from eventstream.explain.world.verdict import Said, Telling, Verdict
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import ObjectLog, Write
from eventstream.objects.images import OwnerReference
from eventstream.objects.observations import Change


def made(view: View, who: Writer) -> Verdict | None:
    """Steps 7 and 8: a controller compared desired with existing and created what was missing."""
    write = view.write
    owner = write.image.metadata.controller
    if write.change.type != "ADDED" or owner is None or (who.known and not who.built_in):
        return None
    maker = maker_of(write.image, owner)
    if maker is None:
        return None
    ordered = (write.image.kind, owner.kind) == ("Pod", "StatefulSet")
    turn = _due(view, owner) if write.image.kind == "Pod" else None
    spec = view.last_spec_change(owner.uid)
    cause = turn[0] if turn else spec if ordered and spec else _trigger(view, owner.uid, spec)
    notes = view.notes(owner.uid, "SuccessfulCreate")
    loop = _loop(view, owner, maker, None if ordered else cause, cause)
    replicaset = maker.actor == "replicaset-controller"
    return Verdict(
        rule="made-for-owner",
        actor=maker.actor,
        actor_name=who.manager,
        verb="create",
        who_grade="reported" if notes or who.known else "inferred",
        why_grade="inferred" if cause else "unknown",
        causes=(cause,) if cause else (),
        source_url=maker.source_url,
        telling=_Making(
            write,
            who,
            maker,
            owner,
            "" if ordered else _ordinal(view, owner, loop, cause),
            turn[1] if turn else _why(view, cause, owner, loop),
            loop,
            tuple(notes),
        ),
        documented=(7,) if replicaset else (),
        documented_store=(8,) if replicaset else (),
        documented_broadcast=(8,) if replicaset else (),
    )


class _Making(Telling, frozen=True, gc=False):
    """Which controller made the object, for whom, as which of how many, and why."""

    write: Write
    who: Writer
    maker: Maker
    owner: OwnerReference
    ordinal: str
    why: str
    loop: Loop
    notes: tuple[Change, ...]

    def said(self) -> Said:
        image, owner = self.write.image, self.owner
        return Said(
            what=f"The {title(self.maker.actor)} {_compared(self.loop)}created {named(image)} "
            f"for {owner.kind} {owner.name}{self.ordinal}.",
            why=self.why,
            evidence=(
                evidence.saw(self.write),
                *evidence.managed(self.who),
                *evidence.owned(self.write),
                *evidence.all_told(self.notes, "who"),
            ),
            loop=self.loop,
        )


def _due(view: View, owner: OwnerReference) -> tuple[Write, str] | None:
    """What made one more Pod due where that is more than a number, and why."""
    if owner.kind == "StatefulSet":
        return ordered_rules.to_start(view, owner.uid)
    return daemons.to_start(view, owner.uid) if owner.kind == "DaemonSet" else None


def tended(view: View, who: Writer) -> Verdict | None:
    """A controller changed what it had made: a revision's number, a Pod's labels.

    Source: pkg/controller/history/controller_history.go, UpdateControllerRevision;
    pkg/controller/statefulset/stateful_pod_control.go, UpdateStatefulPod.
    """
    write = view.write
    owner = write.image.metadata.controller
    if write.change.type != "MODIFIED" or owner is None:
        return None
    if who.manager != CONTROLLER_MANAGER or who.subresource:
        return None
    maker = maker_of(write.image, owner)
    if maker is None:
        return None
    cause = view.last_spec_change(owner.uid)
    act = f"changed {named(write.image)}: {told_changes(write.changes)}"
    return Verdict(
        rule="tended",
        actor=maker.actor,
        actor_name=who.manager,
        verb="update",
        what=f"The {title(maker.actor)} {act}.",
        why=f"It looks after what it makes for {owner.kind} {owner.name}.",
        who_grade="inferred",
        why_grade="inferred",
        causes=(cause,) if cause else (),
        evidence=(evidence.saw(write), *evidence.managed(who), *evidence.owned(write)),
        source_url=maker.source_url,
        loop=Loop(
            seen(cause) if cause else f"{owner.kind} {owner.name}",
            "what it made with what it should be",
            act,
        ),
    )


def _compared(loop: Loop) -> str:
    if loop.desired is None or loop.current is None:
        return ""
    exist = "exists" if loop.current == 1 else "exist"
    return f"compared {count(loop.desired, 'desired Pod')} with {loop.current} that {exist} and "


def _ordinal(view: View, owner: OwnerReference, loop: Loop, cause: Write | None) -> str:
    if loop.desired is None or loop.current is None or cause is None:
        return ""
    missing = loop.desired - loop.current
    number = view.family(owner.uid).born_between(cause.order, view.order) + 1
    return f", number {number} of {missing}" if 1 <= number <= missing and missing > 1 else ""


def _trigger(view: View, owner: str, spec: Write | None) -> Write | None:
    """What made the controller look again: the owner's new desired state, or a Pod lost since."""
    family = view.family(owner)
    loss = family.last_loss(view.order)
    if loss is None:
        return spec
    order, uid = loss
    if spec is not None and spec.order > order:
        return spec
    child = family.children.get(uid)
    return _write_at(child, order) if child else spec


def _write_at(log: ObjectLog, order: int) -> Write | None:
    return log.at(order + 1)


def _loop(
    view: View, owner: OwnerReference, maker: Maker, counted: Write | None, cause: Write | None
) -> Loop:
    """The comparison; Pods are counted as they were after `counted`, else just before."""
    observe = seen(cause) if cause else f"{owner.kind} {owner.name}"
    name = view.write.image.metadata.name
    desired = getattr(_spec_at(view, owner.uid), "replicas", None)
    if not maker.counted or not isinstance(desired, int):
        compare = _wanted(view, owner)
        return Loop(observe, compare, f"created {name}")
    at = counted.order + 1 if counted is not None else view.order
    existing = max(view.family(owner.uid).count_active(at), 0)
    compare = f"{count(desired, 'Pod')} desired, {existing} exist"
    return Loop(observe, compare, f"created {name}", desired, existing)


def _wanted(view: View, owner: OwnerReference) -> str:
    """What an owner without a desired count wants, in words."""
    node = daemons.meant_for(view.write.image) if owner.kind == "DaemonSet" else ""
    if node:
        return f"a Pod like this on node {node} desired, it does not exist"
    allowed = getattr(_spec_at(view, owner.uid), "parallelism", None)
    if owner.kind != "Job" or view.write.image.kind != "Pod" or allowed is None:
        return f"what {owner.kind} {owner.name} wants with what exists"
    active = view.family(owner.uid).count_active(view.order)
    exist = "is" if active == 1 else "are"
    return f"up to {count(allowed, 'Pod')} at once desired, {active} {exist} active"


def _spec_at(view: View, owner: str) -> object:
    latest = view.latest(owner)
    return latest.image.spec if latest else None


def _why(view: View, cause: Write | None, owner: OwnerReference, loop: Loop) -> str:
    if cause is None:
        return f"{owner.kind} {owner.name} controls it; what made the controller act was not seen."
    if cause.log.uid != owner.uid:
        if owner.kind == "Job":
            return f"It received {seen(cause)}: {_tried_again(view, cause, owner)}."
        return f"It received {seen(cause)}: that Pod no longer counts, so it is replaced."
    if owner.kind == "CronJob":
        schedule = getattr(cause.image.spec, "schedule", "")
        return f"The schedule of CronJob {owner.name} ({schedule}) was due."
    if loop.desired is None:
        return f"It received {seen(cause)}."
    asks = f"It received {seen(cause)}, which asks for {count(loop.desired, 'Pod')}."
    return asks + _refused_before(view, owner)


def _tried_again(view: View, cause: Write, owner: OwnerReference) -> str:
    """What a Job does after one of its Pods ended.

    Source: pkg/controller/job/job_controller.go, manageJob and getBackoff.
    """
    if cause.facts is not None and cause.facts[0] == "Failed":
        limit = getattr(_spec_at(view, owner.uid), "backoff_limit", None)
        most = f", until more than {limit} have (backoffLimit)" if limit is not None else ""
        return f"that Pod failed, and the Job tries again after a growing pause{most}"
    if cause.facts is not None and cause.facts[0] == "Succeeded":
        return "that Pod succeeded, and the Job wants more to"
    return "that Pod no longer counts, so it is replaced"


def _refused_before(view: View, owner: OwnerReference) -> str:
    """That earlier requests failed, as the owner's condition ReplicaFailure says."""
    failed = condition(getattr(view.latest(owner.uid), "image", None), "ReplicaFailure")
    if failed is None or failed.status != "True":
        return ""
    return " Its earlier requests had been refused, and it tries again after a growing pause."
