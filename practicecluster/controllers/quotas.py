"""The quota controller: counts again what a ResourceQuota has used.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/resourcequota/resource_quota_controller.go
"""

from practicecluster.controllers.actors import Actor
from practicecluster.controllers.api import Api, Json
from practicecluster.controllers.clock import Work
from practicecluster.controllers.kinds import KINDS
from practicecluster.controllers.who import kcm
from practicecluster.copying import copied
from practicecluster.writing.quantities import total
from practicecluster.writing.quota import usage


class Quotas(Actor):
    """Counts Pods that have not ended, after one of them was deleted or ended."""

    watches = ("ResourceQuota", "Pod")

    def __init__(self, server: Api) -> None:
        super().__init__(server, kcm("resourcequota-controller"))

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """A quota, or a Pod that frees something of one."""
        if kind == "ResourceQuota":
            if before is None or before["spec"] != thing["spec"]:
                self.enqueue(thing["metadata"]["uid"])
            return
        if type_ == "DELETED" or (before is not None and _counts(before) and not _counts(thing)):
            for quota in self.cached("ResourceQuota"):
                self.enqueue(quota["metadata"]["uid"], self.clock.between(0.01, 0.3))

    def reconcile(self, key: str) -> Work:
        """One count of one quota."""
        quota = self.known("ResourceQuota", key)
        if quota is None:
            return
        after = copied(quota)
        after["status"] = {"hard": quota["spec"]["hard"], "used": self._used(quota)}
        if after["status"] != quota.get("status"):
            yield self.clock.between(0.001, 0.006)
            self.server.update(self.who, after, "status")

    def _used(self, quota: Json) -> Json:
        """Count what a quota limits: Pods as they are known here, other kinds as they are."""
        space, hard = quota["metadata"]["namespace"], quota["spec"]["hard"]
        pods = [p for p in self.cached("Pod") if p["metadata"]["namespace"] == space and _counts(p)]
        uses = [usage("pods", pod) for pod in pods]
        for kind, known in KINDS.items():
            if known.plural in hard and kind != "Pod":
                theirs = (t for t in self.server.every(kind) if t["metadata"]["namespace"] == space)
                uses += [usage(known.plural, thing) for thing in theirs]
        return {name: total([use.get(name, "0") for use in uses]) for name in hard}


def _counts(pod: Json) -> bool:
    return pod["status"].get("phase") not in ("Succeeded", "Failed")
