"""Deployments: their ReplicaSets, their rollouts, and how one stands."""

from eventstream.explain.controllers.deployment import outlook, rules
from eventstream.explain.controllers.registry import Behaviour, Rules
from eventstream.explain.vocabulary.declared import kinds

BEHAVIOURS = (
    Behaviour(
        kind=kinds.DEPLOYMENT,
        rules={
            kinds.REPLICASET: Rules(
                creations=(rules.created_replicaset,), changes=(rules.changed_replicaset,)
            )
        },
        assess=outlook.assess,
        keeps={kinds.REPLICASET: rules.old_replicaset},
    ),
)
