"""How a PodDisruptionBudget stands: in force once its controller has counted.

Source: pkg/controller/disruption/disruption.go, updatePdbStatus.
"""

from eventstream.explain.controllers.shared.conventions import complete
from eventstream.explain.outlook.holding import Holding, Outlook, pending
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.text import count, named
from eventstream.explain.world.times import when
from eventstream.explain.world.writes import Write


def assess(snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
    """The outlook of a budget: done once its newest generation is observed."""
    image = write.image
    observed = getattr(image.status, "observed_generation", None) or 0
    if observed and observed >= (image.metadata.generation or 0):
        allowed = count(getattr(image.status, "disruptions_allowed", 0), "disruption")
        return complete(write, f"{named(image)} is in force and allows {allowed} now.")
    waiting_for = f"the status of {named(image)} to follow"
    actor = "disruption-controller"
    held = Holding(1, actor, "", when(write), waiting_for, wait="report-status", about=write)
    return pending([held], (), snapshot, "")
