"""What a node that is gone, silent or not ready means for itself, and for a Pod that is there.

Source: https://kubernetes.io/docs/concepts/architecture/nodes/#node-status.
"""

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.outlook.holding import Holding, Trouble
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary import commands
from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.world.pods import condition, node_of
from eventstream.explain.world.text import parse, said_by, when
from eventstream.explain.world.writes import Write
from eventstream.objects.cluster_kinds import NodeSpec
from eventstream.objects.pods import Condition

_SHUT_DOWN = "node.cloudprovider.kubernetes.io/shutdown"
"""The taint of a node whose machine its cloud has stopped.

Source: https://kubernetes.io/docs/reference/labels-annotations-taints/
#node-cloudprovider-kubernetes-io-shutdown
"""


def silent(host: Write, ready: Condition) -> str:
    """That a kubelet does not report any more, with what its node's condition says; a clause.

    And that its machine is shut down, where its cloud says so.
    """
    since, told = _silence(ready)
    taints = host.image.spec.taints if isinstance(host.image.spec, NodeSpec) else ()
    off = any(taint.key == _SHUT_DOWN for taint in taints)
    why = f": its machine is shut down, as taint {_SHUT_DOWN} says" if off else ""
    never = "never" if ready.reason == _NEVER else "not"
    return f"The kubelet on {host.image.metadata.name} has {never} reported{since}{told}{why}"


_NEVER = "NodeStatusNeverUpdated"
"""Of a node that was made, by its kubelet or another, and of which no kubelet has told since.

Source: pkg/controller/nodelifecycle/node_lifecycle_controller.go, tryUpdateNodeHealth.
"""


def _silence(ready: Condition) -> tuple[str, str]:
    """Since when, and what the condition says of it; each as a part of a sentence."""
    known = ready.last_transition_time and ready.reason != _NEVER
    since = f" since {ready.last_transition_time}" if known else ""
    said = said_by(ready.message, ready.reason).rstrip(".")
    return since, f" ({said})" if said else ""


def report(host: Write, ready: Condition) -> str:
    """What is waited for while a kubelet is silent."""
    again = "" if ready.reason == _NEVER else " again"
    return f"the kubelet on {host.image.metadata.name} to report{again}"


REBOOT = 100.0
"""Seconds for which a node that was given up is taken to be rebooting, after the half minute and
more of silence for which it was given up: its Pods stay for five minutes.

Source: pkg/controller/nodelifecycle/node_lifecycle_controller.go (nodeMonitorGracePeriod);
plugin/pkg/admission/defaulttolerationseconds/admission.go.
"""


def is_lost(host: Write, now: float) -> bool:
    """Whether a kubelet has been silent for longer than a reboot of its node takes."""
    ready = condition(host.image, "Ready")
    if ready is None or ready.status != "Unknown":
        return False
    return now - (parse(ready.last_transition_time) or when(host)) > REBOOT


def unready(host: Write, who: str) -> Holding | None:
    """The wait for a node to be ready, which is called `who`; None where its Ready is not False.

    Also while its kubelet is silent, which it is for a while where its node is rebooted.
    """
    ready = condition(host.image, "Ready")
    if ready is not None and ready.status == "Unknown":
        return _returning(host, ready)
    if ready is None or ready.status != "False":
        return None
    said = (said_by(ready.message, ready.reason) or "it does not say why").rstrip(".")
    return Holding(
        1,
        "kubelet",
        host.image.metadata.name,
        parse(ready.last_transition_time) or when(host),
        f"{who} to be ready: {said}",
        late="not-ready",
        wait="node-ready",
        about=host,
        evidence=(proofs.says(host, ready),),
        command=commands.describe(host),
    )


def _returning(host: Write, ready: Condition) -> Holding:
    name, since, told = host.image.metadata.name, *_silence(ready)
    return Holding(
        1,
        "kubelet",
        name,
        parse(ready.last_transition_time) or when(host),
        f"{report(host, ready)}: it has not{since}{told}",
        patient=True,
        about=host,
        evidence=(proofs.says(host, ready),),
        command=commands.describe(host),
        works=True,
    )


_GAP_SECONDS = 10.0
"""For which a Pod whose node went unseen may have gone as well: its own list is still to come."""


def node_lost(snapshot: Snapshot, write: Write) -> Trouble | None:
    """The Pod's node is gone, or its kubelet has stopped reporting for longer than a reboot."""
    node = node_of(write.image)
    host = snapshot.by_name("Node", None, node)
    pod = write.image.metadata.name
    if host is None:
        late = snapshot.now - write.change.at > _GAP_SECONDS
        if not node or not snapshot.has_met("Node") or not late:
            return None
        text = f"Node {node}, to which Pod {pod} is bound, is gone or never was."
        return Trouble("node-lost", text, (_bound(write),), commands.describe(write))
    if host.change.type == "VANISHED" and snapshot.now - host.change.at < _GAP_SECONDS:
        return None
    if host.gone:
        text = f"Node {node}, to which Pod {pod} is bound, no longer exists."
        proof = (proofs.seen(host, f"Node {node} was deleted"), _bound(write))
        return Trouble("node-lost", text, proof, commands.describe(write))
    ready = condition(host.image, "Ready")
    if ready is None or not is_lost(host, snapshot.now):
        return None
    text = f"{silent(host, ready)}; Pod {pod} is there."
    proof = (proofs.says(host, ready), _bound(write))
    return Trouble("node-lost", text, proof, commands.describe(host))


def node_unready(snapshot: Snapshot, write: Write) -> Holding | None:
    """The wait for a node that is not ready, or whose kubelet is silent; None where it is."""
    node = node_of(write.image)
    host = snapshot.by_name("Node", None, node)
    if host is None or host.gone:
        return None
    held = unready(host, f"Node {node}, where Pod {write.image.metadata.name} is,")
    if held is None:
        return None
    return msgspec.structs.replace(held, evidence=(*held.evidence, _bound(write)))


def _bound(write: Write) -> Evidence:
    return proofs.seen(write, f"Pod {write.image.metadata.name} is bound to {node_of(write.image)}")
