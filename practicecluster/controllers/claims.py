"""What happens to PersistentVolumeClaims: bound to a volume, and let go once no Pod uses them.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/volume/persistentvolume/pv_controller.go
Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/volume/pvcprotection/pvc_protection_controller.go
"""

from practicecluster.controllers.actors import Actor, leaving
from practicecluster.controllers.api import Api, Json
from practicecluster.controllers.clock import Work
from practicecluster.controllers.who import kcm
from practicecluster.copying import copied

PROTECTION = "kubernetes.io/pvc-protection"


class Binder(Actor):
    """Binds each claim in two writes: its spec and annotations, then its status."""

    watches = ("PersistentVolumeClaim",)
    component = "persistentvolume-controller"

    def __init__(self, server: Api) -> None:
        super().__init__(server, kcm("persistentvolume-controller", "persistent-volume-binder"))

    def reconcile(self, key: str) -> Work:
        """One look at one claim."""
        claim = self.known("PersistentVolumeClaim", key)
        if claim is None or leaving(claim) or claim["spec"].get("volumeName"):
            return
        after = copied(claim)
        after["spec"]["volumeName"] = f"pv-{claim['metadata']['uid']}"
        noted = {f"pv.kubernetes.io/{name}": "yes" for name in _NOTED}
        after["metadata"]["annotations"] = claim["metadata"].get("annotations", {}) | noted
        yield self.clock.between(0.005, 0.05)
        after = copied(self.server.update(self.who, after))
        after["status"] = {"phase": "Bound", "capacity": {"storage": "1Gi"}}
        yield self.clock.between(0.001, 0.006)
        self.server.update(self.who, after, "status")


_NOTED = ("bind-completed", "bound-by-controller")


class Protection(Actor):
    """Takes its finalizer from a claim that is to go and that no Pod uses."""

    watches = ("PersistentVolumeClaim", "Pod")

    def __init__(self, server: Api) -> None:
        super().__init__(server, kcm("pvc-protection-controller"))

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """A claim that is to go, or the end of a Pod that may have used one."""
        for claim in self.cached("PersistentVolumeClaim"):
            if leaving(claim):
                self.enqueue(claim["metadata"]["uid"])

    def reconcile(self, key: str) -> Work:
        """One look at one claim."""
        claim = self.known("PersistentVolumeClaim", key)
        if claim is None or not leaving(claim):
            return
        name = claim["metadata"]["name"]
        if any(name.endswith("-" + pod["metadata"]["name"]) for pod in self.cached("Pod")):
            return
        after = copied(claim)
        after["metadata"]["finalizers"] = [
            held for held in claim["metadata"].get("finalizers", ()) if held != PROTECTION
        ]
        if not after["metadata"]["finalizers"]:
            del after["metadata"]["finalizers"]
        yield self.clock.between(0.001, 0.006)
        self.server.update(self.who, after)
