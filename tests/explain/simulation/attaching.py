"""The attach/detach controller: brings a claim's volume to the node of a Pod that uses it.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/volume/attachdetach/attach_detach_controller.go
"""

from practicecluster.controllers.actors import Actor, leaving
from practicecluster.controllers.api import Json
from practicecluster.controllers.clock import Work
from practicecluster.controllers.fares import Fares, failing
from practicecluster.controllers.who import kcm
from tests.explain.simulation.faults import Fault, Faults
from tests.explain.simulation.server import Server

_LONGEST = 122.0


class Attaching(Actor):
    """Writes nothing but Events; what is attached, the kubelets ask it."""

    watches = ("Pod",)
    component = "attachdetach-controller"

    def __init__(self, server: Server, fares: Fares, faults: Faults) -> None:
        super().__init__(server, kcm("attachdetach-controller", "attachdetach-controller"))
        self._fares, self._faults = fares, faults
        self.attached: set[tuple[str, str]] = set()
        self._begun: set[str] = set()
        self._pauses: dict[str, float] = {}
        self._faulty: dict[str, Fault] = {}

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """A Pod that came to a node and uses claims."""
        uid = thing["metadata"]["uid"]
        if thing["spec"].get("nodeName") and _claims(thing) and uid not in self._begun:
            self._begun.add(uid)
            self.enqueue(uid, self._fares.attaching * self.clock.between(0.8, 1.2))

    def reconcile(self, key: str) -> Work:
        """One attempt for the volumes of one Pod."""
        pod = self.known("Pod", key)
        fault = self._faulty.get(key)
        if pod is None or leaving(pod):
            self._faults.end(fault)
            return
        yield self.clock.between(0.01, 0.1)
        node = pod["spec"]["nodeName"]
        for claim in _claims(pod):
            why = failing(self._fares.attachments, claim, self.clock.now)
            volume = f'for volume "pv-{claim}"'
            if why:
                text = f"AttachVolume.Attach failed {volume} : {why}"
                self.events.tell(pod, "FailedAttachVolume", text, "Warning")
                if fault is None:
                    holders = "attachdetach-controller kubelet client"
                    fault = self._faults.begin(pod, "volume-pending", holders)
                    self._faulty[key] = fault
                pause = self._pauses.get(key, 0.5)
                self._pauses[key] = min(pause * 2, _LONGEST)
                self.enqueue(key, pause)
                return
            if (claim, node) not in self.attached:
                self.attached.add((claim, node))
                text = f"AttachVolume.Attach succeeded {volume}"
                self.events.tell(pod, "SuccessfulAttachVolume", text)
        self._faults.end(fault)


def _claims(pod: Json) -> list[str]:
    found = [v.get("persistentVolumeClaim", {}) for v in pod["spec"].get("volumes", ())]
    return [claim["claimName"] for claim in found if claim]
