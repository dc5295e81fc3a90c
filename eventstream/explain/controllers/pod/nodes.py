"""The node of a Pod: that it is gone, silent, or not ready is what its Pods suffer from.

Sources: pkg/controller/nodelifecycle/node_lifecycle_controller.go (Ready is Unknown);
https://kubernetes.io/docs/concepts/architecture/nodes/#node-status.
"""

import msgspec

from eventstream.explain.controllers.shared import hosts
from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Holding, Trouble
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.world.pods import condition, node_of
from eventstream.explain.world.writes import Write

_GAP_SECONDS = 10.0


def node_lost(snapshot: Snapshot, write: Write) -> Trouble | None:
    """The Pod's node is gone, or its kubelet has stopped reporting."""
    node = node_of(write.image)
    host = snapshot.by_name("Node", None, node)
    pod = write.image.metadata.name
    if host is None:
        late = snapshot.now - write.change.at > _GAP_SECONDS
        if not node or not snapshot.world.sees_nodes or not late:
            return None
        text = f"Node {node}, to which Pod {pod} is bound, no longer exists."
        return Trouble("node-lost", text, (_bound(write),), commands.describe(write))
    if host.change.type == "VANISHED" and snapshot.now - host.change.at < _GAP_SECONDS:
        return None  # The Pod may have gone in the same gap: its own list is still to come.
    if host.gone:
        text = f"Node {node}, to which Pod {pod} is bound, no longer exists."
        proof = (proofs.seen(host, f"Node {node} was deleted"), _bound(write))
        return Trouble("node-lost", text, proof, commands.describe(write))
    ready = condition(host.image, "Ready")
    if ready is None or ready.status != "Unknown":
        return None
    text = f"{hosts.silent(host, ready)}; Pod {pod} is there."
    proof = (proofs.says(host, ready), _bound(write))
    return Trouble("node-lost", text, proof, commands.describe(host))


def unready(snapshot: Snapshot, write: Write) -> Holding | None:
    """The wait for a node whose kubelet says that it is not ready; None where it is."""
    node = node_of(write.image)
    host = snapshot.by_name("Node", None, node)
    if host is None or host.gone:
        return None
    held = hosts.unready(host, f"Node {node}, where Pod {write.image.metadata.name} is,")
    if held is None:
        return None
    return msgspec.structs.replace(held, evidence=(*held.evidence, _bound(write)))


def _bound(write: Write) -> Evidence:
    return proofs.seen(write, f"Pod {write.image.metadata.name} is bound to {node_of(write.image)}")
