"""Decides one write: the first rule that knows it, in an order that puts the certain ones first.

One module an actor; each rule takes the view below the write's own resourceVersion and what
managedFields says, and returns a Verdict or None.
"""

from collections.abc import Callable

from eventstream.explain.attribution import Writer, writer
from eventstream.explain.rules import (
    clients,
    customs,
    deletions,
    deployments,
    kubelets,
    makers,
    others,
    scheduling,
    statuses,
)
from eventstream.explain.verdict import Verdict
from eventstream.explain.world import View

Rule = Callable[[View, Writer], Verdict | None]

RULES: tuple[Rule, ...] = (
    scheduling.bound,
    kubelets.reported,
    statuses.reported,
    makers.made,
    deployments.created_replicaset,
    deployments.changed_replicaset,
    scheduling.refused,
    customs.definition,
    customs.acted,
    others.quota_charged,
    others.finalizer_counted,
    others.node_reported,
    others.scaled_by_autoscaler,
    clients.created,
    clients.changed,
)


def decide(view: View) -> Verdict:
    """The verdict on one write; never None: what no rule knows is "not documented yet"."""
    if view.write.change.relisted and not view.write.gone:
        return others.found_by_list(view)
    who = writer(view.write)
    if deletions.marks_deletion(view.write):
        return deletions.deleted(view, who)
    for rule in RULES:
        verdict = rule(view, who)
        if verdict is not None:
            return verdict
    return others.undocumented(view, who)
