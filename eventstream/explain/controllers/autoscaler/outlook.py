"""How a HorizontalPodAutoscaler stands, by its own conditions.

Source: pkg/controller/podautoscaler/horizontal.go, reconcileAutoscaler.
"""

from eventstream.explain.controllers.shared.conventions import complete, unknown
from eventstream.explain.outlook.holding import Outlook
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.pods import condition
from eventstream.explain.world.text import count, named, said_by, sentence
from eventstream.explain.world.writes import Write


def assess(_snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
    """The outlook of an autoscaler: it never ends, and is done while it can measure and scale."""
    image = write.image
    for name in ("AbleToScale", "ScalingActive"):
        found = condition(image, name)
        if found is None:
            return unknown(write, f"{named(image)} does not say yet whether it is {name}.")
        if found.status != "True":
            said = sentence(said_by(found.message, found.reason) or "it does not say why")
            return unknown(write, f"{named(image)} is not {name} now: {said}")
    replicas = count(getattr(image.status, "desired_replicas", 0), "replica")
    return complete(write, f"{named(image)} measures, and wants {replicas}.")
