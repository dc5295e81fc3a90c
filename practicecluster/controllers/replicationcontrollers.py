"""The ReplicationController controller: the ReplicaSet controller, for what came before them.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/replication/replication_controller.go
"""

from practicecluster.controllers.api import Api, Json
from practicecluster.controllers.replicasets import ReplicaSets
from practicecluster.controllers.who import kcm


class ReplicationControllers(ReplicaSets):
    """Selects by plain labels, and counts no Pods that are terminating."""

    watches = ("ReplicationController", "Pod")
    component = "replication-controller"
    kind = "ReplicationController"

    def __init__(self, server: Api) -> None:
        super().__init__(server, kcm("replication-controller"))

    def selects(self, owner: Json, thing: Json) -> bool:
        """Whether an owner's selector picks an object of its namespace."""
        labels = thing["metadata"].get("labels") or {}
        wanted = owner["spec"]["selector"].items()
        same = owner["metadata"]["namespace"] == thing["metadata"]["namespace"]
        return same and all(labels.get(key) == value for key, value in wanted)

    def terminating(self, pods: list[Json]) -> Json:
        """What the status says of Pods that are to go: nothing."""
        del pods
        return {}
