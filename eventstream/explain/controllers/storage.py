"""PersistentVolumeClaims: who makes, binds, protects and resizes one.

Sources: pkg/controller/volume/persistentvolume/pv_controller.go, syncClaim, syncUnboundClaim, bind,
provisionClaimOperation, provisionClaimOperationExternal;
pkg/controller/statefulset/stateful_pod_control.go (claims);
pkg/controller/volume/ephemeral/controller.go;
https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims
"""

from eventstream.explain.attribution import proofs
from eventstream.explain.attribution.writers import is_bare
from eventstream.explain.controllers.registry import Behaviour, Rules
from eventstream.explain.controllers.shared.claims import (
    modifying,
    not_to_be_had,
    resized,
    resizing,
)
from eventstream.explain.controllers.shared.conventions import (
    complete,
    has_provisioner,
    untaught,
)
from eventstream.explain.controllers.shared.leaving import users
from eventstream.explain.outlook.holding import Holding, Outlook, Trouble, pending, staged, troubled
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary import commands, sources
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.records import Loop, Stage, Verb
from eventstream.explain.vocabulary.registry import title
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.notes import said, told_at
from eventstream.explain.world.pods import has_ended, node_of
from eventstream.explain.world.text import named, seen, sentence, told_changes, when
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.observations import Change

_SELECTED = "metadata.annotations.volume.kubernetes.io/selected-node"
_BINDING = (
    "metadata.annotations.pv.kubernetes.io/",
    "metadata.annotations.volume.kubernetes.io/storage-provisioner",
    "metadata.annotations.volume.beta.kubernetes.io/storage-provisioner",
    "spec.volumeName",
)


def claimed(view: View, who: Writer) -> Verdict | None:
    """A controller created a claim: for a StatefulSet's Pod, or for an ephemeral volume."""
    write = view.write
    if write.change.type != "ADDED" or not who.controls:
        return None
    owner = write.image.metadata.controller
    if owner is not None and owner.kind == "Pod":
        cause = view.last_spec_change(owner.uid)
        why = f"Pod {owner.name} asks for a volume of its own, which lives as long as it does."
        return _verdict(
            view,
            who,
            "ephemeral-volume-controller",
            "create",
            "created",
            why,
            cause,
            sources.EPHEMERAL_VOLUMES,
        )
    cause = _statefulset(view)
    name = f"StatefulSet {cause.image.metadata.name}" if cause else "A StatefulSet"
    why = f"{name} has a volume claim template; each of its Pods gets a claim before it is created."
    return _verdict(
        view,
        who,
        "statefulset-controller",
        "create",
        "created",
        why,
        cause,
        sources.CLAIMS_OF_STATEFULSETS,
    )


def _statefulset(view: View) -> Write | None:
    """The StatefulSet whose claim this is, by the claim's name: TEMPLATE-STATEFULSET-ORDINAL."""
    metadata = view.write.image.metadata
    stem, _, ordinal = metadata.name.rpartition("-")
    parts = stem.split("-") if ordinal.isdigit() else []
    for first in range(1, len(parts)):
        found = view.by_name("StatefulSet", metadata.namespace, "-".join(parts[first:]))
        if found is not None and not found.gone:
            return view.last_spec_change(found.log.uid)
    return None


def bound(view: View, who: Writer) -> Verdict | None:
    """The persistent volume controller bound a claim, or the scheduler chose a node for it."""
    write = view.write
    bare = is_bare(write)
    if write.change.type != "MODIFIED" or not (who.built_in or bare):
        return None
    paths = [change.path for change in write.changes]
    if not paths:
        return None
    schedules = who.manager == "kube-scheduler" or ((who.shared or bare) and paths == [_SELECTED])
    if schedules and _SELECTED in paths:
        why = "The volume is to be made where the Pod that waits for it will run."
        act = "chose a node for the volume of"
        return _verdict(view, who, "scheduler", "patch", act, why, view.previous(), sources.BINDING)
    noted = bare and any(path.startswith(_BINDING[:-1]) for path in paths)
    own = (who.controls or noted) and not who.subresource
    if not own or not all(path.startswith(_BINDING) for path in paths):
        return None
    volume = getattr(write.image.spec, "volume_name", "")
    act = f"bound volume {volume} to" if "spec.volumeName" in paths else "prepared the binding of"
    why = "A claim is bound to a volume that satisfies it, or one is made for it."
    actor = "persistentvolume-controller"
    return _verdict(view, who, actor, "update", act, why, view.previous(), sources.VOLUME_BINDING)


def _verdict(
    view: View,
    who: Writer,
    actor: str,
    verb: Verb,
    act: str,
    why: str,
    cause: Write | None,
    source_url: str,
) -> Verdict:
    write = view.write
    told = f": {told_changes(write.changes)}" if write.changes else ""
    return Verdict(
        rule="claim-made" if verb == "create" else "claim-bound",
        actor=actor,
        actor_name=who.manager,
        verb=verb,
        what=f"The {title(actor)} {act} {named(write.image)}{told}.",
        why=why,
        who_grade="reported" if actor == "scheduler" and who.known else "inferred",
        why_grade="inferred",
        causes=(cause,) if cause else (),
        evidence=(proofs.saw(write), *proofs.managed(who), *proofs.owned(write)),
        source_url=source_url,
        loop=Loop(
            seen(cause) if cause else named(write.image),
            "a volume desired for each claim",
            f"{act} {named(write.image)}",
        ),
    )


_BINDER = "persistentvolume-controller"
_FIRST_USE = ("WaitForFirstConsumer", "WaitForPodScheduled")
_WRONG = ("ProvisioningFailed", "VolumeMismatch", "ClaimMisbound")
_SAID = (*_WRONG, *_FIRST_USE, "FailedBinding", "ExternalProvisioning", "Provisioning")
TOLD_BY = frozenset({*_WRONG, "FailedBinding"})
"""Reasons of the Events that say that a claim cannot be bound as things are."""


def assess_claim(snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
    """The outlook of a claim: done once it is bound to a volume as large as it asks for."""
    image = write.image
    phase = getattr(image.status, "phase", "")
    volume = getattr(image.spec, "volume_name", "")
    if phase == "Bound":
        held = resizing(snapshot, write)
        if held is not None:
            return pending([held], staged([("bound", 1, 1), ("resized", 0, 1)]), snapshot, "")
        held = modifying(snapshot, write)
        if held is not None:
            return pending([held], staged([("bound", 1, 1), ("modified", 0, 1)]), snapshot, "")
        return complete(write, f"{named(image)} is bound to {volume or 'a volume'}.")
    if phase == "Lost":
        return pending([_lost(snapshot, write, volume)], _stages(), snapshot, "")
    if phase not in ("", "Pending"):
        return untaught(write, f"The phase of this one is {phase}.")
    return pending([_unbound(snapshot, write)], _stages(), snapshot, "")


def _stages() -> tuple[Stage, ...]:
    return staged([("stored", 1, 1), ("bound", 0, 1)])


def _lost(snapshot: Snapshot, write: Write, volume: str) -> Holding:
    name = named(write.image)
    notes = snapshot.notes(write.log, "ClaimLost")
    what = f"its volume {volume}" if volume else "its volume"
    detail = f"{name} has lost {what}: it is gone, or bound to something else."
    shown = (proofs.status(write, f"phase of {name} is Lost"), *proofs.events(notes))
    wrong = Trouble("volume-lost", detail, shown, commands.describe(write))
    plain = Holding(1, "client", "", when(write), f"{what} of {name} to come back", about=write)
    return troubled(plain, wrong)


def _unbound(snapshot: Snapshot, write: Write) -> Holding:
    """Who is to make or find a volume, and what was last said of that: a failure, if there was one.

    What failed is tried again and again, with other Events between.
    """
    taken = not_to_be_had(snapshot, write)
    if taken is not None:
        return taken
    notes = snapshot.latest_notes(write.log, *_WRONG) or snapshot.latest_notes(write.log, *_SAID)
    note = notes[0] if notes else None
    reason = note.after.spec.reason if note is not None else ""
    if note is None and not has_provisioner(write.image):
        return _untold(write) if snapshot.hides("Event") else _waits(write, _BINDER, None)
    if note is None or reason == "Provisioning":
        return _waits(write, "custom-controller", note)
    if reason in _FIRST_USE:
        return _first_use(snapshot, write, note)
    if reason == "ExternalProvisioning":
        return _waits(write, "custom-controller", note)
    component = note.after.spec.component
    own = component == _BINDER or not component
    held = _waits(write, _BINDER if own else "custom-controller", note, "" if own else component)
    if reason not in _WRONG:
        return held
    detail = sentence(f"{named(write.image)} gets no volume: {said(note)}")
    wrong = Trouble("volume-pending", detail, proofs.events(notes), commands.describe(write))
    return troubled(held, wrong)


def _waits(write: Write, actor: str, note: Change | None, name: str = "") -> Holding:
    told = f": {said(note).rstrip('.')}" if note is not None else ""
    return Holding(
        1,
        actor,
        name,
        when(write),
        f"a volume for {named(write.image)}{told}",
        late="volume-pending",
        wait="bind-volume",
        about=write,
        evidence=proofs.events([note]) if note is not None else (),
    )


def _untold(write: Write) -> Holding:
    """Whether a volume is to be made at all before a Pod uses the claim, only Events tell."""
    what = f"a volume for {named(write.image)}: Baton is not shown the Events that say of whom"
    return Holding(1, "unknown", "", when(write), what, patient=True, about=write, works=True)


def _first_use(snapshot: Snapshot, write: Write, note: Change) -> Holding:
    """Its storage class binds it only once a Pod uses it and is placed: that may take for ever."""
    name = named(write.image)
    if note.after.spec.reason == "WaitForPodScheduled":
        what = f"the Pod that uses {name} to be placed: {said(note).rstrip('.')}"
        return Holding(1, "scheduler", "", told_at(note), what, patient=True, about=write)
    what = f"a Pod that uses {name}: its storage class binds it only then"
    stay = (pod for pod in users(snapshot, write) if not pod.image.metadata.deletion_timestamp)
    pod = next((pod for pod in stay if not has_ended(pod.image)), None)
    if pod is not None and not node_of(pod.image):
        what = f"{named(pod.image)}, which uses {name}, to be placed"
        by = "unknown" if getattr(pod.image.spec, "scheduling_gates", ()) else "scheduler"
        return Holding(1, by, "", when(pod), what, patient=True, about=write)
    if pod is not None:
        told = f"{named(pod.image)}, which uses it, has {node_of(pod.image)} already"
        what = f"a scheduler that binds volumes to place a Pod that uses {name}: {told}"
    return Holding(1, "client", "", told_at(note), what, patient=True, about=write)


BEHAVIOURS = (
    Behaviour(
        kind=kinds.CLAIM,
        assess=assess_claim,
        told_by=TOLD_BY,
        rules={
            kinds.CLAIM: Rules(reports=(resized,), creations=(claimed,), changes=(bound,)),
        },
    ),
)
