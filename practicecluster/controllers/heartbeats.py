"""A kubelet's word for its node: that it is there, each ten seconds, and how it is.

A node is lost when somebody annotates it so: its kubelet neither hears nor says anything, until
the annotation is gone. Nobody could pull a plug here, so this stands for it.
Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/kubelet_node_status.go
Source: https://github.com/kubernetes/component-helpers/blob/master/apimachinery/lease/controller.go
"""

from practicecluster.controllers.actors import Actor, condition
from practicecluster.controllers.api import Api, Json, Refused
from practicecluster.controllers.clock import Work
from practicecluster.controllers.deployments import put
from practicecluster.controllers.who import Who, kubelet
from practicecluster.writing.times import micro, stamp

LOST = "practicecluster/lost"
_WELL = {
    "MemoryPressure": ("KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    "DiskPressure": ("KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    "PIDPressure": ("KubeletHasSufficientPID", "kubelet has sufficient PID available"),
}
LEASES = "kube-node-lease"
_RENEWED, _LASTS, _LOOKS = 10.0, 40, 0.5
HOLLOW = Who("kubelet", "hollow-kubelet", "kubernetes-admin", "hollow-kubelet")
"""The kubelets of simulated nodes, which share a user.

Source: https://github.com/kubernetes/kubernetes/blob/master/cmd/kubemark/hollow-node.go
"""


class Beating(Actor):
    """While its node is among the `silent` it neither hears nor says anything."""

    watches: tuple[str, ...] = ("Pod", "Node")
    component = "kubelet"

    def __init__(
        self, server: Api, node: str, who: Who | None = None,
        silent: dict[str, float] | None = None, *, beats: bool = True,
    ) -> None:  # fmt: skip
        self.node = node
        super().__init__(server, who or kubelet(node))
        self._silent = {} if silent is None else silent
        if beats:
            self.clock.after(self.clock.between(0.0, 1.0), self._beat)

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """Its node, which somebody may have lost, or found again."""
        if kind != "Node" or thing["metadata"]["name"] != self.node or type_ == "DELETED":
            return
        lost = LOST in (thing["metadata"].get("annotations") or {})
        if before is None and not lost:
            return
        was = before is not None and LOST in (before["metadata"].get("annotations") or {})
        if lost and self.node not in self._silent:
            self._silent[self.node] = self.clock.now
        elif was and not lost and self._silent.pop(self.node, None) is not None:
            self.back()

    def back(self) -> None:
        """Take up again."""
        raise NotImplementedError

    def safely(self, work: Work) -> Work:
        """Do work until it is refused, as its Pod is gone; while the node is silent, it rests."""
        try:
            for pause in work:
                yield pause
                while self.node in self._silent:
                    yield _LOOKS
        except Refused:
            return

    def report_node(self) -> None:
        """Say that the node is ready, after it was taken for lost."""
        node = self.server.find("Node", "", self.node)
        if node is not None:
            self.server.patch(self.who, node, self._say_ready, "status")

    def press(self, type_: str, *, pressed: bool) -> None:
        """Report that the node runs out of something, or no longer does."""
        node = self.server.find("Node", "", self.node)
        if node is None:
            return
        at, value = stamp(self.clock.now), "True" if pressed else "False"
        said: Json = {"type": type_, "status": value, "lastTransitionTime": at}
        said |= {"reason": f"KubeletHas{type_}", "message": "kubelet has pressure"}
        self.server.patch(self.who, node, lambda now: put(now["status"], said), "status")

    def _beat(self) -> None:
        if self.node not in self._silent:
            self.clock.start(self.safely(self._renew()))
        self.clock.after(_RENEWED, self._beat)

    def _renew(self) -> Work:
        lease = self.server.find("Lease", LEASES, self.node)
        now = micro(self.clock.now)
        spec = {"holderIdentity": self.node, "leaseDurationSeconds": _LASTS, "renewTime": now}
        if lease is not None:
            self.server.patch(self.who, lease, lambda thing: thing["spec"].update(renewTime=now))
            known = self.server.find("Node", "", self.node)
            ready = condition(known, "Ready") if known is not None else None
            if ready is not None and ready["status"] == "Unknown":
                self.report_node()  # Somebody took it for lost.
            return
        node = self.server.find("Node", "", self.node)
        if node is None:
            return
        owner = {"apiVersion": "v1", "kind": "Node", "name": self.node}
        metadata = {"name": self.node, "namespace": LEASES}
        metadata["ownerReferences"] = [owner | {"uid": node["metadata"]["uid"]}]  # type: ignore[assignment]
        made = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease"}
        self.server.create(self.who, made | {"metadata": metadata, "spec": spec})
        yield 0.0

    def _say_ready(self, node: Json) -> None:
        at = stamp(self.clock.now)
        for type_, (reason, message) in _WELL.items():
            old = condition(node, type_)
            if old is not None and old["status"] == "Unknown":
                said = {"type": type_, "status": "False", "reason": reason, "message": message}
                said |= {"lastHeartbeatTime": at, "lastTransitionTime": at}
                put(node["status"], said)
        old = condition(node, "Ready")
        kept = old is not None and old["status"] == "True"
        moved = old.get("lastTransitionTime", at) if kept and old else at
        said = {"type": "Ready", "status": "True", "reason": "KubeletReady"}
        said |= {"message": "kubelet is posting ready status"}
        put(node["status"], said | {"lastHeartbeatTime": at, "lastTransitionTime": moved})
