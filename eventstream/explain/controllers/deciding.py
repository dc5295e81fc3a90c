"""Decides one write: the first rule that knows it, in an order that puts the certain ones first.

One module an actor; each rule takes the view below the write's own resourceVersion and what
managedFields says, and returns a Verdict or None.
"""

import logging
from collections.abc import Callable

from eventstream.explain.attribution.writers import Writer, writer
from eventstream.explain.controllers import makers, others, ownership, statuses
from eventstream.explain.controllers.budget import rules as budgets
from eventstream.explain.controllers.claim import rules as volumes
from eventstream.explain.controllers.client import rules as clients
from eventstream.explain.controllers.client import takings
from eventstream.explain.controllers.custom import rules as customs
from eventstream.explain.controllers.definition import rules as definitions
from eventstream.explain.controllers.deployment import rules as deployments
from eventstream.explain.controllers.node import node_controllers
from eventstream.explain.controllers.node import rules as nodes
from eventstream.explain.controllers.pod import binding as scheduling
from eventstream.explain.controllers.pod import kubelets, podstatus
from eventstream.explain.controllers.service import rules as companions
from eventstream.explain.deletions import deciding as deletions
from eventstream.explain.deletions import finalizers
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.declared.declaration import GroupKind
from eventstream.explain.vocabulary.registry import group_kind
from eventstream.explain.world.verdict import Verdict
from eventstream.explain.world.world import View

logger = logging.getLogger(__name__)

Rule = Callable[[View, Writer], Verdict | None]

_ANY: tuple[Rule, ...] = (
    statuses.reported,
    makers.made,
    ownership.changed,
    finalizers.let_go,
    makers.tended,
    customs.acted,
    others.scaled_by_autoscaler,
    others.named_component,
    customs.undecided,
    customs.taken_away,
    companions.kept,
    customs.namesake,
    clients.created,
    clients.changed,
    takings.by_client,
)
RULES: dict[GroupKind, tuple[Rule, ...]] = {
    kinds.POD: (
        kubelets.reported,
        podstatus.disrupted,
        makers.made,
        kubelets.mirrored,
        scheduling.reported,
        podstatus.by_controller,
        *_ANY,
    ),
    kinds.REPLICASET: (
        statuses.reported,
        deployments.created_replicaset,
        ownership.changed,
        deployments.changed_replicaset,
        *_ANY,
    ),
    kinds.DEFINITION: (definitions.reported, *_ANY),
    kinds.QUOTA: (others.quota_charged, *_ANY),
    kinds.NODE: (nodes.reported, node_controllers.watched_over, *_ANY),
    kinds.BUDGET: (budgets.charged, budgets.counted, *_ANY),
    kinds.CLAIM: (ownership.changed, volumes.claimed, volumes.bound, *_ANY),
    kinds.NAMESPACE: (others.namespace_finalized, *_ANY),
}
"""By kind, the rules that can know its writes; kinds that are not here have the general ones."""


def decide(view: View) -> Verdict:
    """The verdict on one write; never None: what no rule knows is "not documented yet".

    A rule that fails is logged and becomes a verdict that says so: one odd object must not end
    the explanation of all others.
    """
    try:
        return _decide(view)
    except Exception as error:
        logger.exception("A rule failed on %s.", view.write.image.metadata.name)
        return others.defect(view, error)


def _decide(view: View) -> Verdict:
    if view.write.change.relisted and not view.write.gone:
        return others.found_by_list(view)
    if deletions.marks_deletion(view.write):
        return deletions.deleted(view)
    image = view.write.image
    kind = group_kind(image.api_version, image.kind)
    bound = scheduling.bound(view) if kind == kinds.POD else None
    if bound is not None:
        return bound  # As no entry tells of a binding, it is not asked who the writer was.
    who = view.write.who
    if who is None:
        who = view.write.who = writer(view.write)
    for rule in RULES.get(kind, _ANY):
        verdict = rule(view, who)
        if verdict is not None:
            return verdict
    return others.undocumented(view, who)
