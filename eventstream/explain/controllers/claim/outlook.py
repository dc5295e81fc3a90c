"""How a PersistentVolumeClaim stands: bound, waiting for a volume, or without the one it had.

Sources: pkg/controller/volume/persistentvolume/pv_controller.go, syncClaim, syncUnboundClaim,
provisionClaimOperation, provisionClaimOperationExternal.
"""

from eventstream.explain.controllers.claim.resizing import resizing
from eventstream.explain.controllers.shared.conventions import complete, untaught
from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Holding, Outlook, Trouble, pending, staged, troubled
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.outlook.tellings import latest
from eventstream.explain.vocabulary.records import Stage
from eventstream.explain.world.notes import said, told_at
from eventstream.explain.world.text import named, sentence, when
from eventstream.explain.world.writes import Write
from eventstream.objects.observations import Change

_BINDER = "persistentvolume-controller"
_FIRST_USE = ("WaitForFirstConsumer", "WaitForPodScheduled")
_WRONG = ("ProvisioningFailed", "VolumeMismatch", "ClaimMisbound")
_SAID = (*_WRONG, *_FIRST_USE, "FailedBinding", "ExternalProvisioning", "Provisioning")
TOLD_BY = frozenset({*_WRONG, "FailedBinding"})
"""Reasons of the Events that say that a claim cannot be bound as things are."""


def assess(snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
    """The outlook of a claim: done once it is bound to a volume as large as it asks for."""
    image = write.image
    phase = getattr(image.status, "phase", "")
    volume = getattr(image.spec, "volume_name", "")
    if phase == "Bound":
        held = resizing(snapshot, write)
        if held is not None:
            return pending([held], staged([("bound", 1, 1), ("resized", 0, 1)]), snapshot, "")
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
    notes = latest(snapshot, write.log, *_WRONG) or latest(snapshot, write.log, *_SAID)
    note = notes[0] if notes else None
    reason = note.after.spec.reason if note is not None else ""
    if note is None or reason == "Provisioning":
        return _waits(write, _BINDER if note is None else "custom-controller", note)
    if reason in _FIRST_USE:
        return _first_use(write, note)
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


def _first_use(write: Write, note: Change) -> Holding:
    """Its storage class binds it only once a Pod uses it and is placed: that may take for ever."""
    name = named(write.image)
    if note.after.spec.reason == "WaitForPodScheduled":
        what = f"the Pod that uses {name} to be placed: {said(note).rstrip('.')}"
        return Holding(1, "scheduler", "", told_at(note), what, patient=True, about=write)
    what = f"a Pod that uses {name}: its storage class binds it only then"
    return Holding(1, "client", "", told_at(note), what, patient=True, about=write)
