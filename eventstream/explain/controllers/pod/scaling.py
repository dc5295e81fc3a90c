"""What autoscalers of nodes say of a Pod that no node takes: that one comes, or why none does.

They are no part of Kubernetes, and the Events that they give about the Pod are all that shows them.
Sources: https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md (Events
TriggeredScaleUp and NotTriggerScaleUp); https://karpenter.sh/docs/troubleshooting/ (Events
Nominated and FailedScheduling, by karpenter).
"""

import msgspec

from eventstream.explain.outlook import proofs
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.world.notes import recency, said, since
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
_NONE = ("NotTriggerScaleUp", "FailedScheduling")
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
    if snapshot.now - since(note) > _PATIENCE:
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
    told = f"{by} adds no node: {text}"
    if note.after.spec.reason in _COMES:
        told = f"{by} was to add a node, which has not come: {text}"
    return Word(told, since(note), by, proofs.events([note]))


def _last(snapshot: Snapshot, write: Write) -> Change | None:
    """The newest Event of an autoscaler about the Pod; the scheduler has a FailedScheduling too."""
    told = [
        note
        for note in snapshot.notes(write.log, *_COMES, *_NONE)
        if note.after.spec.reason in ("TriggeredScaleUp", "NotTriggerScaleUp")
        or note.after.spec.component.startswith(_KARPENTER)
    ]
    return max(told, key=recency, default=None)
