"""Says who but its kubelet writes a Pod's status or deletes it, where the Pod or an Event tells.

Who may write which condition is fixed in Kubernetes' source. The API server deletes for whoever
asked it to evict, and keeps no name: see `evictors`.
Sources: https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions;
pkg/controller/nodelifecycle/node_lifecycle_controller.go (Ready is Unknown).
"""

from itertools import pairwise

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.attribution.customs import custom_keeper
from eventstream.explain.controllers.pod.evictors import Evictor, evictor, noted, told_now
from eventstream.explain.deletions.deciding import NEWER, left_open
from eventstream.explain.deletions.removals import deletion, is_mirror
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.documented.words import RuleName
from eventstream.explain.vocabulary.records import Loop, Verb
from eventstream.explain.vocabulary.registry import MANAGERS, is_a, title
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.notes import said, told_at
from eventstream.explain.world.pods import condition, has_ended, is_ready, node_of, phase
from eventstream.explain.world.text import count, listing, named, seen, sentence
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.observations import Change
from eventstream.objects.pods import PodStatus

_TARGET = "DisruptionTarget"


class _Disruption(msgspec.Struct, frozen=True):
    """Who gives a reason of condition DisruptionTarget, how it deletes, and where it does so."""

    actor: str
    verb: Verb
    source_url: str


DISRUPTIONS: dict[str, _Disruption] = {
    "DeletionByTaintManager": _Disruption(
        "taint-eviction-controller", "delete", sources.TAINT_EVICTION
    ),
    "DeletionByDeviceTaintManager": _Disruption(
        "device-taint-eviction-controller", "delete", sources.DEVICE_TAINT_EVICTION
    ),
    "PreemptionByScheduler": _Disruption("scheduler", "delete", sources.PREEMPTION),
    "PreemptionByKubeScheduler": _Disruption("scheduler", "delete", sources.PREEMPTION),
    "EvictionByEvictionAPI": _Disruption("client", "evict", sources.EVICTION),
    "DeletionByPodGC": _Disruption("pod-garbage-collector", "delete", sources.POD_COLLECTION),
}
"""Reasons of condition DisruptionTarget to who deletes the Pod; one was called so before 1.27."""


def _disruption(write: Write) -> tuple[_Disruption, str] | None:
    """Who disrupts the Pod as its condition says, and what the condition says in words."""
    found = condition(write.image, _TARGET)
    if found is None or found.status != "True":
        return None
    known = DISRUPTIONS.get(found.reason or "")
    says = f"{found.reason}: {found.message}" if found.message else f"{found.reason}"
    return (known, says) if known is not None else None


def announced(view: View, who: Writer) -> Verdict | None:
    """Condition DisruptionTarget appeared: the Pod is about to be deleted, and by whom."""
    write = view.write
    was = condition(write.before, _TARGET)
    found = _disruption(write)
    if write.change.type != "MODIFIED" or found is None:
        return None
    now = condition(write.image, _TARGET)
    if was is not None and now is not None and (was.status, was.reason) == ("True", now.reason):
        return None
    known, says = found
    evicted = known.verb == "evict"
    if who.known and who.basis != "covers" and (evicted or not who.built_in):
        return None  # Evictions leave no entry, and controllers leave one of Kubernetes' own.
    cause = None if evicted else _disruption_cause(view, known.actor)
    by = evictor(view) if evicted else Evictor(known.actor, who.manager)
    act = "asked to evict" if evicted else "announced that it will delete"
    return Verdict(
        rule="pod-failed" if phase(write.image) == "Failed" else "disruption-announced",
        actor=by.actor,
        actor_name=by.name,
        verb="evict" if evicted else "report",
        subresource="eviction" if evicted else "status",
        what=f"{by.subject if evicted else _the(known)} {act} {named(write.image)}.",
        why=by.why(says),
        who_grade=by.grade,
        why_grade="reported",
        causes=(cause,) if cause else (),
        begins=evicted,
        evidence=(
            proofs.saw(write),
            *proofs.managed(who),
            proofs.condition(says),
            *by.evidence,
        ),
        source_url=known.source_url,
        loop=None
        if evicted
        else Loop(
            seen(cause) if cause else named(write.image),
            "whether the Pod may stay where it is",
            "announced its deletion in its conditions",
        ),
    )


def _the(known: _Disruption) -> str:
    return f"The {title(known.actor)}"


def _disruption_cause(view: View, actor: str) -> Write | None:
    """What made it disrupt the Pod: the taints of its node, the node's end, who needs room."""
    if actor == "scheduler":
        return _preemptor(view)
    node = node_of(view.write.image)
    host = view.by_name("Node", None, node) if node else None
    if host is None or actor not in ("taint-eviction-controller", "pod-garbage-collector"):
        return view.previous()
    if host.gone:
        return host
    for write in view.backwards(host.log.uid):
        if any(change.path.startswith("spec.taints") for change in write.changes):
            return write
    return host


def _preemptor(view: View) -> Write | None:
    """The Pod for which room is made, which the scheduler's Event about the victim names by uid.

    Source: pkg/scheduler/framework/preemption/executor.go, prepareCandidate.
    """
    for note in view.notes(view.write.log.uid, "Preempted"):
        words = (note.after.spec.message or "").split()
        for word, uid in pairwise(words):
            found = view.latest(uid) if word == "pod" else None
            if found is not None and found.image.kind == "Pod":
                return found
    return None


def by_controller(view: View, who: Writer) -> Verdict | None:
    """The controller manager wrote a Pod's status: its node is lost, or it never will end."""
    write = view.write
    if not (who.controls or who.unnamed) or who.subresource != "status":
        return None
    if who.shared and getattr(write.image.spec, "readiness_gates", None):
        return None  # A kubelet may have seen one close.
    if phase(write.image) == "Failed" and phase(write.before) != "Failed":
        return _reported(view, who, "pod-failed", "pod-garbage-collector", sources.POD_COLLECTION)
    if is_ready(write.before) and not is_ready(write.image):
        actor = "node-lifecycle-controller"
        return _reported(view, who, "pod-unready", actor, sources.NODE_LIFECYCLE)
    was, now = condition(write.before, _TARGET), condition(write.image, _TARGET)
    if was is not None and was.status == "True" and now is not None and now.status == "False":
        actor = "disruption-controller"
        return _reported(view, who, "disruption-withdrawn", actor, sources.DISRUPTION)
    return None


_SAID = {
    "pod-failed": (
        "marked {pod} failed",
        "Its node is gone or out of service, so no kubelet can report that it ended.",
    ),
    "pod-unready": (
        "marked {pod} not ready",
        "Its node is not ready, or the kubelet there is silent: the Pod cannot be relied on.",
    ),
    "disruption-withdrawn": (
        "withdrew the condition DisruptionTarget of {pod}",
        "The deletion that it announced did not come within two minutes.",
    ),
}


_NEVER_PLACED = "It is to go and never had a node, so no kubelet will report that it ended."
"""Source: pkg/controller/podgc/gc_controller.go, gcUnscheduledTerminating."""


def _reported(view: View, who: Writer, rule: RuleName, actor: str, source_url: str) -> Verdict:
    write = view.write
    did, why = _SAID[rule]
    act = did.format(pod=named(write.image))
    node = node_of(write.image)
    if rule == "pod-failed" and not node:
        why = _NEVER_PLACED
    cause = view.by_name("Node", None, node) if node else None
    return Verdict(
        rule=rule,
        actor=actor,
        actor_name=who.manager,
        verb="report",
        subresource="status",
        what=f"The {title(actor)} {act}.",
        why=why,
        who_grade=who.grade,
        why_grade="inferred",
        causes=(cause,) if cause else (),
        evidence=(
            proofs.saw(write),
            *proofs.managed(who),
            proofs.sequence(f"of the controllers only the {title(actor)} writes this", "who"),
        ),
        source_url=source_url,
        loop=Loop(seen(cause) if cause else f"node {node}", "the Pod's state with its node's", act)
        if node
        else Loop(seen(view.mark() or write), "a Pod that is to go and has no node", act),
    )


_CLAIMS = "resourceclaim-controller"


def claims_noted(view: View, who: Writer) -> Verdict | None:
    """It wrote the claims that were made by the templates which the Pod names, by their names."""
    write, status = view.write, view.write.image.status
    if MANAGERS.get(who.manager) != _CLAIMS or not isinstance(status, PodStatus):
        return None
    if not all(c.path.startswith("status.resourceClaimStatuses") for c in write.changes):
        return None
    claims = [each.resource_claim_name for each in status.resource_claim_statuses]
    got = [f"ResourceClaim {name}" for name in claims if name]
    act = f"noted that {named(write.image)} gets {listing(got) if got else 'no ResourceClaim'}"
    asked = view.previous()
    return Verdict(
        rule="claims-noted",
        actor=_CLAIMS,
        actor_name=who.manager,
        verb="report",
        subresource="status",
        what=f"The {title(_CLAIMS)} {act}.",
        why="The Pod asks for claims by template: the scheduler waits until each is noted here.",
        who_grade=who.grade,
        why_grade="inferred",
        causes=(asked,) if asked is not None else (),
        evidence=(proofs.saw(write), *proofs.managed(who)),
        source_url=sources.RESOURCE_CLAIMS,
        loop=Loop(seen(asked or write), "the claims that the Pod asks for", act),
    )


def deleted(view: View) -> Verdict | None:
    """Condition DisruptionTarget says who evicted the Pod, and why; before 1.26 only an Event."""
    write = view.write
    if write.image.kind != "Pod":
        return None
    found, note = _disruption(write), None
    if found is None:
        note = _told(view) or noted(view)
        if note is None or _needs_no_event(view):
            return None
        reason = _TOLD.get(note.after.spec.reason or "", "EvictionByEvictionAPI")
        found = DISRUPTIONS[reason], ""
    known, says = found
    if known.actor == "taint-eviction-controller" and _by_daemons_too(view):
        return left_open(view, _EITHER)
    evicted = known.verb == "evict"
    cause = _announcement(view) or (None if evicted else _disruption_cause(view, known.actor))
    by = evictor(view) if evicted else Evictor(known.actor)
    proof = proofs.told(note, "who") if note else proofs.condition(f"DisruptionTarget: {says}")
    others = by.evidence if by.note is not note else ()
    return Verdict(
        rule="disrupted",
        actor=by.actor,
        actor_name=by.name,
        verb=known.verb,
        subresource="eviction" if evicted else None,
        what=_evicted(write, by.subject) if evicted else deletion(write, _the(known)),
        why=sentence(f"It says in an Event about the Pod: {said(note)}") if note else by.why(says),
        who_grade=by.grade,
        why_grade="reported",
        causes=(cause,) if cause else (),
        begins=evicted and cause is None,
        evidence=(proofs.saw(write), proof, *others),
        source_url=known.source_url,
        loop=None
        if evicted
        else Loop(
            seen(cause) if cause else named(write.image),
            "whether the Pod may stay where it is",
            f"deleted {named(write.image)}",
        ),
    )


_TOLD = {
    "TaintManagerEviction": "DeletionByTaintManager",
    "Preempted": "PreemptionByScheduler",
}
"""The reasons of Events in which who disrupts a Pod tells of it, to those of the condition.

Sources: pkg/controller/tainteviction/taint_eviction.go, emitPodDeletionEvent;
pkg/scheduler/framework/preemption/executor.go, prepareCandidate.
"""


def _needs_no_event(view: View) -> bool:
    """Whether the Pod would have the condition, or its controller says that it deleted it.

    Who tries to evict a Pod may say so before it is refused. Since 1.26 a running Pod that is
    disrupted has the condition; that of newer kubelets, which is in all Pods, came later.
    Source: pkg/registry/core/pod/storage/eviction.go, addConditionAndDeletePod.
    """
    image = view.write.before or view.write.image
    if phase(image) == "Running" and condition(image, NEWER) is not None:
        return True
    owner = image.metadata.controller
    name = image.metadata.name
    return owner is not None and bool(view.all_notes(owner.uid, "SuccessfulDelete", of=name))


_CANCELLED = "Cancelling deletion of Pod "


def _told(view: View) -> Change | None:
    """The Event in which somebody says that it disrupts this Pod; None where nobody does."""
    found = [note for note in told_now(view, *_TOLD) if not said(note).startswith(_CANCELLED)]
    return max(found, key=told_at, default=None)


def _by_daemons_too(view: View) -> bool:
    """Whether a DaemonSet's controller says that it deleted the Pod, as it does for the same taint.

    Source: pkg/controller/daemon/daemon_controller.go, NodeShouldRunDaemonPod.
    """
    owner = view.write.image.metadata.controller
    if owner is None or not is_a(owner, kinds.DAEMONSET):
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
        f"{count(own, 'second')}: Kubernetes' own controllers do not. The object does not say "
        "which client.",
        who_grade="inferred",
        why_grade="unknown",
        begins=True,
        evidence=(proofs.saw(write), *proofs.owned(write)),
        source_url=sources.POD_DELETION,
    )
