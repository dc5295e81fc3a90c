"""Whether a controller is whole again after something of it was deleted."""

from eventstream.explain.controllers.shared import workloads
from eventstream.explain.controllers.shared.podcounts import PodCounts, missing_pods
from eventstream.explain.outlook.holding import Holding
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary.registry import pods_maker
from eventstream.explain.world.text import named
from eventstream.explain.world.times import when
from eventstream.explain.world.writes import Write


def healed(began: Write, above: Write, snapshot: Snapshot) -> tuple[bool, list[Holding]]:
    """Whether the owner has, since the deletion, reported that all its Pods are ready again."""
    desired = getattr(above.image.spec, "replicas", None)
    if not isinstance(desired, int) or above.image.kind == "Deployment":
        return True, []
    counts = PodCounts(snapshot, above)
    reported = above.order > began.order and workloads.reached(above.image)
    if reported and counts.ready == desired:
        return True, []
    holdings = [h for h in counts.holdings() if not h.stops]
    maker = pods_maker(above.image)
    actor = maker.actor if maker else "unknown"
    missing = missing_pods(snapshot, above, actor, desired, counts)
    if missing is not None:
        holdings.append(missing)
    if not holdings:
        since, waiting_for = (
            max(when(above), counts.moved),
            f"the status of {named(above.image)} to follow",
        )
        report = Holding(7, actor, "", since, waiting_for, wait="report-status", about=above)
        holdings.append(report)
    return False, holdings
