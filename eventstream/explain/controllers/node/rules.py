"""Says who wrote to a Node: its kubelet, or the controller that alone sets the changed field.

And who takes one away on their own account, which autoscalers of nodes and clouds tell in an Event:
a deletion keeps no name in the object.

Sources: pkg/controller/nodelifecycle/node_lifecycle_controller.go (conditions, taints, labels),
pkg/controller/nodeipam/ipam/range_allocator.go (addresses), pkg/controller/ttl/ttl_controller.go,
pkg/controller/volume/attachdetach/statusupdater/node_status_updater.go.
"""

from itertools import islice

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.attribution.writers import is_bare
from eventstream.explain.controllers.shared.statuses import condition_news
from eventstream.explain.deletions.removals import deletion
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.documented.words import RuleName
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.vocabulary.registry import ACTORS, CONTROLLER_MANAGER, is_a, title
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.notes import said, told_at
from eventstream.explain.world.pods import condition, is_true
from eventstream.explain.world.text import listing, named, seen, sentence, told_changes
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.images import Image
from eventstream.objects.managed_fields import paths


def reported(view: View, who: Writer) -> Verdict | None:
    """A kubelet registered its node or reported on it; with nothing new it is a heartbeat.

    Only a kubelet moves lastHeartbeatTime of its conditions, whatever it calls itself.
    Source: https://kubernetes.io/docs/concepts/architecture/nodes/#node-heartbeats
    """
    write = view.write
    if not (who.known or who.unnamed) or not (
        _beats(write) if who.shared else is_kubelet(write.image, who.manager)
    ):
        return None
    name = write.image.metadata.name
    if write.change.type == "ADDED":
        return _by_kubelet(view, who, "node-registered", f"registered its node {name}")
    beats = [change.path.endswith(".lastHeartbeatTime") for change in write.changes]
    mere = bool(beats) and all(beats)
    news = "nothing has changed" if mere else _news(write)
    return _by_kubelet(
        view, who, "node-heartbeat" if mere else "node-reported", f"reported its node: {news}"
    )


def _news(write: Write) -> str:
    """What is new besides the time of its heartbeats; conditions first, in words."""
    told = condition_news(write)
    others = tuple(
        change
        for change in write.changes
        if not change.path.startswith("status.conditions") and change.path != "status"
    )
    if others:
        told.append(told_changes(others))
    return listing(told, 6) if told else "details that Baton does not keep"


def _beats(write: Write) -> bool:
    """Whether its kubelet wrote: of all who do so that alone moves the heartbeat of Ready."""
    now, was = condition(write.image, "Ready"), condition(write.before, "Ready")
    heard = now.last_heartbeat_time if now is not None else None
    return heard is not None and (was is None or was.last_heartbeat_time != heard)


def is_kubelet(image: Image, manager: str) -> bool:
    """Whether a manager is the kubelet of this Node, by its name or by what it alone writes.

    Network plugins and problem detectors keep conditions with heartbeats too, but not Ready.
    """
    if manager == "kubelet":
        return True
    if manager == CONTROLLER_MANAGER or manager.startswith("kubectl"):
        return False
    return any(
        path == "status.conditions[Ready].lastHeartbeatTime"
        for entry in image.metadata.managed_fields
        if entry.manager == manager and entry.subresource == "status"
        for path in paths(entry.fields)
    ) or manager.endswith("kubelet")


def _by_kubelet(view: View, who: Writer, rule: RuleName, act: str) -> Verdict:
    write = view.write
    name = write.image.metadata.name
    created = write.change.type == "ADDED"
    cause = view.previous() if rule == "node-reported" else None
    return Verdict(
        rule=rule,
        actor="kubelet",
        actor_name=name,
        verb="create"
        if created
        else "renew"
        if rule == "node-heartbeat"
        else "report"
        if who.subresource
        else "patch",
        subresource=who.subresource or None,
        what=f"The kubelet on {name} {act}.",
        why="A kubelet registers its node when it starts and finds none of that name."
        if created
        else "A kubelet reports its node when something changed, and now and then anyway (every "
        "five minutes, unless it is set otherwise).",
        who_grade="reported" if who.manager == "kubelet" else "inferred",
        why_grade="inferred",
        begins=created,
        causes=(cause,) if cause else (),
        evidence=(proofs.saw(write), *proofs.managed(who)),
        source_url=sources.NODE_REGISTRATION if created else sources.NODE_HEARTBEATS,
        node=name,
    )


_OWN_TAINTS = "node.kubernetes.io/"
_BY_HAND = "node.kubernetes.io/out-of-service"
_TTL = "metadata.annotations.node.alpha.kubernetes.io/ttl"
_LABELS = tuple(
    f"metadata.labels.{prefix}kubernetes.io/{name}"
    for prefix in ("", "beta.")
    for name in ("os", "arch")
)


class Act(msgspec.Struct, frozen=True):
    """Which controller did what to a Node, and why; `lost` says that its kubelet is silent."""

    actor: str
    source_url: str
    did: str
    why: str
    lost: bool = False


def watched_over(view: View, who: Writer) -> Verdict | None:
    """The controller manager wrote a Node: which of its controllers, the field says."""
    write = view.write
    if write.change.type != "MODIFIED" or not write.changes:
        return None
    named_in_entry = who.manager == CONTROLLER_MANAGER
    if who.shared:  # A cloud's controller and the kubelet share the name.
        own = _lost if who.subresource == "status" else _tainted
        act = own(write, named(write.image)) if own is _lost or _only_taints(write) else None
    else:
        act = _act(write, who) if named_in_entry else _untainted(write, who)
        if act is None and is_bare(write) and not who.subresource and _only_taints(write):
            act = _tainted(write, named(write.image))
    if act is None:
        return None
    cause = _answered(view, act)
    return Verdict(
        rule="node-lost" if act.lost else "node-watched-over",
        actor=act.actor,
        actor_name=who.manager,
        verb="report" if who.subresource else "patch",
        subresource=who.subresource or None,
        what=f"The {title(act.actor)} {act.did}.",
        why=act.why,
        who_grade="reported" if named_in_entry else "inferred",
        why_grade="inferred",
        causes=(cause,) if cause else (),
        begins=act.lost,
        evidence=(
            proofs.saw(write),
            *proofs.managed(who),
            proofs.sequence(f"of the controllers only the {title(act.actor)} does this", "who"),
        ),
        source_url=act.source_url,
        loop=Loop(
            seen(cause)
            if cause
            else f"the Lease and the reports of {named(write.image)}"
            if act.lost
            else named(write.image),
            "the Node as it is with how it should be",
            act.did,
        ),
    )


_LOOKED = 32
"""Writes of a Node, the newest first, among which that is looked for which made one act."""


def _answered(view: View, act: Act) -> Write | None:
    """The write of the Node that this one answers, as far as it is one of the Node.

    What is attached, and how many nodes there are, another object tells.
    """
    if act.lost:
        return None
    earlier = islice(view.backwards(view.write.log.uid), _LOOKED)
    if act.actor == "node-lifecycle-controller":
        return next((write for write in earlier if _turned(write)), view.previous())
    return next((write for write in earlier if write.change.type == "ADDED"), None)


def _turned(write: Write) -> bool:
    """Whether it changed what the taints of a Node follow from."""
    return write.base or any(change.path.startswith(_TURNS) for change in write.changes)


_TURNS = ("status.conditions", "spec.unschedulable")


def _act(write: Write, who: Writer) -> Act | None:
    """What the controller manager did, by the fields that changed; None where none is known."""
    node = named(write.image)
    changed = [change.path for change in write.changes]
    if who.subresource == "status":
        return _lost(write, node) or _attached(write, who, node)
    if _only_taints(write):
        return _tainted(write, node)
    if changed == [_TTL]:
        did = f"set how long the kubelet on {node} may cache Secrets"
        return Act("ttl-controller", sources.NODE_TTL, did, "It follows from the number of nodes.")
    if changed == ["spec"] and "spec.podCIDR" in paths(who.fields):
        did = f"gave {node} its range of Pod addresses"
        why = "Each node gets a part of the cluster's range; its Pods get their addresses from it."
        return Act("node-ipam-controller", sources.NODE_ADDRESSES, did, why)
    if all(path in _LABELS for path in changed):
        did = f"brought the labels of {node} for its system and architecture in line"
        why = "Older and newer names of these labels are to say the same."
        return Act("node-lifecycle-controller", sources.NODE_LIFECYCLE, did, why)
    return None


def _only_taints(write: Write) -> bool:
    return all(change.path.startswith("spec.taints") for change in write.changes)


def _lost(write: Write, node: str) -> Act | None:
    lost = [
        now.type
        for now in write.image.status.conditions
        if now.status == "Unknown"
        and ((was := condition(write.before, now.type)) is None or was.status != "Unknown")
    ]
    if not lost:
        return None
    did = f"set condition {listing(lost, 6)} of {node} to Unknown"
    why = "The kubelet on that node has neither reported nor renewed its Lease for too long."
    ready = "Ready" in lost
    return Act("node-lifecycle-controller", sources.NODE_LIFECYCLE, did, why, lost=ready)


def _attached(write: Write, who: Writer, node: str) -> Act | None:
    """Volumes that are attached are not kept, so that the status changed out of sight."""
    hidden = [change.path for change in write.changes] == ["status"]
    if not hidden or "status.volumesAttached" not in paths(who.fields):
        return None
    did = f"wrote which volumes are attached to {node}"
    why = "The kubelet mounts a volume for a Pod only once the Node says that it is attached."
    return Act("attachdetach-controller", sources.ATTACHED_VOLUMES, did, why)


def _tainted(write: Write, node: str) -> Act | None:
    before, after = _taints(write.before), _taints(write.image)
    if not all(key.startswith(_OWN_TAINTS) and key != _BY_HAND for key, _ in before ^ after):
        return None
    added = [f"{key}:{effect}" for key, effect in sorted(after - before)]
    removed = [f"{key}:{effect}" for key, effect in sorted(before - after)]
    did = [f"put taint {listing(added)} on {node}"] if added else []
    did += [f"took taint {listing(removed)} from {node}"] if removed else []
    why = "The taints of a node follow from its conditions, and from whether it takes new Pods."
    if not did:
        did = [f"renewed the taints of {node}"]
    return Act("node-lifecycle-controller", sources.NODE_LIFECYCLE, " and ".join(did), why)


def _untainted(write: Write, who: Writer) -> Act | None:
    """Taints went, which leaves no entry: the controller's doing where the Node no longer earns
    them, since it would put them back if anyone else had taken them while it does.
    """
    if who.basis not in ("removed", "none"):
        return None
    if not _only_taints(write):
        return None
    gone = _taints(write.before) - _taints(write.image)
    if not gone or not all(_undeserved(write.image, key) for key, _ in gone):
        return None
    return _tainted(write, named(write.image))


def _undeserved(image: Image, key: str) -> bool:
    """Whether a Node's state no longer asks for this taint of the node lifecycle controller."""
    name = key.removeprefix(_OWN_TAINTS)
    if name == "unschedulable":
        return not getattr(image.spec, "unschedulable", False)
    if name in ("not-ready", "unreachable"):
        return is_true(image, "Ready")
    if name in _PRESSURES:
        found = condition(image, _PRESSURES[name])
        return found is not None and found.status == "False"
    return False


_PRESSURES = {
    "memory-pressure": "MemoryPressure",
    "disk-pressure": "DiskPressure",
    "pid-pressure": "PIDPressure",
    "network-unavailable": "NetworkUnavailable",
}


def _taints(image: Image | None) -> set[tuple[str, str]]:
    taints = getattr(getattr(image, "spec", None), "taints", ())
    return {(taint.key, taint.effect) for taint in taints}


_REASONS = ("DisruptionTerminating", "DeletingNode")
"""Reasons with which Karpenter, and a cloud's controller, tell that they delete a Node.

Sources: https://github.com/kubernetes-sigs/karpenter/tree/main/pkg/controllers/disruption;
https://github.com/kubernetes/cloud-provider/tree/master/controllers/nodelifecycle.
"""

_NEAR = 60.0
"""Seconds from a deletion within which it is told; before that another one is told of."""


def taken_away(view: View) -> Verdict | None:
    """A Node was deleted, and somebody who is no part of Kubernetes says that it was them."""
    write = view.write
    if not is_a(write.image, kinds.NODE):
        return None
    told = [
        note
        for note in view.notes(write.log.uid, *_REASONS)
        if note.after.spec.component not in {*ACTORS, ""}
        and abs(told_at(note) - write.change.at) <= _NEAR
    ]
    note = max(told, key=told_at, default=None)
    if note is None:
        return None
    name = note.after.spec.component
    return Verdict(
        rule="node-taken-away",
        actor="custom-controller",
        actor_name=name,
        verb="delete",
        what=deletion(write, name),
        why=sentence(f"It says in an Event about the node: {said(note)}"),
        who_grade="reported",
        why_grade="reported",
        begins=True,
        evidence=(proofs.saw(write), proofs.told(note, "who")),
        source_url=sources.NODES,
    )
