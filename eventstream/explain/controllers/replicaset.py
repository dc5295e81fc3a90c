"""What Baton knows of a ReplicaSet and its controller.

ReplicaSets and ReplicationControllers: Pods to match a number.
"""

from eventstream.explain.controllers.registry import Behaviour
from eventstream.explain.controllers.shared import workloads
from eventstream.explain.vocabulary.declared import kinds

BEHAVIOURS = (
    Behaviour(kind=kinds.REPLICASET, assess=workloads.assess),
    Behaviour(kind=kinds.REPLICATION_CONTROLLER, assess=workloads.assess),
)
