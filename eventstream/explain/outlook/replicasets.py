"""What a ReplicaSet's Pods wait for, and what its controller must do next."""

from eventstream.explain.outlook import pods
from eventstream.explain.outlook.holding import Holding
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.pods import condition, is_ready, is_running, node_of
from eventstream.explain.text import count
from eventstream.explain.times import when
from eventstream.explain.writes import Write

CREATE = 2


class PodCounts:
    """The Pods of one controller by how far they have come; `moved` is when one last changed."""

    def __init__(self, snapshot: Snapshot, owner: Write) -> None:
        every = list(snapshot.children(owner.log, "Pod"))
        self.active = [write for write in every if write.active]
        self.leaving = [write for write in every if write.image.metadata.deletion_timestamp]
        self.scheduled = sum(1 for write in self.active if node_of(write.image))
        self.started = sum(1 for write in self.active if is_running(write.image))
        self.ready = sum(1 for write in self.active if is_ready(write.image))
        self.moved = max((when(write) for write in every), default=0.0)

    def holdings(self) -> list[Holding]:
        """What each Pod waits for."""
        found = [pods.holding(write) for write in (*self.active, *self.leaving)]
        return [holding for holding in found if holding is not None]


def creation(owner: Write, actor: str, desired: int, existing: int) -> Holding | None:
    """What the controller must still create or delete, and why it cannot, if it says so.

    Source: pkg/controller/replicaset/replica_set_utils.go (condition ReplicaFailure).
    """
    name = f"{owner.image.kind} {owner.image.metadata.name}"
    if existing == desired:
        return None
    if existing > desired:
        waiting_for = f"{count(existing - desired, 'Pod')} of {name} to be deleted"
        return Holding(CREATE, actor, "", when(owner), waiting_for)
    waiting_for = f"{count(desired - existing, 'Pod')} of {name} to be created"
    failure = condition(owner.image, "ReplicaFailure")
    since = when(owner)
    if failure is None or failure.status != "True":
        return Holding(CREATE, actor, "", since, waiting_for)
    message = failure.message or failure.reason or ""
    code = "quota-exceeded" if "exceeded quota" in message else "admission-denied"
    detail = f"{count(desired - existing, 'Pod')} of {name} cannot be created: {message}"
    return Holding(CREATE, actor, "", since, waiting_for, code, detail)
