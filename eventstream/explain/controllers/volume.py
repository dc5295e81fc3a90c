"""How a PersistentVolume stands, by its phase.

Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#phase and #reclaiming there;
pkg/controller/volume/persistentvolume/pv_controller.go, syncVolume, reclaimVolume.
"""

from eventstream.explain.controllers.registry import Behaviour
from eventstream.explain.controllers.shared.conventions import complete, unknown
from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Holding, Outlook, Trouble, pending, troubled
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.world.notes import said
from eventstream.explain.world.text import named, sentence, when
from eventstream.explain.world.writes import Write

_FAILURES = (
    "VolumeFailedDelete",
    "VolumeFailedRecycle",
    "VolumeDelete",
    "VolumeUnknownReclaimPolicy",
)


def assess(snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
    """The outlook of a volume: done while it may be claimed, is bound, or is kept on purpose."""
    name, spec = named(write.image), write.image.spec
    phase = getattr(write.image.status, "phase", "")
    claim = getattr(spec, "claim_ref", None)
    whose = f"PersistentVolumeClaim {claim.name} of namespace {claim.namespace}" if claim else ""
    if phase == "Available":
        return complete(write, f"{name} may be claimed.")
    if phase == "Bound":
        return complete(write, f"{name} is bound to {whose or 'a claim'}.")
    if phase == "Released" and getattr(spec, "persistent_volume_reclaim_policy", "") == "Retain":
        kept = f"{name} is kept though {whose or 'its claim'} is gone (reclaim policy Retain)"
        return complete(write, f"{kept}: nobody can claim it until spec.claimRef is taken away.")
    if phase == "Failed":
        return pending([_failed(snapshot, write, whose)], (), snapshot, "")
    if phase == "Released":
        return pending([_reclaimed(snapshot, write, whose)], (), snapshot, "")
    return unknown(write, f"{name} does not say yet how it stands.")


def _failed(snapshot: Snapshot, write: Write, whose: str) -> Holding:
    """Its controller could not delete it: somebody has to see why, though it may try again."""
    name = named(write.image)
    notes = snapshot.latest_notes(write.log, *_FAILURES)
    why = f": {said(notes[0])}" if notes else ""
    after = f" after {whose} has gone" if whose else ""
    detail = sentence(f"{name} could not be reclaimed{after}{why}")
    shown = (proofs.status(write, f"phase of {name} is Failed"), *proofs.events(notes))
    wrong = Trouble("volume-lost", detail, shown, commands.describe(write))
    plain = Holding(1, "client", "", when(write), f"{name} to be looked after", about=write)
    return troubled(plain, wrong)


def _reclaimed(snapshot: Snapshot, write: Write, whose: str) -> Holding:
    """It is to be deleted with what is behind it, by whoever provisioned it."""
    name = named(write.image)
    what = f"{name} to be deleted, as {whose or 'its claim'} is gone"
    plain = Holding(
        1, "custom-controller", "", when(write), what, late="terminating-slow", about=write
    )
    notes = snapshot.latest_notes(write.log, *_FAILURES)
    if not notes:
        return plain
    detail = sentence(f"{name} cannot be deleted: {said(notes[0])}")
    wrong = Trouble("terminating-slow", detail, proofs.events(notes), commands.describe(write))
    return troubled(plain, wrong)


BEHAVIOURS = (Behaviour(kind=kinds.VOLUME, assess=assess),)
