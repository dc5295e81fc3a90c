"""A scheduler that takes Pods of lower priority away, and that knows tolerations and affinity.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/scheduler/framework/preemption/executor.go
"""

from practicecluster.controllers.actors import leaving
from practicecluster.controllers.api import Json, Refused
from practicecluster.controllers.clock import Work
from practicecluster.controllers.deployments import put
from practicecluster.controllers.scheduler import Scheduler, millis
from practicecluster.writing.times import stamp


class PreemptingScheduler(Scheduler):
    """Deletes victims after it has said that no node fits, and where there will be room."""

    def _make_room(self, pod: Json) -> Work:
        mine = pod["spec"].get("priority", 0)
        if pod["status"].get("nominatedNodeName"):
            return
        for node in self.cached("Node"):
            if self._closed(node, pod):
                continue
            name, missing, victims = node["metadata"]["name"], millis(pod), []
            for other in self.cached("Pod"):
                theirs = other["spec"].get("priority", 0)
                here = other["spec"].get("nodeName") == name and not leaving(other)
                if here and theirs < mine and missing > 0 and millis(other):
                    victims.append(other)
                    missing -= millis(other)
            if victims and missing <= 0:
                yield from self._preempt(pod, name, victims)
                return

    def _preempt(self, pod: Json, node: str, victims: list[Json]) -> Work:
        def nominated(now: Json) -> None:
            now["status"]["nominatedNodeName"] = node

        self.server.patch(self.who, pod, nominated, "status")
        for victim in victims:
            yield self.clock.between(0.001, 0.01)
            said: Json = {"type": "DisruptionTarget", "status": "True"}
            said["message"] = "default-scheduler: preempting to accommodate a higher priority pod"
            said |= {"reason": "PreemptionByScheduler", "lastProbeTime": None}
            said["lastTransitionTime"] = stamp(self.clock.now)
            try:
                self._announce(victim, said)
                yield self.clock.between(0.001, 0.01)
                self.server.delete(self.who, victim)
            except Refused:
                continue
            text = f"Preempted by pod {pod['metadata']['uid']} on node {node}"
            self._tell(victim, "Preempted", "Preempting", text, "Normal")

    def _announce(self, victim: Json, said: Json) -> None:
        self.server.patch(self.who, victim, lambda now: put(now["status"], said), "status")

    def _closed(self, node: Json, pod: Json) -> bool:
        name, spec = node["metadata"]["name"], pod["spec"]
        required = spec.get("affinity", {}).get("nodeAffinity", {})
        terms = required.get("requiredDuringSchedulingIgnoredDuringExecution", {})
        for term in terms.get("nodeSelectorTerms", ()):
            if term["matchFields"][0]["values"] != [name]:
                return True
        tolerated = {t["key"] for t in spec.get("tolerations", ())}
        taints = {t["key"] for t in node["spec"].get("taints", ())}
        if node["spec"].get("unschedulable"):
            taints.add("node.kubernetes.io/unschedulable")
        return not tolerated.issuperset(taints)
