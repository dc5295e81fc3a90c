"""PersistentVolumes: who provisions, binds and deletes one; and how volumes stand.

Sources: pkg/controller/volume/persistentvolume/pv_controller.go, syncVolume, reclaimVolume;
https://kubernetes.io/docs/concepts/storage/persistent-volumes/#phase and #reclaiming there
"""

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.registry import Behaviour, Rules
from eventstream.explain.controllers.shared.claims import enlarged
from eventstream.explain.controllers.shared.conventions import complete, unknown
from eventstream.explain.deletions.deciding import Housekeeper
from eventstream.explain.outlook.holding import Holding, Outlook, Trouble, pending, troubled
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary import commands, sources
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.declared.tools import is_program
from eventstream.explain.vocabulary.registry import title
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.notes import said
from eventstream.explain.world.text import named, parse, sentence, told_changes
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write

_BINDER = "persistentvolume-controller"
_FAILURES = (
    "VolumeFailedDelete",
    "VolumeFailedRecycle",
    "VolumeDelete",
    "VolumeUnknownReclaimPolicy",
)


def assess_volume(snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
    """The outlook of a volume: done while it may be claimed, is bound, or is kept on purpose."""
    name, spec = named(write.image), write.image.spec
    phase = getattr(write.image.status, "phase", "")
    claim = getattr(spec, "claim_ref", None)
    whose = f"PersistentVolumeClaim {claim.name} of namespace {claim.namespace}" if claim else ""
    if phase == "Available":
        if claim is not None:
            return complete(write, f"{name} is kept for {whose}.")
        return complete(write, f"{name} may be claimed.")
    if phase == "Bound":
        return complete(write, f"{name} is bound to {whose or 'a claim'}.")
    if phase == "Released" and getattr(spec, "persistent_volume_reclaim_policy", "") == "Retain":
        kept = f"{name} is kept though {whose or 'its claim'} is gone (reclaim policy Retain)"
        until = "until spec.claimRef, or the uid there, is taken away"
        return complete(write, f"{kept}: no other claim gets it {until}.")
    if phase == "Failed":
        return pending([_failed(snapshot, write, whose)], (), snapshot, "")
    if phase == "Released":
        return pending([_reclaimed(snapshot, write, whose)], (), snapshot, "")
    return unknown(write, f"{name} does not say yet how it stands.")


def _so_since(write: Write) -> float:
    """Since when its phase is as it is: by its own word, else when it was seen to be so.

    Source: pkg/registry/core/persistentvolume/strategy.go, PrepareForUpdate.
    """
    told = parse(getattr(write.image.status, "last_phase_transition_time", None))
    return told if told is not None else write.change.at


def _failed(snapshot: Snapshot, write: Write, whose: str) -> Holding:
    """Its controller could not delete it: somebody has to see why, though it may try again."""
    name = named(write.image)
    notes = snapshot.latest_notes(write.log, *_FAILURES)
    why = f": {said(notes[0])}" if notes else ""
    after = f" after {whose} has gone" if whose else ""
    detail = sentence(f"{name} could not be reclaimed{after}{why}")
    shown = (proofs.status(write, f"phase of {name} is Failed"), *proofs.events(notes))
    wrong = Trouble("volume-lost", detail, shown, commands.describe(write))
    since = _so_since(write)
    plain = Holding(1, "client", "", since, f"{name} to be looked after", about=write)
    return troubled(plain, wrong)


def _reclaimed(snapshot: Snapshot, write: Write, whose: str) -> Holding:
    """It is to be deleted with what is behind it, by whoever provisioned it; or to be emptied."""
    name = named(write.image)
    recycled = getattr(write.image.spec, "persistent_volume_reclaim_policy", "") == "Recycle"
    does, actor = ("emptied", _BINDER) if recycled else ("deleted", "custom-controller")
    what = f"{name} to be {does}, as {whose or 'its claim'} is gone"
    since = _so_since(write)
    plain = Holding(1, actor, "", since, what, late="terminating-slow", about=write)
    notes = snapshot.latest_notes(write.log, *_FAILURES)
    if not notes:
        return plain
    detail = sentence(f"{name} cannot be {does}: {said(notes[0])}")
    wrong = Trouble("terminating-slow", detail, proofs.events(notes), commands.describe(write))
    return troubled(plain, wrong)


_PROVISIONED = "pv.kubernetes.io/provisioned-by"
_TIED = ("spec.claimRef", "metadata.annotations.pv.kubernetes.io/")


def provisioned(view: View, who: Writer) -> Verdict | None:
    """A volume was made for a claim, by its driver's provisioner or, of an old kind, in-tree.

    Source: https://kubernetes.io/docs/reference/labels-annotations-taints/
    #pv-kubernetes-ioprovisioned-by
    """
    write = view.write
    marked = _PROVISIONED in (write.image.metadata.annotations or {})
    if write.change.type != "ADDED" or not marked or not who.known:
        return None
    if not (who.controls or (not who.built_in and is_program(who.manager))):
        return None
    claim = getattr(write.image.spec, "claim_ref", None)
    asked = view.by_name("PersistentVolumeClaim", claim.namespace, claim.name) if claim else None
    subject = f"The {title(_BINDER)}" if who.controls else f"The custom controller {who.manager}"
    return Verdict(
        rule="volume-provisioned",
        actor=_BINDER if who.controls else "custom-controller",
        actor_name=who.manager,
        verb="create",
        what=f"{subject} provisioned {named(write.image)}.",
        why=f"{named(asked.image)} asks for a volume." if asked else "A claim asks for a volume.",
        who_grade="inferred",
        why_grade="inferred",
        causes=(asked,) if asked else (),
        begins=asked is None,
        evidence=(
            proofs.saw(write),
            *proofs.managed(who),
            proofs.sequence(f"{_PROVISIONED} is set on what is provisioned for a claim", "who"),
        ),
        source_url=sources.VOLUME_BINDING if who.controls else sources.PROVISIONING,
    )


def tied(view: View, who: Writer) -> Verdict | None:
    """The persistent volume controller tied a volume to its claim, or let it go."""
    write = view.write
    if write.change.type != "MODIFIED" or not who.controls or who.subresource:
        return None
    paths = [change.path for change in write.changes]
    if not paths or not all(path.startswith(_TIED) for path in paths):
        return None
    cause = view.previous()
    return Verdict(
        rule="claim-bound",
        actor=_BINDER,
        actor_name=who.manager,
        verb="update",
        what=f"The {title(_BINDER)} changed the binding of {named(write.image)}: "
        f"{told_changes(write.changes)}.",
        why="A claim and the volume that satisfies it refer to each other.",
        who_grade="inferred",
        why_grade="inferred",
        causes=(cause,) if cause else (),
        evidence=(proofs.saw(write), *proofs.managed(who)),
        source_url=sources.VOLUME_BINDING,
    )


def reclaimable(view: View) -> Housekeeper | None:
    """Who provisioned a volume deletes it once its claim is gone, where it is not to be kept.

    Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#delete
    """
    image = view.write.before or view.write.image
    policy = getattr(image.spec, "persistent_volume_reclaim_policy", "")
    if policy != "Delete" or getattr(image.status, "phase", "") not in ("Released", "Failed"):
        return None
    why = (
        "A client, or whoever provisioned it: its claim is gone, and its reclaim policy is Delete."
    )
    return Housekeeper("unknown", why, sources.VOLUME_DELETION, view.previous())


BEHAVIOURS = (
    Behaviour(
        kind=kinds.VOLUME,
        assess=assess_volume,
        expires=reclaimable,
        rules={kinds.VOLUME: Rules(creations=(provisioned,), changes=(tied, enlarged))},
    ),
)
