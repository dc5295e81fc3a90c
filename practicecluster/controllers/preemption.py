"""A scheduler that takes Pods of lower priority away where that makes room.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/scheduler/framework/preemption/executor.go
"""

from practicecluster.controllers.actors import leaving
from practicecluster.controllers.api import Json, Refused
from practicecluster.controllers.clock import Work
from practicecluster.controllers.deployments import put
from practicecluster.controllers.placing import Misfit, Node, misfits
from practicecluster.controllers.scheduler import Room, Scheduler, priority
from practicecluster.writing.times import stamp

_NEVER = "not eligible due to preemptionPolicy=Never."
_WAITS = "not eligible due to a terminating pod on the nominated node."


class PreemptingScheduler(Scheduler):
    """Deletes victims after it has said that no node fits, and where there will be room."""

    def _room(self, pod: Json, nodes: list[Node], why: dict[str, list[Misfit]]) -> tuple[Room, str]:
        """The node where the fewest, and the least important, have to go; or why none may.

        Source: pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go,
        PodEligibleToPreemptOthers
        """
        spec, nominated = pod["spec"], pod["status"].get("nominatedNodeName")
        if spec.get("preemptionPolicy") == "Never":
            return [], _NEVER
        if any(node.name == nominated and _making_room(pod, node) for node in nodes):
            return [], _WAITS
        found = []
        for node in nodes:
            if any(misfit.helpless for misfit in why[node.name]):
                continue
            victims = _victims(pod, node, nodes)
            if victims:
                highest = max(priority(each) for each in victims)
                found.append((highest, len(victims), node.name, victims))
        return [each[2:] for each in sorted(found, key=lambda each: each[:3])[:1]], ""

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


def _making_room(pod: Json, node: Node) -> bool:
    return any(leaving(each) and priority(each) < priority(pod) for each in node.pods)


def _victims(pod: Json, node: Node, nodes: list[Node]) -> list[Json]:
    """Return the fewest Pods of lower priority whose going lets a Pod in; [] where none do."""
    lower = [p for p in node.pods if priority(p) < priority(pod) and not leaving(p)]
    left = [p for p in node.pods if p not in lower]
    others = [each for each in nodes if each is not node]

    def fits(pods: list[Json]) -> bool:
        there = Node(node.thing, pods)
        return not misfits(pod, there, [*others, there])

    if not lower or not fits(left):
        return []
    victims = []
    for each in sorted(lower, key=priority, reverse=True):  # Spare the important ones first.
        if fits([*left, each]):
            left.append(each)
        else:
            victims.append(each)
    return victims
