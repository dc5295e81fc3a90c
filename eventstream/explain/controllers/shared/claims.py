"""What a PersistentVolumeClaim waits for that has a volume and asks for more, or names another's.

Sources: pkg/controller/volume/persistentvolume/pv_controller.go, syncUnboundClaim;
https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims
"""

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.shared.leaving import users
from eventstream.explain.outlook.holding import Holding, Trouble, troubled
from eventstream.explain.outlook.snapshot import Snapshot, written
from eventstream.explain.vocabulary import commands, sources
from eventstream.explain.vocabulary.declared.tools import is_program
from eventstream.explain.vocabulary.records import Verb
from eventstream.explain.vocabulary.registry import title
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.notes import said, told_at
from eventstream.explain.world.pods import condition, has_ended, is_true, node_of
from eventstream.explain.world.text import did, named, said_by, sentence, when
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.cluster_kinds import ClaimSpec
from eventstream.objects.images import Image
from eventstream.objects.network_kinds import VolumeSpec
from eventstream.objects.observations import Change
from eventstream.objects.quantities import amount

_FAILED = ("ControllerResizeError", "NodeResizeError")
_FAILURES = ("VolumeResizeFailed", "FileSystemResizeFailed")
_DONE = ("VolumeResizeSuccessful", "FileSystemResizeRequired", "FileSystemResizeSuccessful")
"""Reasons of Events about one part of the work that is done: what had failed before is over.

Source: https://github.com/kubernetes-csi/external-resizer#overview
"""


def resizing(snapshot: Snapshot, write: Write) -> Holding | None:
    """What a bound claim waits for that asks for more than its volume has; None for nothing."""
    image = write.image
    asked = (image.spec.resources.requests or {}).get("storage")
    has = (image.status.capacity or {}).get("storage")
    wanted, given = amount(asked), amount(has)
    if wanted is None or given is None or given >= wanted:
        return None
    name = named(image)
    what = f"{name} to grow from {has} to {asked}"
    plain = Holding(2, "custom-controller", "", when(write), what, patient=True, about=write)
    notes = _failures(snapshot, write, _FAILURES, _DONE)
    for type_ in _FAILED:
        found = condition(image, type_)
        if found is not None and found.status == "True":
            why = said_by(found.message, found.reason) or type_
            detail = sentence(f"{name} cannot grow from {has} to {asked}: {why}")
            shown = (proofs.says(write, found), *proofs.events(notes))
            return troubled(
                plain, Trouble("volume-pending", detail, shown, commands.describe(write))
            )
    pending = condition(image, "FileSystemResizePending")
    if pending is not None and pending.status == "True":
        return _on_node(snapshot, write, notes, plain)
    if notes:
        detail = sentence(f"{name} cannot grow from {has} to {asked}: {said(notes[0])}")
        wrong = Trouble("volume-pending", detail, proofs.events(notes), commands.describe(write))
        return troubled(plain, wrong)
    return plain


def _failures(
    snapshot: Snapshot, write: Write, failures: tuple[str, ...], done: tuple[str, ...]
) -> list[Change]:
    """What last failed of what is asked for now, the latest first; nothing once it went on.

    A larger volume is asked for by a change of the claim: what failed before was of another one.
    """
    notes = snapshot.latest_notes(write.log, *failures, *done)
    asked = write.log.last_spec_change(write.order + 1)
    since = written(asked) if asked is not None else 0.0
    notes = [note for note in notes if told_at(note) >= since]
    if not notes or notes[0].after.spec.reason in done:
        return []
    return [note for note in notes if note.after.spec.reason in failures]


def _on_node(snapshot: Snapshot, write: Write, notes: list[Change], plain: Holding) -> Holding:
    """The volume has grown, and its file system has not: that takes a Pod that uses it.

    Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/
    #expanding-persistent-volumes-claims
    """
    name = named(write.image)
    failed = [note for note in notes if note.after.spec.reason == _FAILURES[1]]
    if failed:
        detail = sentence(f"The file system of {name} cannot grow: {said(failed[0])}")
        wrong = Trouble("volume-pending", detail, proofs.events(failed), commands.describe(write))
        return troubled(plain, wrong)
    on_nodes = (pod for pod in users(snapshot, write) if node_of(pod.image))
    used = snapshot.hides("Pod") or any(not has_ended(pod.image) for pod in on_nodes)
    what = f"the file system of {name} to grow, on the node of a Pod that uses it"
    if not used:
        what = f"a Pod to use {name}: its volume has grown, and its file system does so then"
    actor = "kubelet" if used else "client"
    return Holding(2, actor, "", when(write), what, patient=True, about=write)


def modifying(snapshot: Snapshot, write: Write) -> Holding | None:
    """What a bound claim waits for that asks for another VolumeAttributesClass; None for nothing.

    Source: https://kubernetes.io/docs/concepts/storage/volume-attributes-classes/
    """
    name = named(write.image)
    what = f"the volume of {name} to have the attributes of its VolumeAttributesClass"
    plain = Holding(2, "custom-controller", "", when(write), what, patient=True, about=write)
    wrong = condition(write.image, "ModifyVolumeError")
    notes = _failures(snapshot, write, _UNMODIFIED, _MODIFIED)
    failed = wrong is not None and wrong.status == "True"
    if not failed and not is_true(write.image, "ModifyingVolume"):
        return None
    if not failed and not notes:
        return plain
    why = said_by(wrong.message, wrong.reason) if wrong is not None and failed else said(notes[0])
    detail = f"The volume of {name} cannot be modified as asked for: {why or 'it does not say why'}"
    shown = (*([proofs.says(write, wrong)] if wrong and failed else []), *proofs.events(notes))
    command = commands.describe(write)
    return troubled(plain, Trouble("volume-pending", sentence(detail), shown, command))


_UNMODIFIED = ("VolumeModifyFailed",)
_MODIFIED = ("VolumeModifySuccessful",)


_MOMENT = 10.0
"""Seconds within which a claim that names its volume is bound to it."""


def not_to_be_had(snapshot: Snapshot, write: Write) -> Holding | None:
    """The wait for a volume that the claim asks for by name, and that is another's, or not there.

    Of that its controller says nothing.
    Source: pkg/controller/volume/persistentvolume/pv_controller.go, syncUnboundClaim.
    """
    asked = getattr(write.image.spec, "volume_name", "")
    late = snapshot.now - when(write) > _MOMENT
    if not asked or not late or not snapshot.has_met("PersistentVolume"):
        return None
    found = snapshot.by_name("PersistentVolume", None, asked)
    metadata, why = write.image.metadata, "does not exist"
    shown = [proofs.seen(write, f"spec.volumeName of {named(write.image)} is {asked}")]
    if found is not None and not found.gone:
        claim = getattr(found.image.spec, "claim_ref", None)
        own = (metadata.namespace, metadata.name)
        if claim is not None and (claim.namespace, claim.name) == own:
            if claim.uid in ("", write.log.uid):
                return None
            why = "is kept for an earlier claim of this name"
        elif claim is not None:
            whose = f"PersistentVolumeClaim {claim.name} of namespace {claim.namespace}"
            why = f"is kept for {whose}"
        else:
            why = _unlike(write.image, found.image)
        if not why:
            return None
        told = f"spec.claimRef of {named(found.image)} is another"
        if claim is None:
            told = f"{named(found.image)} {why}"
        shown.append(proofs.seen(found, told))
    waiting_for = f"PersistentVolume {asked}, which {named(write.image)} asks for"
    plain = Holding(1, "client", "", when(write), waiting_for, about=write)
    detail = f"{named(write.image)} asks for PersistentVolume {asked}, which {why}."
    return troubled(
        plain, Trouble("volume-pending", detail, tuple(shown), commands.describe(write))
    )


_CLASS = "volume.beta.kubernetes.io/storage-class"
"""The annotation that named the class before there was a field, and goes before that."""


def _unlike(claim: Image, volume: Image) -> str:
    """Why a claim is not bound to the free volume that it names, as a clause; empty for none.

    Source: pkg/controller/volume/persistentvolume/pv_controller.go, checkVolumeSatisfyClaim.
    """
    wants, has = claim.spec, volume.spec
    if not isinstance(wants, ClaimSpec) or not isinstance(has, VolumeSpec):
        return ""
    asked = (wants.resources.requests or {}).get("storage")
    there = (has.capacity or {}).get("storage")
    most, least = amount(there), amount(asked)
    if most is not None and least is not None and most < least:
        return f"has {there} and not the {asked} that it asks for"
    if any(_CLASS in (image.metadata.annotations or {}) for image in (claim, volume)):
        return ""
    own, other = wants.storage_class_name or "", has.storage_class_name or ""
    return "" if own == other else f"is of {_class(other)} and not of {_class(own)}"


def _class(name: str) -> str:
    return f"StorageClass {name}" if name else "no StorageClass"


def enlarged(view: View, who: Writer) -> Verdict | None:
    """A volume was said to be larger, as its claim asks: who grew it alone knows that.

    Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/
    #expanding-persistent-volumes-claims
    """
    write = view.write
    paths = [change.path for change in write.changes if not change.path.startswith(_NOTED)]
    if write.change.type != "MODIFIED" or paths != ["spec.capacity.storage"]:
        return None
    if not who.known or who.built_in or not is_program(who.manager):
        return None
    claim, has = write.image.spec.claim_ref, amount(write.image.spec.capacity.get("storage"))
    found = view.by_name("PersistentVolumeClaim", claim.namespace, claim.name) if claim else None
    asked = view.last_spec_change(found.log.uid) if found is not None else None
    if found is None or found.gone or asked is None or has is None:
        return None
    wants = amount((found.image.spec.resources.requests or {}).get("storage"))
    if wants is None or wants > has:
        return None
    return _grown(
        view, who, "custom-controller", f"{named(asked.image)} asks for as much.", asked, "patch"
    )


_NOTED = "metadata.annotations."


def resized(view: View, who: Writer) -> Verdict | None:
    """A kubelet reported on a claim whose volume it has grown, or could not grow, on its node.

    Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/
    #expanding-persistent-volumes-claims
    """
    write = view.write
    if who.manager != "kubelet" or who.subresource != "status" or write.change.type != "MODIFIED":
        return None
    asked = view.last_spec_change(write.log.uid)
    why = f"A Pod on its node uses {named(write.image)}, whose volume was to grow."
    return _grown(view, who, "kubelet", why, asked, "report")


def _grown(
    view: View, who: Writer, actor: str, why: str, asked: Write | None, verb: Verb
) -> Verdict:
    write, reports = view.write, verb == "report"
    subject = (
        f"The {title(actor)}" if actor == "kubelet" else f"The custom controller {who.manager}"
    )
    return Verdict(
        rule="claim-grown",
        actor=actor,
        actor_name="" if actor == "kubelet" else who.manager,
        verb=verb,
        subresource=who.subresource or None,
        what=f"{subject} {did(write)}.",
        why=why,
        who_grade="reported" if reports else "inferred",
        why_grade="inferred",
        causes=(asked,) if asked else (),
        evidence=(proofs.saw(write), *proofs.managed(who)),
        source_url=sources.EXPANSION,
    )
