"""What is known to be wrong with a Pod that has a node, told by its status and its Events.

Sources: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/ (states and reasons);
pkg/kubelet/images/types.go (the image reasons); pkg/kubelet/events/event.go (the Events).
"""

import msgspec

from eventstream.explain.controllers.pod.crashes import crash, ending, keeps_ending, lasted
from eventstream.explain.controllers.pod.images import REASONS, image
from eventstream.explain.controllers.pod.mounting import mounting
from eventstream.explain.controllers.pod.nodes import node_lost
from eventstream.explain.controllers.pod.probing import dying, killed, probing, unstarted
from eventstream.explain.controllers.pod.starting import START_REASONS, hooked, starting
from eventstream.explain.outlook.holding import Trouble
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.pods import containers
from eventstream.explain.world.text import parse, when
from eventstream.explain.world.writes import Write
from eventstream.objects.pods import ContainerStatus


def trouble(snapshot: Snapshot, write: Write) -> Trouble | None:
    """What keeps a bound Pod from being ready, if it is known to be wrong."""
    return (
        node_lost(snapshot, write)
        or _waiting(snapshot, write)
        or mounting(snapshot, write)
        or _ending(snapshot, write)
        or probing(snapshot, write)
        or unstarted(snapshot, write)
        or _restarting(snapshot, write)
    )


def unproven(snapshot: Snapshot, write: Write) -> Trouble | None:
    """A container that is ready for now: it is being killed, or just started after a failure."""
    announced = "Killing" in (write.log.notes or ())
    if not announced and (write.pod is None or write.pod.steady):
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
        again = by_probe is None and keeps_ending(write, status)
        if again and snapshot.now - when(write) < PROVEN:
            return crash(write, status)
    return None


_TOLD = 3
"""Containers of one Pod whose trouble is told."""

PROVEN = 30.0
"""Seconds that a restarted container has to run before the failure is called past."""


def _waiting(snapshot: Snapshot, write: Write) -> Trouble | None:
    """What is wrong with containers that wait; all are told, the first gives the code."""
    found = [of_container(snapshot, write, status) for status in containers(write.image)]
    wrong = [trouble for trouble in found if trouble is not None]
    if len(wrong) < 2:
        return wrong[0] if wrong else None
    return msgspec.structs.replace(
        wrong[0],
        detail=" ".join(trouble.detail for trouble in wrong[:_TOLD]),
        evidence=tuple(piece for trouble in wrong[:_TOLD] for piece in trouble.evidence),
    )


def of_container(snapshot: Snapshot, write: Write, status: ContainerStatus) -> Trouble | None:
    """What is wrong with a container that waits, if that is more than for its turn."""
    reason = status.state.waiting.reason if status.state.waiting else ""
    if reason in REASONS:
        return image(snapshot, write, status)
    if reason == "CrashLoopBackOff":
        return _ended(snapshot, write, status)
    return starting(write, status) if reason in START_REASONS else None


def _ending(snapshot: Snapshot, write: Write) -> Trouble | None:
    for status in containers(write.image):
        if ending(write, status):
            return _ended(snapshot, write, status)
    return None


def _restarting(snapshot: Snapshot, write: Write) -> Trouble | None:
    """A container that runs, is not ready, and has ended again and again before it was.

    It has to outlive its last run before it is believed: until then it may end as it did.
    """
    for status in containers(write.image):
        if status.ready or not status.state.running or not keeps_ending(write, status):
            continue
        last = status.last_state.terminated if status.last_state else None
        began = parse(status.state.running.started_at) or when(write)
        if last is not None and snapshot.now - began < lasted(last) + PROVEN:
            return crash(write, status)
    return None


def _ended(snapshot: Snapshot, write: Write, status: ContainerStatus) -> Trouble:
    by_probe = killed(snapshot, write, status)
    if by_probe is not None:
        return by_probe.trouble
    return hooked(snapshot, write, status) or crash(write, status)
