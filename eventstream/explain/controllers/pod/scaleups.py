"""Says whether a node comes for a Pod, as autoscalers of nodes tell it, or why none does.

They are no part of Kubernetes; the Events that they give about the Pod show what they do, and what
becomes of a NodeClaim that Karpenter chose.
Sources: https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md (Events
TriggeredScaleUp and NotTriggerScaleUp); https://karpenter.sh/docs/troubleshooting/ (Events
Nominated and FailedScheduling, by karpenter);
https://cloud.google.com/kubernetes-engine/docs/troubleshooting/cluster-autoscaler-scale-up
(FailedScaleUp, after a TriggeredScaleUp for which the cloud had no machine or no quota).
"""

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.shared.nodes import is_lost
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary.declared.kinds import GroupKind
from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.world.notes import first_told, recency, said, since
from eventstream.explain.world.writes import Write
from eventstream.expressions import expression
from eventstream.objects.observations import Change

_PATIENCE = 900.0
"""Seconds for which a node that is coming is waited for: cluster-autoscaler gives up then.

Source: https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md
(max-node-provision-time).
"""

_KARPENTER = "karpenter"
_COMES = ("TriggeredScaleUp", "Nominated")
_FAILED = "FailedScaleUp"
_NONE = ("NotTriggerScaleUp", _FAILED, "FailedScheduling")
_NOT_TRIGGERED = expression(r"^pod didn't trigger scale-up(?: \([^)]*\))?: ?")


class Word(msgspec.Struct, frozen=True, gc=False):
    """What an autoscaler said, as a clause; when, by whom, and the Event that says so."""

    said: str
    at: float
    by: str
    evidence: tuple[Evidence, ...]


def coming(snapshot: Snapshot, write: Write) -> Word | None:
    """An autoscaler's last word, where that is that a node comes, and it is not long ago."""
    note = _last(snapshot, write)
    if note is None or note.after.spec.reason not in _COMES:
        return None
    facts = note.after.spec  # It may be told again and again meanwhile.
    first = first_told(note.after.metadata.name, facts)
    began = min(since(note), first[0]) if first is not None else since(note)
    if snapshot.now - began > _PATIENCE or _in_vain(snapshot, write, note):
        return None
    by = note.after.spec.component
    how = "has begun to add" if note.after.spec.reason == "TriggeredScaleUp" else "has chosen"
    return Word(f"{by} {how}: {said(note)}", since(note), by, proofs.events([note]))


def refusal(snapshot: Snapshot, write: Write) -> Word | None:
    """Why no node is added, as an autoscaler's last word; None where none said so."""
    note = _last(snapshot, write)
    if note is None:
        return None
    by = note.after.spec.component
    text = _NOT_TRIGGERED.sub("", said(note)).rstrip(".")
    how = "could not add a node" if note.after.spec.reason == _FAILED else "adds no node"
    told = f"{by} {how}: {text}"
    shown = proofs.events([note])
    if note.after.spec.reason in _COMES:
        told = f"{by} was to add a node, and the Pod has none yet: {text}"
        chosen = _chosen(snapshot, note)
        if chosen is not None and chosen.lost:
            told = f"{by} was to add a node, and NodeClaim {chosen.name} {chosen.lost}"
            if chosen.claim is not None:
                lost = f"NodeClaim {chosen.name} {chosen.lost}"
                shown = (*shown, proofs.seen(chosen.claim, lost))
    return Word(told, since(note), by, shown)


def _last(snapshot: Snapshot, write: Write) -> Change | None:
    """The newest Event of an autoscaler about the Pod; the scheduler has a FailedScheduling too."""
    told = [
        note
        for note in snapshot.notes(write.log, *_COMES, *_NONE)
        if note.after.spec.reason in ("TriggeredScaleUp", "NotTriggerScaleUp", _FAILED)
        or note.after.spec.component.startswith(_KARPENTER)
    ]
    return max(told, key=recency, default=None)


_NODECLAIM = GroupKind("karpenter.sh", "NodeClaim")
_UNSEEN = 10.0
"""Seconds after which what an Event names was shown if it is there: each kind has its watch."""


class _Chosen(msgspec.Struct, frozen=True, gc=False):
    """A NodeClaim that a nomination names, with its newest version, be it its end.

    `lost` says why no node comes of it; it is empty while one may, or NodeClaims are not watched.
    """

    name: str
    claim: Write | None
    lost: str

    @property
    def launched(self) -> bool:
        status = self.claim.image.status if self.claim is not None else None
        found = status.get("conditions") if isinstance(status, dict) else None
        told = [one for one in found or () if isinstance(one, dict)]
        return any((one.get("type"), one.get("status")) == ("Launched", "True") for one in told)


def _chosen(snapshot: Snapshot, note: Change) -> _Chosen | None:
    """The NodeClaim that a nomination names; None where it names none."""
    names = (word.partition("/") for word in said(note).replace(",", " ").split())
    name = next((name.rstrip(".") for kind, _, name in names if kind == "nodeclaim"), "")
    if not name:
        return None
    claim = snapshot.of_type(_NODECLAIM, None, name)
    if claim is None:
        shown = snapshot.has_met("NodeClaim.karpenter.sh")
        gone = shown and snapshot.now - since(note) > _UNSEEN
        return _Chosen(name, None, "is not there any more" if gone else "")
    health = claim.image.health
    failed = health is not None and health.state == "failed"
    why = f": {health.message.rstrip('.')}" if health is not None and failed else ""
    if claim.gone:
        return _Chosen(name, claim, f"is gone again{why}")
    return _Chosen(name, claim, f"failed{why}" if failed else "")


_TRIES = 3
"""Nodes that were chosen for one Pod, one after the other, before no more is expected of that."""

_TARGET = expression(r"\b(machine|node)/([^\s,]+[^\s,.])")
"""What a nomination names that names no NodeClaim: a Machine (Karpenter to 0.31) or a Node."""


def _is_tried(snapshot: Snapshot, write: Write, note: Change) -> bool:
    """Whether what a nomination names has been there in vain: several, or a node that is silent."""
    found = _TARGET.search(said(note))
    if found is None:
        return False
    host = snapshot.by_name("Node", None, found[2])
    if host is not None and not host.gone and is_lost(host, snapshot.now):
        return True
    notes = snapshot.notes(write.log, "Nominated")
    tried = {each[0] for note in notes if (each := _TARGET.search(said(note))) is not None}
    return len(tried) >= _TRIES


def _in_vain(snapshot: Snapshot, write: Write, note: Change) -> bool:
    """Whether a nomination leads to no node, as far as NodeClaims are seen.

    Where a cloud has no machine, Karpenter deletes the NodeClaim and chooses another, again and
    again: after one that was lost, only a machine that is launched counts.
    Source: https://github.com/kubernetes-sigs/karpenter/blob/2266468104f36373ed002241afaee2d3bbc26078/pkg/controllers/nodeclaim/lifecycle
    """
    if _is_tried(snapshot, write, note):
        return True
    newest = _chosen(snapshot, note)
    if newest is None or newest.lost or newest.launched:
        return newest is not None and bool(newest.lost)
    chosen = (_chosen(snapshot, each) for each in snapshot.notes(write.log, "Nominated"))
    return any(each is not None and each.lost for each in chosen)
