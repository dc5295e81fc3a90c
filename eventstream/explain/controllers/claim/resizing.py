"""How a larger claim stands: it is done once its volume, and the file system on it, have grown.

Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims
"""

from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Holding, Trouble, troubled
from eventstream.explain.outlook.quantities import amount
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.notes import said
from eventstream.explain.world.pods import condition
from eventstream.explain.world.text import named, said_by, sentence, when
from eventstream.explain.world.writes import Write

_FAILED = ("ControllerResizeError", "NodeResizeError")
_EVENTS = ("VolumeResizeFailed", "FileSystemResizeFailed", "ExternalExpanding")


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
    notes = snapshot.notes(write.log, *_EVENTS)
    for type_ in _FAILED:
        found = condition(image, type_)
        if found is not None and found.status == "True":
            why = said_by(found.message, found.reason) or type_
            detail = sentence(f"{name} cannot grow from {has} to {asked}: {why}")
            shown = (proofs.says(write, found), *proofs.events(notes))
            return troubled(
                plain, Trouble("volume-pending", detail, shown, commands.describe(write))
            )
    if any(note.after.spec.reason != "ExternalExpanding" for note in notes):
        detail = sentence(f"{name} cannot grow from {has} to {asked}: {said(notes[0])}")
        wrong = Trouble("volume-pending", detail, proofs.events(notes), commands.describe(write))
        return troubled(plain, wrong)
    pending = condition(image, "FileSystemResizePending")
    if pending is not None and pending.status == "True":
        what = f"the file system of {name} to grow, as a Pod that uses it is started"
        return Holding(2, "kubelet", "", when(write), what, patient=True, about=write)
    return plain
