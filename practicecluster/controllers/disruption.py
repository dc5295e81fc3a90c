"""The disruption controller: how many Pods of a budget may be evicted now.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/disruption/disruption.go
"""

from practicecluster.controllers.actors import Actor, active, controller_of, is_ready
from practicecluster.controllers.api import Api, Json
from practicecluster.controllers.clock import Work
from practicecluster.controllers.deployments import put
from practicecluster.controllers.who import kcm
from practicecluster.copying import copied
from practicecluster.writing.times import stamp
from practicecluster.writing.validation import selected

_SCALED = {"Deployment", "ReplicaSet", "ReplicationController", "StatefulSet"}


class Disruption(Actor):
    """Counts healthy Pods of each budget, and says what it allows."""

    watches = ("PodDisruptionBudget", "Pod")
    component = "controllermanager"

    def __init__(self, server: Api) -> None:
        super().__init__(server, kcm("disruption-controller"))

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """A budget, or a Pod that one covers."""
        if kind == "PodDisruptionBudget":
            self.enqueue(thing["metadata"]["uid"])
            return
        for budget in self.cached("PodDisruptionBudget"):
            if _covers(budget, thing):
                self.enqueue(budget["metadata"]["uid"])

    def reconcile(self, key: str) -> Work:
        """One count for one budget."""
        budget = self.known("PodDisruptionBudget", key)
        if budget is None:
            return
        pods = [pod for pod in active(self.cached("Pod")) if _covers(budget, pod)]
        healthy, expected = sum(is_ready(pod) for pod in pods), self._expected(budget, pods)
        desired = _desired(budget["spec"], expected)
        after = copied(budget)
        allowed = max(0, healthy - desired) if expected else 0
        after["status"] |= {
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "disruptionsAllowed": allowed,
            "expectedPods": expected,
            "observedGeneration": budget["metadata"]["generation"],
        }
        after["status"].pop("disruptedPods", None)
        self._say(after["status"], budget["metadata"]["generation"], allowed=bool(allowed))
        if after["status"] != budget["status"]:
            yield self.clock.between(0.001, 0.006)
            self.server.update(self.who, after, "status")

    def _expected(self, budget: Json, pods: list[Json]) -> int:
        """Return how many Pods there should be: those that exist, or as their owners desire."""
        if isinstance(budget["spec"].get("minAvailable"), int):
            return len(pods)
        owners = {controller_of(pod): pod for pod in pods}
        count = 0
        for pod in owners.values():
            for owner in pod["metadata"].get("ownerReferences", ()):
                if owner.get("controller") and owner["kind"] in _SCALED:
                    space = pod["metadata"]["namespace"]
                    found = self.server.find(owner["kind"], space, owner["name"])
                    count += found["spec"].get("replicas", 1) if found else 0
        return count or len(pods)

    def _say(self, status: Json, generation: int, *, allowed: bool) -> None:
        old = next((c for c in status.get("conditions", ()) if c["type"] == _ALLOWED), None)
        value = "True" if allowed else "False"
        at = stamp(self.clock.now)
        if old is not None and old["status"] == value:
            at = old["lastTransitionTime"]
        said = {
            "type": _ALLOWED,
            "status": value,
            "reason": "SufficientPods" if allowed else "InsufficientPods",
            "message": "",
            "observedGeneration": generation,
            "lastTransitionTime": at,
        }
        if old != said:
            put(status, said)


_ALLOWED = "DisruptionAllowed"


def _covers(budget: Json, pod: Json) -> bool:
    same = budget["metadata"]["namespace"] == pod["metadata"]["namespace"]
    selector = budget["spec"].get("selector")
    labels = pod["metadata"].get("labels", {})
    return same and selector is not None and selected(selector, labels)


def _desired(spec: Json, expected: int) -> int:
    """Return how many Pods have to stay healthy; a share of them is rounded up."""
    if spec.get("maxUnavailable") is not None:
        return max(0, expected - _share(spec["maxUnavailable"], expected))
    return _share(spec.get("minAvailable", 0), expected)


def _share(value: int | str, of: int) -> int:
    if isinstance(value, int):
        return value
    return -(-int(value.rstrip("%")) * of // 100)
