"""Kubelets that can fall silent and come back, and those of simulated nodes, which share a user.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/kubelet_node_status.go
Source: https://github.com/kubernetes/kubernetes/blob/master/cmd/kubemark/hollow-node.go
"""

from practicecluster.controllers.actors import condition, is_ready, leaving
from practicecluster.controllers.api import Json, Refused
from practicecluster.controllers.clock import Work
from practicecluster.controllers.deployments import put
from practicecluster.controllers.kubelet import Kubelet
from practicecluster.controllers.who import Who
from practicecluster.writing.times import stamp
from tests.explain.simulation.server import Server

HOLLOW = Who("kubelet", "hollow-kubelet", "kubernetes-admin", "hollow-kubelet")


class LosableKubelet(Kubelet):
    """While its node is among the `silent` it neither hears nor says anything."""

    def __init__(
        self, server: Server, node: str, silent: dict[str, float], who: Who | None = None
    ) -> None:
        super().__init__(server, node, who)
        self._silent = silent

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """What it is told while it is silent it finds out when it is back."""
        if self.node not in self._silent:
            super().seen(kind, type_, before, thing)

    def _run(self, pod: Json) -> Work:
        try:
            yield from super()._run(pod)
        except GeneratorExit:  # The silence cut it off, so that it is to be done again.
            self._started.discard(pod["metadata"]["uid"])
            raise

    def _safely(self, work: Work) -> Work:
        try:
            for pause in work:
                yield pause
                if self.node in self._silent:
                    return
        except Refused:
            return

    def report_node(self) -> None:
        """Say that the node is ready, as every few minutes and whenever something changed."""
        node = self.server.find("Node", "", self.node)
        if node is not None:
            self.server.patch(self.who, node, self._say_ready, "status")

    def back(self) -> None:
        """Take up again: the node first, then each Pod as it is."""
        self.report_node()
        for pod in self.cached("Pod"):
            if pod["spec"].get("nodeName") != self.node:
                continue
            uid = pod["metadata"]["uid"]
            if leaving(pod):
                self._ending.add(uid)
                self.clock.start(self._safely(self._end(pod)))
            elif pod["status"].get("phase") == "Running" and not is_ready(pod):
                running = {"running": {"startedAt": stamp(self.clock.now)}}
                self.clock.start(self._safely(self._again(pod, running)))
            elif uid not in self._started and pod["status"].get("phase") == "Pending":
                self._started.add(uid)
                self.clock.start(self._safely(self._run(pod)))

    def _again(self, pod: Json, running: Json) -> Work:
        yield self.clock.between(0.1, 1.0)
        self._report(pod, "Running", running, ready=True)

    def _say_ready(self, node: Json) -> None:
        at = stamp(self.clock.now)
        old = condition(node, "Ready")
        kept = old is not None and old["status"] == "True"
        moved = old.get("lastTransitionTime", at) if kept and old else at
        said: Json = {"type": "Ready", "status": "True", "reason": "KubeletReady"}
        said |= {"message": "kubelet is posting ready status"}
        put(node["status"], said | {"lastHeartbeatTime": at, "lastTransitionTime": moved})
