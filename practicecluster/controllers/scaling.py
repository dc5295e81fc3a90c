"""The autoscaler: measures each 15 seconds, and writes the scale of what it looks after.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/podautoscaler/horizontal.go
"""

import copy

from practicecluster.controllers.actors import Actor
from practicecluster.controllers.api import Api, Json
from practicecluster.controllers.clock import Work
from practicecluster.controllers.deployments import put
from practicecluster.controllers.who import kcm
from practicecluster.writing.times import stamp


class Autoscalers(Actor):
    """What it measures is chance, within the bounds."""

    watches = ("HorizontalPodAutoscaler",)
    component = "horizontal-pod-autoscaler"

    def __init__(self, server: Api, chance: float = 0.4) -> None:
        super().__init__(server, kcm("horizontal-pod-autoscaler"))
        self._chance = chance

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """A new one is looked at, and from then on every 15 seconds."""
        if type_ == "ADDED":
            self.enqueue(thing["metadata"]["uid"])

    def reconcile(self, key: str) -> Work:
        """One look at one autoscaler."""
        scaler = self.known("HorizontalPodAutoscaler", key)
        if scaler is None:
            return
        self.enqueue(key, 15.0)
        spec, space = scaler["spec"], scaler["metadata"]["namespace"]
        target = spec["scaleTargetRef"]
        found = self.server.find(target["kind"], space, target["name"])
        after = copy.deepcopy(scaler)
        status = after.setdefault("status", {})
        if found is None:
            self._say(status, "AbleToScale", "False", "FailedGetScale")
            self.events.tell(scaler, "FailedGetScale", "not found", "Warning")
        else:
            yield from self._rescale(scaler, found, status)
        if status != scaler.get("status"):
            yield self.clock.between(0.001, 0.006)
            self.server.update(self.who, after, "status")

    def _rescale(self, scaler: Json, found: Json, status: Json) -> Work:
        spec, have = scaler["spec"], found["spec"]["replicas"]
        least, most = spec["minReplicas"], spec["maxReplicas"]
        wanted = have
        if have and self.clock.random.random() < self._chance:
            wanted = self.clock.random.randint(least, most)
        if have:
            wanted = min(max(wanted, least), most)
        self._say(status, "AbleToScale", "True", "SucceededRescale")
        status |= {"currentReplicas": have, "desiredReplicas": wanted}
        if wanted == have:
            return
        after = copy.deepcopy(found)
        after["spec"]["replicas"] = wanted
        yield self.clock.between(0.001, 0.006)
        self.server.update(self.who, after, "scale")
        status["lastScaleTime"] = stamp(self.clock.now)
        text = f"New size: {wanted}; reason: cpu resource utilization above target"
        self.events.tell(scaler, "SuccessfulRescale", text)

    def _say(self, status: Json, type_: str, value: str, reason: str) -> None:
        old = next((c for c in status.get("conditions", ()) if c["type"] == type_), None)
        if old is None or (old["status"], old["reason"]) != (value, reason):
            said = {"type": type_, "status": value, "reason": reason, "message": ""}
            put(status, said | {"lastTransitionTime": stamp(self.clock.now)})
