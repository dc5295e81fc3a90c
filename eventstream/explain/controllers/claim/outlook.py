"""How a PersistentVolumeClaim stands: bound, or waiting for a volume.

Source: pkg/controller/volume/persistentvolume/pv_controller.go, syncUnboundClaim.
"""

from eventstream.explain.controllers.shared.conventions import complete, untaught
from eventstream.explain.outlook.holding import Holding, Outlook, pending, staged
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.text import named
from eventstream.explain.world.times import when
from eventstream.explain.world.writes import Write


def assess(snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
    """The outlook of a claim: done once it is bound to a volume."""
    image = write.image
    phase = getattr(image.status, "phase", "")
    volume = getattr(image.spec, "volume_name", "")
    if phase == "Bound":
        return complete(write, f"{named(image)} is bound to {volume or 'a volume'}.")
    if phase not in ("", "Pending"):
        return untaught(write, f"The phase of this one is {phase}.")
    held = Holding(
        1,
        "persistentvolume-controller",
        "",
        when(write),
        f"a volume for {named(image)}",
        late="volume-pending",
        wait="bind-volume",
        patient=_waits_for_a_pod(snapshot, write),
        about=write,
    )
    return pending([held], staged([("stored", 1, 1), ("bound", 0, 1)]), snapshot, "")


def _waits_for_a_pod(snapshot: Snapshot, write: Write) -> bool:
    """Whether its storage class binds a claim only once a Pod uses it: that may take for ever."""
    return bool(snapshot.notes(write.log, "WaitForFirstConsumer", "WaitForPodScheduled"))
