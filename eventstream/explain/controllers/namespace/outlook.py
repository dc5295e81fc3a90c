"""How a namespace stands that is not being deleted.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/
"""

from eventstream.explain.controllers.shared.conventions import complete, unknown, untaught
from eventstream.explain.outlook.holding import Outlook
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.text import named
from eventstream.explain.world.writes import Write


def assess(_snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
    """The outlook of a namespace: done once it is active."""
    phase = getattr(write.image.status, "phase", "")
    if phase == "Active":
        return complete(write, f"{named(write.image)} is active.")
    if not phase:
        return unknown(write, f"{named(write.image)} does not tell its phase.")
    return untaught(write, f"The phase of this one is {phase}.")
