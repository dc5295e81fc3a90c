"""What is known to be wrong with a Pod that has a node, told by its status and its Events.

Sources: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/ (states and reasons);
pkg/kubelet/images/types.go (the image reasons); pkg/kubelet/events/event.go (the Events).
"""

from eventstream.explain.controllers.pod.crashes import crash, ending
from eventstream.explain.controllers.pod.images import REASONS, image
from eventstream.explain.controllers.pod.probing import dying, killed, probing
from eventstream.explain.controllers.pod.starting import START_REASONS, mounting, starting
from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.outlook.trouble import Trouble
from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.world.pods import condition, containers, node_of
from eventstream.explain.world.times import when
from eventstream.explain.world.writes import Write
from eventstream.objects.pods import ContainerStatus

_GAP_SECONDS = 10.0


def trouble(snapshot: Snapshot, write: Write) -> Trouble | None:
    """What keeps a bound Pod from being ready, if it is known to be wrong."""
    return (
        node_lost(snapshot, write)
        or _waiting(snapshot, write)
        or mounting(snapshot, write)
        or _ending(snapshot, write)
        or probing(snapshot, write)
    )


def node_lost(snapshot: Snapshot, write: Write) -> Trouble | None:
    """The Pod's node is gone, or its kubelet has stopped reporting.

    Source: pkg/controller/nodelifecycle/node_lifecycle_controller.go (Ready is Unknown).
    """
    node = node_of(write.image)
    host = snapshot.by_name("Node", None, node)
    if host is None:
        return None
    pod = write.image.metadata.name
    command = commands.describe(host)
    if host.change.type == "VANISHED" and snapshot.now - host.change.at < _GAP_SECONDS:
        return None  # The Pod may have gone in the same gap: its own list is still to come.
    if host.gone:
        text = f"Node {node}, to which Pod {pod} is bound, no longer exists."
        proof = (proofs.seen(host, f"Node {node} was deleted"), _bound(write))
        return Trouble("node-lost", text, proof, commands.describe(write))
    ready = condition(host.image, "Ready")
    if ready is None or ready.status != "Unknown":
        return None
    since = f" since {ready.last_transition_time}" if ready.last_transition_time else ""
    text = f"The kubelet on {node} has not reported{since}; Pod {pod} is there."
    return Trouble("node-lost", text, (proofs.says(host, ready), _bound(write)), command)


def unproven(snapshot: Snapshot, write: Write) -> Trouble | None:
    """A container that is ready for now: it is being killed, or just started after a failure."""
    announced = "Killing" in (write.log.notes or ())
    if not announced and write.standing.steady:
        return None  # As nearly every Pod of a large rollout.
    for status in containers(write.image):
        ends = dying(snapshot, write, status) if announced else None
        if ends is not None:
            return ends
        last = status.last_state.terminated if status.last_state else None
        if not status.state.running or last is None:
            continue
        by_probe = killed(snapshot, write, status)
        if by_probe is not None and snapshot.now - when(write) < by_probe.again_after:
            return by_probe.trouble
        again = last.exit_code or _ends_again(write, status)
        if again and by_probe is None and snapshot.now - when(write) < PROVEN:
            return crash(write, status)
    return None


def _ends_again(write: Write, status: ContainerStatus) -> bool:
    """Whether a container that ought to go on has ended, without an error, more than once."""
    ordinary = any(
        found.name == status.name for found in getattr(write.image.spec, "containers", ())
    )
    return ordinary and status.restart_count > 1


PROVEN = 30.0
"""Seconds that a restarted container has to run before the failure is called past."""


def _waiting(snapshot: Snapshot, write: Write) -> Trouble | None:
    for status in containers(write.image):
        waiting = status.state.waiting
        if waiting is None:
            continue
        if waiting.reason in REASONS:
            return image(snapshot, write, status)
        if waiting.reason == "CrashLoopBackOff":
            return _ended(snapshot, write, status)
        if waiting.reason in START_REASONS:
            return starting(write, status)
    return None


def _ending(snapshot: Snapshot, write: Write) -> Trouble | None:
    for status in containers(write.image):
        if ending(status):
            return _ended(snapshot, write, status)
    return None


def _ended(snapshot: Snapshot, write: Write, status: ContainerStatus) -> Trouble:
    by_probe = killed(snapshot, write, status)
    return by_probe.trouble if by_probe is not None else crash(write, status)


def _bound(write: Write) -> Evidence:
    return proofs.seen(write, f"Pod {write.image.metadata.name} is bound to {node_of(write.image)}")
