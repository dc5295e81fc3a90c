"""The autoscaler: measures each 15 seconds, and writes the scale of what it looks after.

No container runs, so what it measures is what somebody says: the annotation `practicecluster/load`
of a workload is how many thousandths of a CPU all of its Pods use together.
Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/podautoscaler/horizontal.go
"""

import math
from decimal import Decimal

from practicecluster.controllers.actors import Actor
from practicecluster.controllers.api import Api, Json
from practicecluster.controllers.clock import Work
from practicecluster.controllers.deployments import put
from practicecluster.controllers.placing import needs
from practicecluster.controllers.who import kcm
from practicecluster.copying import copied
from practicecluster.writing.times import stamp

LOAD = "practicecluster/load"
_TOLERANCE = 0.1
"""How far the measure may be from its target without a change."""
_MILLIS = 1000


class Autoscalers(Actor):
    """What it measures is what is annotated; or chance, within the bounds, where that is given."""

    watches = ("HorizontalPodAutoscaler",)
    component = "horizontal-pod-autoscaler"

    def __init__(self, server: Api, chance: float | None = None) -> None:
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
        after = copied(scaler)
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
        wanted = self._measured(spec, found) if self._chance is None else self._drawn(spec, have)
        if have:
            wanted = min(max(wanted, least), most)
        self._say(status, "AbleToScale", "True", "SucceededRescale")
        status |= {"currentReplicas": have, "desiredReplicas": wanted}
        if wanted == have:
            return
        after = copied(found)
        after["spec"]["replicas"] = wanted
        yield self.clock.between(0.001, 0.006)
        self.server.update(self.who, after, "scale")
        status["lastScaleTime"] = stamp(self.clock.now)
        above = "cpu resource utilization (percentage of request) above target"
        why = above if wanted > have else "All metrics below target"
        text = f"New size: {wanted}; reason: {why}"
        self.events.tell(scaler, "SuccessfulRescale", text)

    def _drawn(self, spec: Json, have: int) -> int:
        if have and self.clock.random.random() < (self._chance or 0.0):
            return self.clock.random.randint(spec["minReplicas"], spec["maxReplicas"])
        return have

    def _measured(self, spec: Json, found: Json) -> int:
        """How many Pods it takes for each to use what is aimed at."""
        have = int(found["spec"]["replicas"])
        said = (found["metadata"].get("annotations") or {}).get(LOAD, "")
        if not have or not said.isdecimal():
            return have
        aims = [m["resource"]["target"] for m in spec.get("metrics") or () if "resource" in m]
        share = next((a["averageUtilization"] for a in aims if "averageUtilization" in a), 80)
        asked = needs({"spec": found["spec"]["template"]["spec"]}).get("cpu") or Decimal(0)
        each = float(asked) * _MILLIS * share / 100
        if not each:
            return have
        ratio = int(said) / have / each
        return have if abs(ratio - 1) <= _TOLERANCE else math.ceil(have * ratio)

    def _say(self, status: Json, type_: str, value: str, reason: str) -> None:
        old = next((c for c in status.get("conditions", ()) if c["type"] == type_), None)
        if old is None or (old["status"], old["reason"]) != (value, reason):
            said = {"type": type_, "status": value, "reason": reason, "message": ""}
            put(status, said | {"lastTransitionTime": stamp(self.clock.now)})
