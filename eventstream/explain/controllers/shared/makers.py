"""Controllers that make objects: to match a number, Pods above all, also Jobs and revisions.

And those that keep an object of their own beside a Service or a namespace.
"""

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.attribution.writers import is_bare
from eventstream.explain.controllers.registry import behaviour_of
from eventstream.explain.deletions.removals import deletion
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.vocabulary.registry import Maker, maker_of, title
from eventstream.explain.world.claims import Said, Telling, Writer
from eventstream.explain.world.pods import condition
from eventstream.explain.world.text import count, named, seen, told_changes
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import ObjectLog, Verdict, Write
from eventstream.objects.images import Image, OwnerReference
from eventstream.objects.observations import Change

BY_HAND = "cronjob.kubernetes.io/instantiate"
"""The annotation by which `kubectl create job --from=cronjob/NAME` marks a Job as its own.

Source: staging/src/k8s.io/kubectl/pkg/cmd/create/create_job.go, createJobFromCronJob.
"""


def made(view: View, who: Writer) -> Verdict | None:
    """Steps 7 and 8: a controller compared desired with existing and created what was missing."""
    write = view.write
    owner = write.image.metadata.controller
    if write.change.type != "ADDED" or owner is None or (who.known and not who.built_in):
        return None
    maker = maker_of(write.image, owner)
    if maker is None or BY_HAND in (write.image.metadata.annotations or ()):
        return None
    of, is_pod = behaviour_of(owner), write.pod is not None
    ordered = is_pod and of.in_order
    turn = of.due(view, owner.uid) if is_pod and of.due is not None else None
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
                proofs.saw(self.write),
                *proofs.managed(self.who),
                *proofs.owned(self.write),
                *proofs.all_told(self.notes, "who"),
            ),
            loop=self.loop,
        )


def tended(view: View, who: Writer) -> Verdict | None:
    """A controller changed what it had made: a revision's number, a Pod's labels.

    Source: pkg/controller/history/controller_history.go, UpdateControllerRevision;
    pkg/controller/statefulset/stateful_pod_control.go, UpdateStatefulPod.
    """
    write = view.write
    owner = write.image.metadata.controller
    if write.change.type != "MODIFIED" or owner is None:
        return None
    if not who.controls or who.subresource:
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
        evidence=(proofs.saw(write), *proofs.managed(who), *proofs.owned(write)),
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
    since = begun(view, owner.uid, cause)
    number = view.family(owner.uid).born_between(since, view.order) + 1
    return f", number {number} of {missing}" if 1 <= number <= missing and missing > 1 else ""


def _trigger(view: View, owner: str, spec: Write | None) -> Write | None:
    """What made the controller look again: the owner's new desired state, or a Pod lost since."""
    if view.write.pod is None:
        return spec  # No Pod's end is what makes a revision or a Job due.
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
    desired = getattr(spec_at(view, owner.uid), "replicas", None)
    if not maker.counted or not isinstance(desired, int):
        compare = _wanted(view, owner)
        return Loop(observe, compare, f"created {name}")
    at = begun(view, owner.uid, counted) + 1 if counted is not None else view.order
    existing = max(view.family(owner.uid).count_active(at), 0)
    compare = f"{count(desired, 'Pod')} desired, {existing} exist"
    return Loop(observe, compare, f"created {name}", desired, existing)


def begun(view: View, owner: str, cause: Write) -> int:
    """From which order on a controller compared: its cause, or its last report after that.

    It makes or deletes Pods, then reports once, and only then compares anew.
    Source: pkg/controller/replicaset/replica_set.go, syncReplicaSet.
    """
    for write in view.backwards(owner):
        if write.order <= cause.order or write.decision.rule == "status-reported":
            return max(write.order, cause.order)
    return cause.order


def _wanted(view: View, owner: OwnerReference) -> str:
    """What an owner without a desired count wants, in words."""
    wanted = behaviour_of(owner).wanted
    said = wanted(view, owner) if wanted is not None else ""
    return said or f"what {owner.kind} {owner.name} wants with what exists"


def spec_at(view: View, owner: str) -> object:
    """The spec of an owner below the view's write; None where it was not seen."""
    latest = view.latest(owner)
    return latest.image.spec if latest else None


def _why(view: View, cause: Write | None, owner: OwnerReference, loop: Loop) -> str:
    if cause is None:
        return f"{owner.kind} {owner.name} controls it; what made the controller act was not seen."
    why_made = behaviour_of(owner).why_made
    if why_made is not None and (said := why_made(view, cause, owner)):
        return said
    if cause.log.uid != owner.uid:
        return f"It received {seen(cause)}: that Pod no longer counts, so it is replaced."
    if loop.desired is None:
        return f"It received {seen(cause)}."
    asks = f"It received {seen(cause)}, which asks for {count(loop.desired, 'Pod')}."
    return asks + _refused_before(view, owner)


def _refused_before(view: View, owner: OwnerReference) -> str:
    """That earlier requests failed, as the owner's condition ReplicaFailure says."""
    failed = condition(getattr(view.latest(owner.uid), "image", None), "ReplicaFailure")
    if failed is None or failed.status != "True":
        return ""
    return " Its earlier requests had been refused, and it tries again after a growing pause."


class _Companion(msgspec.Struct, frozen=True):
    """Who alone keeps such an object, and why there is one; `of` is the kind that it follows."""

    actor: str
    why: str
    source_url: str
    of: str


_ACCOUNT = _Companion(
    "serviceaccount-controller",
    "Each namespace has a ServiceAccount default, for Pods that name no other.",
    sources.SERVICE_ACCOUNTS,
    "Namespace",
)
_CERTIFICATE = _Companion(
    "root-ca-cert-publisher",
    "Each namespace has a ConfigMap with the certificate by which Pods know the API server.",
    sources.ROOT_CERTIFICATES,
    "Namespace",
)
_ENDPOINTS = _Companion(
    "endpoints-controller",
    "It lists the addresses of the Pods that the Service of the same name selects.",
    sources.ENDPOINTS,
    "Service",
)
_SLICES = {
    "endpointslice-controller.k8s.io": _Companion(
        "endpointslice-controller",
        "It lists the addresses of the Pods that its Service selects.",
        sources.ENDPOINT_SLICES,
        "Service",
    ),
    "endpointslicemirroring-controller.k8s.io": _Companion(
        "endpointslicemirroring-controller",
        "It repeats the addresses of an Endpoints object that a client wrote.",
        sources.ENDPOINT_SLICES,
        "Endpoints",
    ),
}


def _companion(image: Image) -> _Companion | None:
    """Who keeps this object, by its kind and name, or by its label."""
    name = image.metadata.name
    if (image.kind, name) == ("ServiceAccount", "default"):
        return _ACCOUNT
    if (image.kind, name) == ("ConfigMap", "kube-root-ca.crt"):
        return _CERTIFICATE
    if image.kind == "Endpoints":
        return _ENDPOINTS
    if image.kind == "EndpointSlice":
        label = (image.metadata.labels or {}).get("endpointslice.kubernetes.io/managed-by", "")
        return _SLICES.get(label)
    return None


def kept(view: View, who: Writer) -> Verdict | None:
    """A controller made, or brought up to date, what it keeps beside a namespace or a Service."""
    write = view.write
    companion = _companion(write.image)
    created = write.change.type == "ADDED"
    if companion is None or not (who.built_in or _unsigned(write, companion)):
        return None
    cause = _followed(view, companion)
    act = f"created {named(write.image)}"
    if not created:
        act = f"updated {named(write.image)}: {told_changes(write.changes)}"
    return Verdict(
        rule="companion-kept",
        actor=companion.actor,
        actor_name=who.manager,
        verb="create" if created else "update",
        what=f"The {title(companion.actor)} {act}.",
        why=companion.why,
        who_grade="reported" if who.built_in else "inferred",
        why_grade="inferred",
        causes=(cause,) if cause else (),
        evidence=(proofs.saw(write), *proofs.managed(who)),
        source_url=companion.source_url,
        loop=Loop(
            seen(cause) if cause else f"{companion.of} objects",
            f"1 {write.image.kind} for it desired, with what exists",
            act,
        ),
    )


def _unsigned(write: Write, companion: _Companion) -> bool:
    """Whether nobody else is shown to have written it.

    A new account without any field has no managedFields at all; of what is shown without any the
    name, or the label of a slice, tells whose it is.
    """
    if write.change.type != "ADDED" or not is_bare(write):
        return False
    return companion in (_ACCOUNT, _CERTIFICATE, *_SLICES.values())


def _followed(view: View, companion: _Companion) -> Write | None:
    """The latest desired state of the object that this one follows, where that was seen."""
    metadata = view.write.image.metadata
    owner = metadata.controller
    if owner is not None:
        return view.last_spec_change(owner.uid)
    if companion.of == "Namespace":
        found = view.by_name("Namespace", None, metadata.namespace or "")
    else:
        found = view.by_name("Service", metadata.namespace, metadata.name)
    return view.last_spec_change(found.log.uid) if found is not None else None


def dropped(view: View) -> Verdict | None:
    """Endpoints go with the Service of their name, and slices also when they are not needed.

    Source: pkg/controller/endpoint/endpoints_controller.go, syncService;
    pkg/controller/endpointslice/endpointslice_controller.go, syncService.
    """
    write = view.write
    companion = _companion(write.image)
    if companion is None or companion.of == "Namespace":
        return None
    service = None
    if companion is _ENDPOINTS:
        metadata = write.image.metadata
        service = view.by_name("Service", metadata.namespace, metadata.name)
    gone = service is not None and service.gone
    if companion is _ENDPOINTS and service is not None and not gone:
        return None
    why = f"Service {write.image.metadata.name} is gone, and its endpoints with it."
    if not gone:
        why = f"A client, or the {title(companion.actor)}, which keeps no more than are needed."
    return Verdict(
        rule="companion-dropped",
        actor=companion.actor if gone else "unknown",
        verb="delete",
        what=deletion(write, f"The {title(companion.actor)}" if gone else "Somebody"),
        why=why,
        who_grade="inferred" if gone else "unknown",
        why_grade="inferred" if gone else "unknown",
        causes=(service,) if gone and service is not None else (),
        evidence=(proofs.saw(write), *proofs.owned(write)),
        source_url=companion.source_url,
    )
