"""The admission plugin that charges ResourceQuotas for each new Pod.

Source: https://github.com/kubernetes/apiserver/blob/master/pkg/admission/plugin/resourcequota/controller.go
"""

import copy

from practicecluster.controllers.api import Json, Refused
from practicecluster.controllers.who import API_SERVER
from tests.explain.simulation.server import Server


class Charging:
    """Refuses what a quota does not allow, and charges it for the rest."""

    def __init__(self, server: Server) -> None:
        self.server = server
        server.admission.append(self._charge)

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
