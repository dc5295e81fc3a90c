"""Why a controller makes no Pods just now, though none are refused and it says nothing."""

from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Holding, Trouble, troubled
from eventstream.explain.outlook.snapshot import Snapshot, made
from eventstream.explain.outlook.tellings import latest
from eventstream.explain.world.notes import said, told_at
from eventstream.explain.world.pods import phase
from eventstream.explain.world.text import named, sentence, when
from eventstream.explain.world.writes import Write

_REFUSED = 2
"""Failed Pods that are told of."""

_RECENT = 900.0
"""Seconds that the DaemonSet controller waits at most. Source: pkg/controller/daemon/
daemon_controller.go, Run."""

_WHOLE_SECOND = 1.0
"""The precision of the times of Events and of Pods."""


def going(snapshot: Snapshot, owner: Write, rank: int) -> Holding | None:
    """The end of the owner's namespace, where that is being deleted: nothing new comes into it.

    Its controllers say nothing of that.
    Source: pkg/controller/controller_utils.go, createPods (NamespaceTerminatingCause).
    """
    name = owner.image.metadata.namespace
    space = snapshot.by_name("Namespace", None, name) if name else None
    if space is None or space.gone or not space.image.metadata.deletion_timestamp:
        return None
    waiting_for = f"the end of {named(space.image)}, which takes {named(owner.image)} along"
    return Holding(
        rank, "namespace-controller", "", when(space), waiting_for, patient=True, about=owner
    )


def killed(snapshot: Snapshot, owner: Write, rank: int) -> Holding | None:
    """That a DaemonSet's Pods failed one after the other, where its own Events alone tell of it.

    Its controller deletes each, and waits longer and longer before the next.
    Source: pkg/controller/daemon/daemon_controller.go, podsShouldBeOnNode (failedPodsBackoff).
    """
    notes = latest(snapshot, owner.log, "FailedDaemonPod")
    times = sum(note.after.spec.times for note in notes)
    if times < _REFUSED or snapshot.now - told_at(notes[0]) > _RECENT:
        return None
    if made(snapshot, owner) > told_at(notes[0]) + _WHOLE_SECOND:
        return None
    if any(phase(pod.image) == "Failed" for pod in snapshot.pods(owner.log)):
        return None  # These tell more.
    waiting_for = f"a Pod of {named(owner.image)} that does not fail"
    plain = Holding(rank, "kubelet", "", told_at(notes[-1]), waiting_for, about=owner)
    detail = sentence(
        f"Pods of {named(owner.image)} failed one after the other, {times} so far, and its "
        f"controller waits before it makes the next; why they failed was not seen. It says: "
        f"{said(notes[0])}"
    )
    wrong = Trouble("pod-failed", detail, proofs.events(notes[:2]), commands.describe(owner))
    return troubled(plain, wrong)
