"""Says who but its kubelet writes a Pod's status, and what a Pod suffers from its node.

Who may write which condition is fixed in Kubernetes' source.
Sources: https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions;
pkg/controller/nodelifecycle/node_lifecycle_controller.go (Ready is Unknown);
https://kubernetes.io/docs/concepts/architecture/nodes/#node-status.
"""

from itertools import pairwise

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.shared import surplus
from eventstream.explain.outlook import commands
from eventstream.explain.outlook.holding import Holding, Trouble
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.documented.words import RuleName
from eventstream.explain.vocabulary.records import Evidence, Loop, Verb
from eventstream.explain.vocabulary.registry import CONTROLLER_MANAGER, title
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.pods import condition, is_ready, node_of, phase
from eventstream.explain.world.text import named, seen
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write

TARGET = "DisruptionTarget"


class Disruption(msgspec.Struct, frozen=True):
    """Who gives a reason of condition DisruptionTarget, how it deletes, and where it does so."""

    actor: str
    verb: Verb
    source_url: str


DISRUPTIONS: dict[str, Disruption] = {
    "DeletionByTaintManager": Disruption(
        "taint-eviction-controller", "delete", sources.TAINT_EVICTION
    ),
    "DeletionByDeviceTaintManager": Disruption(
        "device-taint-eviction-controller", "delete", sources.DEVICE_TAINT_EVICTION
    ),
    "PreemptionByScheduler": Disruption("scheduler", "delete", sources.PREEMPTION),
    "EvictionByEvictionAPI": Disruption("client", "evict", sources.EVICTION),
    "DeletionByPodGC": Disruption("pod-garbage-collector", "delete", sources.POD_COLLECTION),
}
"""Reasons of condition DisruptionTarget to who deletes the Pod."""


def disruption(write: Write) -> tuple[Disruption, str] | None:
    """Who disrupts the Pod as its condition says, and what the condition says in words."""
    found = condition(write.image, TARGET)
    if found is None or found.status != "True":
        return None
    known = DISRUPTIONS.get(found.reason or "")
    says = f"{found.reason}: {found.message}" if found.message else f"{found.reason}"
    return (known, says) if known is not None else None


def disrupted(view: View, who: Writer) -> Verdict | None:
    """Condition DisruptionTarget appeared: the Pod is about to be deleted, and by whom."""
    write = view.write
    was = condition(write.before, TARGET)
    found = disruption(write)
    if write.change.type != "MODIFIED" or found is None:
        return None
    now = condition(write.image, TARGET)
    if was is not None and now is not None and (was.status, was.reason) == ("True", now.reason):
        return None
    known, says = found
    client = known.actor == "client"
    if who.known and who.basis != "covers" and (client or not who.built_in):
        return None  # Evictions leave no entry, and controllers leave one of Kubernetes' own.
    cause = None if client else disruption_cause(view, known.actor)
    subject = "A client" if client else f"The {title(known.actor)}"
    act = "asked to evict" if client else "announced that it will delete"
    return Verdict(
        rule="pod-failed" if phase(write.image) == "Failed" else "disruption-announced",
        actor=known.actor,
        actor_name="" if client else who.manager,
        verb="evict" if client else "report",
        subresource="eviction" if client else "status",
        what=f"{subject} {act} {named(write.image)}.",
        why=f"Its condition DisruptionTarget says {says}.",
        who_grade="reported",
        why_grade="reported",
        causes=(cause,) if cause else (),
        begins=client,
        evidence=(proofs.saw(write), *proofs.managed(who), proofs.condition(says)),
        source_url=known.source_url,
        loop=None
        if client
        else Loop(
            seen(cause) if cause else named(write.image),
            "whether the Pod may stay where it is",
            "announced its deletion in its conditions",
        ),
    )


def disruption_cause(view: View, actor: str) -> Write | None:
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
    if who.manager != CONTROLLER_MANAGER or who.subresource != "status":
        return None
    if phase(write.image) == "Failed" and phase(write.before) != "Failed":
        return _reported(view, who, "pod-failed", "pod-garbage-collector", sources.POD_COLLECTION)
    if is_ready(write.before) and not is_ready(write.image):
        actor = "node-lifecycle-controller"
        return _reported(view, who, "pod-unready", actor, sources.NODE_LIFECYCLE)
    was, now = condition(write.before, TARGET), condition(write.image, TARGET)
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


def _reported(view: View, who: Writer, rule: RuleName, actor: str, source_url: str) -> Verdict:
    write = view.write
    did, why = _SAID[rule]
    act = did.format(pod=named(write.image))
    node = node_of(write.image)
    cause = view.by_name("Node", None, node) if node else None
    return Verdict(
        rule=rule,
        actor=actor,
        actor_name=who.manager,
        verb="report",
        subresource="status",
        what=f"The {title(actor)} {act}.",
        why=why,
        who_grade="reported",
        why_grade="inferred",
        causes=(cause,) if cause else (),
        evidence=(
            proofs.saw(write),
            *proofs.managed(who),
            proofs.sequence(f"of the controllers only the {title(actor)} writes this", "who"),
        ),
        source_url=source_url,
        loop=Loop(seen(cause) if cause else f"node {node}", "the Pod's state with its node's", act),
    )


_GAP_SECONDS = 10.0


def node_lost(snapshot: Snapshot, write: Write) -> Trouble | None:
    """The Pod's node is gone, or its kubelet has stopped reporting for longer than a reboot."""
    node = node_of(write.image)
    host = snapshot.by_name("Node", None, node)
    pod = write.image.metadata.name
    if host is None:
        late = snapshot.now - write.change.at > _GAP_SECONDS
        if not node or snapshot.hides("Node") or not late:
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
    if ready is None or not surplus.is_lost(host, snapshot.now):
        return None
    text = f"{surplus.silent(host, ready)}; Pod {pod} is there."
    proof = (proofs.says(host, ready), _bound(write))
    return Trouble("node-lost", text, proof, commands.describe(host))


def unready(snapshot: Snapshot, write: Write) -> Holding | None:
    """The wait for a node that is not ready, or whose kubelet is silent; None where it is."""
    node = node_of(write.image)
    host = snapshot.by_name("Node", None, node)
    if host is None or host.gone:
        return None
    held = surplus.unready(host, f"Node {node}, where Pod {write.image.metadata.name} is,")
    if held is None:
        return None
    return msgspec.structs.replace(held, evidence=(*held.evidence, _bound(write)))


def _bound(write: Write) -> Evidence:
    return proofs.seen(write, f"Pod {write.image.metadata.name} is bound to {node_of(write.image)}")
