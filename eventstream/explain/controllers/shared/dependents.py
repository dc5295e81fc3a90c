"""What an object waits for in what it owns, where its kind's own outlook does not count that.

A Pod may make Pods of its own, as the driver of a Spark application makes its executors, and give
them to its Deployment instead, as Flink's job manager does; what fills a claim belongs to it, as
the Pod of an importer does. Sources:
https://nightlies.apache.org/flink/flink-docs-stable/docs/deployment/resource-providers/native_kubernetes/;
 https://spark.apache.org/docs/latest/running-on-kubernetes.html#client-mode-executor-pod-garbage-collection;
https://github.com/kubevirt/containerized-data-importer/blob/c07cdb6fbd18976c44f65f1e4c0deae03e33e718/doc/datavolumes.md.
"""

from collections.abc import Callable

import msgspec

from eventstream.explain.outlook.holding import Holding, Outlook, pending
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.registry import group_kind
from eventstream.explain.world.families import HIGHEST
from eventstream.explain.world.pods import has_ended
from eventstream.explain.world.writes import Write

Assess = Callable[[Snapshot, Write, Write | None], Outlook]


def with_dependents(snapshot: Snapshot, write: Write, own: Outlook, assess: Assess) -> Outlook:
    """The outlook of a Pod, a claim or a Deployment together with that of the Pods that it owns.

    Those of a Deployment's ReplicaSets are none of its own. Of other kinds it is their own outlook.
    """
    if not write.log.family.children:
        return own
    kind = group_kind(write.image.api_version, write.image.kind)
    if kind in (kinds.POD, kinds.DEPLOYMENT):
        # Without it nobody needs the others, and what is wrong with it keeps it from making more.
        if own.state == "stalled" or has_ended(write.image):
            return own
        found = _waits(snapshot, write, assess, "Pod")
    elif kind == kinds.CLAIM:
        # The claim waits for what fills it.
        held = _waits(snapshot, write, assess, "Pod", "PersistentVolumeClaim")
        found = [msgspec.structs.replace(one, rank=0) for one in held]
    else:
        return own
    if not found:
        return own
    return pending([*found, *own.holdings], own.stages, snapshot, "")


def _waits(snapshot: Snapshot, write: Write, assess: Assess, *of: str) -> list[Holding]:
    """What those of these kinds that it owns wait for; one that ended may have been replaced."""
    found: list[Holding] = []
    if snapshot.level == HIGHEST:
        return found
    snapshot.level += 1
    for child in snapshot.children(write.log):
        snapshot.looked += 1
        if child.image.kind in of and not has_ended(child.image):
            found.extend(assess(snapshot, child, None).holdings)
    snapshot.level -= 1
    return found
