"""Deployments: their ReplicaSets, their rollouts, and how one stands.

Of ReplicaSets and ReplicationControllers, which match a number of Pods, it has no rules of its own.
"""

from eventstream.explain.controllers.deployment import outlook, rules
from eventstream.explain.controllers.registry import Behaviour, Rules
from eventstream.explain.controllers.shared import revisions, workloads
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
        keeps={kinds.REPLICASET: revisions.old_replicaset},
    ),
    Behaviour(kind=kinds.REPLICASET, assess=workloads.assess),
    Behaviour(kind=kinds.REPLICATION_CONTROLLER, assess=workloads.assess),
)
