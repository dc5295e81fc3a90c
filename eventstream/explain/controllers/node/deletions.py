"""Who takes a Node away on their own account and says so: autoscalers of nodes, and clouds.

A deletion keeps no name in the object; these tell of it in an Event about the Node.
"""

from eventstream.explain.attribution import evidence
from eventstream.explain.deletions.removals import deletion
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.registry import ACTORS
from eventstream.explain.world.notes import said, told_at
from eventstream.explain.world.text import sentence
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict

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
    if write.image.kind != "Node":
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
        evidence=(evidence.saw(write), evidence.told(note, "who")),
        source_url=sources.NODES,
    )
