"""ResourceQuotas: admission charges them for each new Pod, a controller counts them again.

Source: https://github.com/kubernetes/apiserver/blob/master/pkg/admission/plugin/resourcequota/controller.go
Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/resourcequota/resource_quota_controller.go
"""

import copy

from tests.explain.simulation.actors import Actor
from tests.explain.simulation.clock import Work
from tests.explain.simulation.fields import Json
from tests.explain.simulation.requests import API_SERVER, kcm
from tests.explain.simulation.server import Refused, Server


class Quotas(Actor):
    """Counts Pods that have not ended, after one of them was deleted or ended."""

    watches = ("ResourceQuota", "Pod")

    def __init__(self, server: Server) -> None:
        super().__init__(server, kcm("resourcequota-controller"))
        server.admission.append(self._charge)

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
        space = quota["metadata"]["namespace"]
        used = sum(
            _counts(pod) for pod in self.cached("Pod") if pod["metadata"]["namespace"] == space
        )
        after = copy.deepcopy(quota)
        after["status"] = {"hard": quota["spec"]["hard"], "used": {"pods": str(used)}}
        if after["status"] != quota.get("status"):
            yield self.clock.between(0.001, 0.006)
            self.server.update(self.who, after, "status")

    def _charge(self, thing: Json) -> None:
        if thing["kind"] != "Pod" or "uid" in thing["metadata"]:
            return
        for quota in self.server.every("ResourceQuota"):
            if quota["metadata"]["namespace"] != thing["metadata"]["namespace"]:
                continue
            hard, status = quota["spec"]["hard"]["pods"], quota.get("status") or {}
            used = int(status.get("used", {}).get("pods", "0"))
            name = quota["metadata"]["name"]
            if used + 1 > int(hard):
                text = f"exceeded quota: {name}, requested: pods=1, used: pods={used}"
                pod = thing["metadata"]["name"]
                said = f'pods "{pod}" is forbidden: {text}, limited: pods={hard}'
                raise Refused(403, "Forbidden", said)
            after = copy.deepcopy(quota)
            after["status"] = {"hard": quota["spec"]["hard"], "used": {"pods": str(used + 1)}}
            self.server.update(API_SERVER, after, "status")


def _counts(pod: Json) -> bool:
    return pod["status"].get("phase") not in ("Succeeded", "Failed")
