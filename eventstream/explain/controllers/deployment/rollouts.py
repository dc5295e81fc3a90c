"""How far a rollout may go now, in Pods: which ReplicaSet goes up or down, by how much, and why.

Sources: pkg/controller/deployment/rolling.go (reconcileNewReplicaSet, reconcileOldReplicaSets);
pkg/controller/deployment/util/deployment_util.go (NewRSNewReplicas, ResolveFenceposts).
"""

import msgspec

from eventstream.explain.world.text import count, seen
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image
from eventstream.objects.numbers import whole
from eventstream.objects.workloads import DeploymentSpec


class Room(msgspec.Struct, frozen=True):
    """What a rolling update may do, and how its ReplicaSets stood just before this write."""

    desired: int
    surge: int
    missing: int
    asked: int
    available: int

    @property
    def most(self) -> int:
        """How many Pods may exist at once."""
        return self.desired + self.surge

    @property
    def least(self) -> int:
        """How many Pods must stay available."""
        return max(self.desired - self.missing, 0)


def room(view: View, deployment: str) -> Room | None:
    """The room of a Deployment with strategy RollingUpdate; None for others, or if not seen."""
    latest = view.latest(deployment)
    spec = latest.image.spec if latest is not None else None
    if not isinstance(spec, DeploymentSpec) or spec.strategy.rolling_update is None:
        return None
    rolling = spec.strategy.rolling_update
    surge = share(rolling.max_surge, spec.replicas, up=True)
    missing = share(rolling.max_unavailable, spec.replicas, up=False)
    if surge is None or missing is None:
        return None
    asked = available = 0
    for child in view.children(deployment):
        state = child.at(view.order)
        if state is not None and not state.gone and state.image.kind == "ReplicaSet":
            asked += getattr(state.image.spec, "replicas", 0)
            available += getattr(state.image.status, "available_replicas", 0)
    return Room(spec.replicas, surge, missing or int(not surge), asked, available)


def share(value: int | str | None, total: int, *, up: bool) -> int | None:
    """A number of Pods, or a percentage of `total` rounded up or down; None where it is neither."""
    if isinstance(value, int):
        return value
    percent = whole((value or "").removesuffix("%"))
    if percent is None:
        return None
    return -(-percent * total // 100) if up else percent * total // 100


_ACTS = ("replicaset-created", "replicaset-scaled", "replicaset-updated")


def cause(view: View, deployment: str, *, up: bool) -> Write | None:
    """What let the controller scale now: the new desired state, if not acted on yet; else news.

    Going up needs room, which a smaller request elsewhere makes; going down needs Pods that have
    become available, or are known not to be.
    """
    spec = view.last_spec_change(deployment)
    floor = spec.order if spec else -1
    strange = _strange(view, floor)
    if strange is not None:
        return strange
    acted = False
    smaller: Write | None = None
    report: Write | None = None
    better: Write | None = None
    for child in view.children(deployment):
        for write in view.backwards(child.uid):
            if write.order <= floor:
                break
            rule = write.decision.rule
            if rule == "status-reported":
                report = _later(report, write)
                if _later(better, write) is write and _grew(write.before, write.image):
                    better = write
            elif rule in _ACTS:
                acted = True
                if _later(smaller, write) is write and _change(write, "spec", "replicas") < 0:
                    smaller = write
    if not acted:
        return spec
    return (smaller if up else None) or better or report or spec


def _strange(view: View, floor: int) -> Write | None:
    """The write by which somebody else had just changed how many Pods the ReplicaSet asks for."""
    for write in view.backwards(view.write.log.uid):
        if write.base or write.order <= floor:
            return None
        if _change(write, "spec", "replicas"):
            rule = write.decision.rule
            return None if rule in _ACTS else write
    return None


def _later(known: Write | None, write: Write) -> Write:
    return known if known is not None and known.order > write.order else write


def _grew(before: Image | None, after: Image) -> bool:
    """Whether a report tells of more available Pods than the one before it."""
    now, was = after.status, before.status if before is not None else None
    more = getattr(now, "available_replicas", 0) or 0
    return more > (getattr(was, "available_replicas", 0) or 0)


def _change(write: Write, part: str, field: str) -> int:
    before = getattr(getattr(write.before, part, None), field, 0)
    after = getattr(getattr(write.image, part, None), field, 0)
    return int(after or 0) - int(before or 0)


def why(view: View, found: Write | None, deployment: str, name: str) -> str:
    """Why the ReplicaSet of this write was scaled just now, with the numbers that decided it."""
    if found is None:
        return f"What made it act on Deployment {name} was not seen."
    received = f"It received {seen(found)}"
    if found.log is view.write.log:
        return f"{received}: the ReplicaSet is to ask for what Deployment {name} wants of it."
    resized = found.before is not None and _change(found, "spec", "replicas")
    if found.image.kind == "Deployment" and resized:
        desired = getattr(found.image.spec, "replicas", 0)
        return f"{received}, which asks for {count(desired, 'Pod')}."
    numbers = reckoned(view, deployment)
    if found.image.kind == "Deployment":
        return f"{received}, whose desired state differed.{numbers}"
    return f"{received}.{numbers}" if numbers else f"{received}, and counted again."


def reckoned(view: View, deployment: str) -> str:
    """The numbers by which the ReplicaSet of this write could go up or down, as sentences."""
    latest = view.latest(deployment)
    strategy = getattr(getattr(latest and latest.image.spec, "strategy", None), "type", "")
    if strategy == "Recreate":
        return " With strategy Recreate all old Pods go before new ones come."
    found = room(view, deployment)
    if found is None:
        return ""
    step = _change(view.write, "spec", "replicas")
    return _down(view.write, found, -step) if step < 0 else _up(found)


def _up(found: Room) -> str:
    limit = (
        f" At most {count(found.most, 'Pod')} may exist ({found.desired} desired, "
        f"{found.surge} more for surge)"
    )
    left = found.most - found.asked
    if left <= 0:
        return f"{limit}."
    return f"{limit} and {found.asked} {_were(found.asked)} asked for: room for {left} more."


def _down(write: Write, found: Room, fewer: int) -> str:
    asked = getattr(write.before.spec if write.before else None, "replicas", 0)
    idle = asked - getattr(write.before.status if write.before else None, "available_replicas", 0)
    if idle >= fewer:
        return f" {count(idle, 'Pod')} of it {_were(idle)} not available, and may go at once."
    limit = (
        f" At least {count(found.least, 'Pod')} must stay available ({found.desired} desired, "
        f"{found.missing} may be missing)"
    )
    if found.available - fewer < found.least:
        return f"{limit}."
    return f"{limit} and {found.available} {_were(found.available)}: {fewer} of the old may go."


def _were(number: int) -> str:
    return "was" if number == 1 else "were"
