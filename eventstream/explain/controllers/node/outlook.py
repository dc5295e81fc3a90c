"""How a Node stands: it answers and takes Pods, or its kubelet is silent or not ready yet.

Source: https://kubernetes.io/docs/concepts/architecture/nodes/#node-status
"""

from eventstream.explain.controllers.node import drains
from eventstream.explain.controllers.node.pressures import pressed
from eventstream.explain.controllers.shared import hosts
from eventstream.explain.controllers.shared.conventions import unknown
from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Holding, Outlook, pending
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.pods import condition
from eventstream.explain.world.text import named, when
from eventstream.explain.world.writes import Write


def assess(snapshot: Snapshot, write: Write, began: Write | None) -> Outlook:
    """The outlook of a Node that exists: complete once it is ready, and while it says nothing."""
    image = write.image
    name = image.metadata.name
    ready = condition(image, "Ready")
    if ready is None:
        return unknown(write, f"The kubelet of {named(image)} has not said yet how it is.")
    if ready.status == "True":
        held = pressed(write)
        if held:
            return pending(held, (), snapshot, "")
        if getattr(image.spec, "unschedulable", False):
            return drains.assess(snapshot, write, began)
        return Outlook("complete", f"{named(image)} is ready.", ended=when(write))
    if ready.status == "Unknown":
        holding = Holding(
            1,
            "kubelet",
            name,
            when(write),
            f"the kubelet on {name} to report again",
            "node-lost",
            f"{hosts.silent(write, ready)}.",
            about=write,
            evidence=(proofs.says(write, ready),),
            command=commands.describe(write),
        )
        return pending([holding], (), snapshot, "")
    unready = hosts.unready(write, named(image))
    if unready is None:
        return unknown(write, f"Condition Ready of {named(image)} is {ready.status}.")
    return pending([unready], (), snapshot, "")
