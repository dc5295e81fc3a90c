"""Says who deletes a Pod, where the Pod or an Event about it tells: evicted, disrupted, or hurried.

The API server deletes for whoever asked it to evict, and keeps no name; but those who evict on
their own account tell of it: Karpenter, the cluster autoscaler, the descheduler, the updater of
the vertical Pod autoscaler. Each names its Event's component after itself.
"""

from eventstream.explain.attribution import proofs
from eventstream.explain.attribution.customs import custom_keeper
from eventstream.explain.controllers.pod.podstatus import disruption, disruption_cause
from eventstream.explain.deletions.deciding import left_open
from eventstream.explain.deletions.removals import deletion, is_mirror
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.vocabulary.registry import ACTORS, title
from eventstream.explain.world.notes import told_at
from eventstream.explain.world.pods import has_ended, node_of
from eventstream.explain.world.text import count, named, seen
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.observations import Change

_REASONS = (
    "Descheduled",
    "Evicted",
    "EvictedByVPA",
    "EvictedPod",
    "HighNodeUtilization",
    "LowNodeUtilization",
    "NodeUtilization",
    "PodLifeTime",
    "RemoveDuplicates",
    "RemoveFailedPods",
    "RemovePodsHavingTooManyRestarts",
    "RemovePodsViolatingInterPodAntiAffinity",
    "RemovePodsViolatingNodeAffinity",
    "RemovePodsViolatingNodeTaints",
    "RemovePodsViolatingTopologySpreadConstraint",
    "ScaleDown",
)
"""The reasons that these give; the descheduler's are its strategies, and `Descheduled`.

Sources: https://github.com/kubernetes-sigs/karpenter/tree/main/pkg/controllers/node/termination,
https://github.com/kubernetes/autoscaler/tree/master/cluster-autoscaler/core/scaledown,
https://github.com/kubernetes/autoscaler/tree/master/vertical-pod-autoscaler/pkg/updater,
https://github.com/kubernetes-sigs/descheduler/tree/master/pkg/descheduler/evictions
"""

_KUBERNETES = frozenset({*ACTORS, "default-scheduler", "node-controller"})
_NEAR = 60.0
"""Seconds from an eviction within which its client tells of it; before that it tells of another."""


def evictor(view: View) -> Change | None:
    """The Event in which somebody says that it evicted this Pod; None where nobody does."""
    at = view.write.change.at
    found = [
        note
        for note in view.notes(view.write.log.uid, *_REASONS)
        if note.after.spec.component not in _KUBERNETES | {""} and abs(told_at(note) - at) <= _NEAR
    ]
    return max(found, key=told_at, default=None)


def disrupted(view: View) -> Verdict | None:
    """Condition DisruptionTarget says who evicted the Pod, and why."""
    write = view.write
    found = disruption(write) if write.image.kind == "Pod" else None
    if found is None:
        return None
    known, says = found
    if known.actor == "taint-eviction-controller" and _by_daemons_too(view):
        return left_open(view, _EITHER)
    client = known.actor == "client"
    announced = _announcement(view)
    cause = announced or (None if client else disruption_cause(view, known.actor))
    said = evictor(view) if client else None
    name = said.after.spec.component if said is not None else ""
    subject = name or "A client" if client else f"The {title(known.actor)}"
    return Verdict(
        rule="disrupted",
        actor=known.actor,
        actor_name=name,
        verb=known.verb,
        subresource="eviction" if client else None,
        what=_evicted(write, subject) if client else deletion(write, subject),
        why=f"Its condition DisruptionTarget says {says}.",
        who_grade="reported",
        why_grade="reported",
        causes=(cause,) if cause else (),
        begins=client and cause is None,
        evidence=(
            proofs.saw(write),
            proofs.condition(f"DisruptionTarget: {says}"),
            *([proofs.told(said, "who")] if said is not None else []),
        ),
        source_url=known.source_url,
        loop=None
        if client
        else Loop(
            seen(cause) if cause else named(write.image),
            "whether the Pod may stay where it is",
            f"deleted {named(write.image)}",
        ),
    )


def _by_daemons_too(view: View) -> bool:
    """Whether a DaemonSet's controller says that it deleted the Pod, as it does for the same taint.

    Source: pkg/controller/daemon/daemon_controller.go, NodeShouldRunDaemonPod.
    """
    owner = view.write.image.metadata.controller
    if owner is None or owner.kind != "DaemonSet":
        return False
    return bool(view.notes(owner.uid, "SuccessfulDelete"))


_EITHER = (
    "The taint eviction controller had announced that it would, and the DaemonSet controller says "
    "that it deleted the Pod: both do for a taint that the Pod does not tolerate."
)


def _evicted(write: Write, subject: str) -> str:
    """The API server deletes for the client who asked it to evict."""
    seconds = write.image.metadata.deletion_grace_period_seconds
    left = f", leaving it {count(seconds, 'second')} to stop" if seconds else ""
    return f"{subject} evicted {named(write.image)}{left}."


def _announcement(view: View) -> Write | None:
    """The write that set condition DisruptionTarget, if it is among those that are held."""
    for write in view.backwards(view.write.log.uid):
        rule = write.decision.rule
        if rule in ("disruption-announced", "pod-failed"):
            return write
    return None


def hurried(view: View) -> Verdict | None:
    """A running Pod got another grace period than its own: no controller asks for one.

    They delete with the Pod's own; but for the Pod garbage collector, which first fails the Pod,
    and for a kubelet, which so renews a mirror Pod.
    Source: pkg/controller/controller_utils.go, DeletePod.
    """
    write = view.write
    image = write.image
    own = getattr(image.spec, "termination_grace_period_seconds", None)
    given = image.metadata.deletion_grace_period_seconds
    if image.kind != "Pod" or write.gone or own is None or given is None:
        return None
    if given == max(own, 1 if own < 0 else 0) or not node_of(image) or is_mirror(image):
        return None
    if has_ended(write.before or image) or custom_keeper(view):
        return None
    how = "without any time" if given == 0 else f"with {count(given, 'second')}"
    return Verdict(
        rule="client-deleted",
        actor="client",
        verb="delete",
        what=deletion(write, "A client"),
        why=f"It asked for the Pod to go {how} to stop, and not with the Pod's own "
        f"{count(own, 'second')}: controllers do not. The object does not say which client.",
        who_grade="inferred",
        why_grade="unknown",
        begins=True,
        evidence=(proofs.saw(write), *proofs.owned(write)),
        source_url=sources.POD_DELETION,
    )
