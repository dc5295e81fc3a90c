"""What is said of a workload whose Pods or ReplicaSets Baton is not shown: its status alone tells.

Whoever may not list a kind sees nothing of it, which is no sign that nothing was made.
Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/ (list and watch are granted by
resource).
"""

import msgspec

from eventstream.explain.outlook.holding import Holding
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.text import count, named, when
from eventstream.explain.world.writes import Write

_READY = 5
_TOLD = ("replicas", "current_number_scheduled", "active")
_WELL = ("available_replicas", "number_available", "ready_replicas", "number_ready", "ready")


def hides(snapshot: Snapshot, kind: str) -> bool:
    """Whether no object of this kind of Kubernetes' own was shown, nor that there is none."""
    return not snapshot.world.places.knows(kind)


def told(owner: Write) -> int:
    """How many Pods a workload has by its own status."""
    return _first(owner, _TOLD)


def waiting(snapshot: Snapshot, owner: Write, desired: int) -> Holding | None:
    """The wait for Pods that are not shown; None where they are, or the status is of before.

    Who is to move among scheduler, kubelet and controllers, nobody can tell then.
    """
    status, generation = owner.image.status, owner.image.metadata.generation or 0
    if not (hides(snapshot, "Pod") or _hides_replicasets(snapshot, owner)):
        return None
    if getattr(status, "observed_generation", generation) < generation:
        return None
    well = min(_first(owner, _WELL), desired)
    what = (
        f"{count(desired, 'Pod')} of {named(owner.image)}, of which its status has {well} well: "
        "Baton is not shown what these wait for"
    )
    return Holding(_READY, "unknown", "", when(owner), what, patient=True, about=owner, works=True)


def untold(snapshot: Snapshot, held: Holding) -> Holding:
    """The wait for a controller that is perhaps refused, where Events, which say so, are hidden."""
    if not hides(snapshot, "Event"):
        return held
    what = (
        f"{held.waiting_for}; whether that is refused, Events would tell, which Baton is not shown"
    )
    return msgspec.structs.replace(held, waiting_for=what, late="not-ready")


def _hides_replicasets(snapshot: Snapshot, owner: Write) -> bool:
    return owner.image.kind == "Deployment" and hides(snapshot, "ReplicaSet")


def _first(owner: Write, names: tuple[str, ...]) -> int:
    found = (getattr(owner.image.status, name, None) for name in names)
    return next((int(number) for number in found if number), 0)
