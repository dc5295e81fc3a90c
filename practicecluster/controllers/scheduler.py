"""The scheduler: binds each Pod to a node with room, or says why none has.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/scheduler/schedule_one.go
"""

from contextlib import suppress

from practicecluster.controllers.actors import Actor, condition, leaving, referred
from practicecluster.controllers.api import Api, Json, Refused
from practicecluster.controllers.clock import Work
from practicecluster.controllers.who import SCHEDULER
from practicecluster.writing.times import stamp


def millis(pod: Json) -> int:
    """The CPU that a Pod asks for, in thousandths."""
    asked = 0
    for container in pod["spec"]["containers"]:
        text = container.get("resources", {}).get("requests", {}).get("cpu", "0")
        asked += int(text[:-1]) if text.endswith("m") else int(text) * 1000
    return asked


class Scheduler(Actor):
    """Knows what it placed itself before the watch tells it (it assumes Pods)."""

    watches = ("Pod", "Node")
    component = "default-scheduler"

    def __init__(self, server: Api) -> None:
        super().__init__(server, SCHEDULER)
        self._assumed: dict[str, str] = {}

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """What frees room, or a new Pod, has the waiting ones tried again."""
        for pod in self.cached("Pod"):
            if self._waits(pod):
                waiting = condition(pod, "PodScheduled") is not None
                freed = type_ == "DELETED" or kind == "Node" or pod is thing
                if not waiting or freed:
                    self.enqueue(pod["metadata"]["uid"])

    def _waits(self, pod: Json) -> bool:
        placed = pod["spec"].get("nodeName") or pod["metadata"]["uid"] in self._assumed
        return not placed and not leaving(pod) and not pod["spec"].get("schedulingGates")

    def reconcile(self, key: str) -> Work:
        """One attempt for one Pod."""
        pod = self.known("Pod", key)
        if pod is None or not self._waits(pod):
            return
        fitting = [node for node in self.cached("Node") if self._fits(node, pod)]
        yield self.clock.between(0.001, 0.005)
        if fitting:
            name = self.clock.random.choice(fitting)["metadata"]["name"]
            self._assumed[key] = name
            self.server.bind(self.who, pod, name)
            space = pod["metadata"]["namespace"]
            text = f"Successfully assigned {space}/{pod['metadata']['name']} to {name}"
            self._tell(pod, "Scheduled", "Binding", text, "Normal")
            return
        yield from self._pass_over(pod)

    def _pass_over(self, pod: Json) -> Work:
        count = len(self.cached("Node"))
        full = sum(1 for n in self.cached("Node") if not n["spec"].get("unschedulable"))
        parts = [f"{full} Insufficient cpu"] if full else []
        parts += [f"{count - full} node(s) were unschedulable"] if count - full else []
        none = f"0/{count} nodes are available:"
        tried = f"preemption: {none} {count} No preemption victims found for incoming pod."
        text = f"{none} {', '.join(parts)}. {tried}"
        self._tell(pod, "FailedScheduling", "Scheduling", text, "Warning")
        yield self.clock.between(0.001, 0.005)
        self.server.patch(self.who, pod, lambda now: self._refuse(now, text), "status")
        yield from self._make_room(pod)

    def _make_room(self, pod: Json) -> Work:
        yield from ()

    def _refuse(self, pod: Json, text: str) -> None:
        said = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
        old = condition(pod, "PodScheduled")
        at = old["lastTransitionTime"] if old else stamp(self.clock.now)
        said |= {"message": text, "lastTransitionTime": at}
        others = [c for c in pod["status"].get("conditions", []) if c["type"] != "PodScheduled"]
        pod["status"]["conditions"] = [*others, said]

    def _fits(self, node: Json, pod: Json) -> bool:
        if self._closed(node, pod):
            return False
        name, used = node["metadata"]["name"], 0
        for other in self.cached("Pod"):
            placed = other["spec"].get("nodeName") or self._assumed.get(other["metadata"]["uid"])
            if placed == name and other["status"].get("phase") not in ("Succeeded", "Failed"):
                used += millis(other)
        return used + millis(pod) <= int(node["status"]["allocatable"]["cpu"]) * 1000

    def _closed(self, node: Json, pod: Json) -> bool:
        return bool(node["spec"].get("unschedulable") or node["spec"].get("taints"))

    def _tell(self, pod: Json, reason: str, action: str, text: str, type_: str) -> None:
        at = self.clock.now
        self.clock.after(
            self.clock.between(0.001, 0.05),
            lambda: self._send(pod, reason, action, text, type_, at),
        )

    def _send(self, pod: Json, reason: str, action: str, text: str, type_: str, at: float) -> None:
        metadata = pod["metadata"]
        event = {
            "kind": "Event", "apiVersion": "v1",
            "metadata": {
                "name": f"{metadata['name']}.{int(at * 1e9):x}s",
                "namespace": metadata["namespace"],
            },
            "involvedObject": referred(pod) | {"resourceVersion": metadata["resourceVersion"]},
            "reason": reason, "message": text, "type": type_, "source": {}, "action": action,
            "firstTimestamp": None, "lastTimestamp": None, "eventTime": stamp(at)[:-1] + ".123456Z",
            "reportingComponent": "default-scheduler", "reportingInstance": "default-scheduler-cp",
        }  # fmt: skip
        with suppress(Refused):  # Of a namespace that is leaving no more is told.
            self.server.create(self.who, event)
