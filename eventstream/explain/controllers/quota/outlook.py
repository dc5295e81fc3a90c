"""How a ResourceQuota stands: in force once its controller has taken its limits over.

Source: pkg/controller/resourcequota/resource_quota_controller.go, syncResourceQuota.
"""

from eventstream.explain.controllers.shared.conventions import complete
from eventstream.explain.outlook.holding import Holding, Outlook, pending
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.text import named, when
from eventstream.explain.world.writes import Write


def assess(snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
    """The outlook of a quota: done once its status has the limits of its spec."""
    image = write.image
    hard = getattr(image.spec, "hard", None) or {}
    if hard == (getattr(image.status, "hard", None) or {}):
        return complete(write, f"{named(image)} is in force.")
    waiting_for = f"the status of {named(image)} to follow"
    actor = "resourcequota-controller"
    held = Holding(1, actor, "", when(write), waiting_for, wait="report-status", about=write)
    return pending([held], (), snapshot, "")
