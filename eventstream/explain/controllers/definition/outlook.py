"""How a CustomResourceDefinition stands: its names accepted, its type served."""

from eventstream.explain.outlook.holding import Holding, Outlook, pending, staged
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.pods import is_true
from eventstream.explain.world.times import when
from eventstream.explain.world.writes import Write


def assess(snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
    """The outlook of a CustomResourceDefinition that exists."""
    if is_true(write.image, "Established"):
        summary = f"The type {write.image.spec.names.kind} is served."
        stages = staged([("stored", 1, 1), ("names accepted", 1, 1), ("established", 1, 1)])
        return Outlook("complete", summary, (), stages, when(write))
    accepted = int(is_true(write.image, "NamesAccepted"))
    stages = staged([("stored", 1, 1), ("names accepted", accepted, 1), ("established", 0, 1)])
    waiting_for = f"the type {write.image.metadata.name} to be established"
    holding = Holding(1, "api-server", "", when(write), waiting_for, wait="establish", about=write)
    return pending([holding], stages, snapshot, "")
