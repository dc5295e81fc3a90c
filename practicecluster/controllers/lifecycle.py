"""What the control plane does about nodes: conditions, taints, evictions, and Pods left over.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/nodelifecycle/node_lifecycle_controller.go
Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/tainteviction/taint_eviction.go
Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/podgc/gc_controller.go
"""

import copy

from practicecluster.controllers.actors import Actor, condition, leaving
from practicecluster.controllers.api import Api, Json, Refused
from practicecluster.controllers.clock import Work
from practicecluster.controllers.deployments import put
from practicecluster.controllers.who import kcm
from practicecluster.writing.times import stamp

PREFIX = "node.kubernetes.io/"
_GRACE, _PERIOD, _TOLERATED = 12.0, 5.0, 20.0
"""Shorter than in a real cluster, so that a day has more in it."""
_PRESSURES = {"MemoryPressure": "memory-pressure", "DiskPressure": "disk-pressure"}


class NodeLifecycle(Actor):
    """Marks silent nodes and their Pods, and keeps the taints that follow from a Node's state."""

    watches = ("Node", "Pod")
    component = "node-controller"

    def __init__(self, server: Api, silent: dict[str, float], grace: float = _GRACE) -> None:
        super().__init__(server, kcm("node-lifecycle-controller", "node-controller"))
        self._silent, self._grace = silent, grace
        self.clock.after(_PERIOD, self._monitor)

    def _monitor(self) -> None:
        for node in self.cached("Node"):
            name = node["metadata"]["name"]
            since = self._silent.get(name)
            if (
                since is not None
                and self.clock.now - since > self._grace
                and _ready(node) == "True"
            ):
                self.clock.start(self._guarded(self._give_up(node)))
        self.clock.after(_PERIOD, self._monitor)

    def _guarded(self, work: Work) -> Work:
        try:
            yield from work
        except Refused:
            return

    def _give_up(self, node: Json) -> Work:
        after = copy.deepcopy(node)
        said: Json = {"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown"}
        said |= {"message": "Kubelet stopped posting node status."}
        beat = (condition(node, "Ready") or {}).get("lastHeartbeatTime")
        at = stamp(self.clock.now)
        put(after["status"], said | {"lastHeartbeatTime": beat or at, "lastTransitionTime": at})
        yield self.clock.between(0.001, 0.006)
        self.server.update(self.who, after, "status")
        name = node["metadata"]["name"]
        self.events.tell(node, "NodeNotReady", f"Node {name} status is now: NodeNotReady")
        for pod in self.cached("Pod"):
            if pod["spec"].get("nodeName") == name and _ready(pod) == "True":
                yield self.clock.between(0.001, 0.01)
                try:
                    self.server.patch(self.who, pod, self._unready, "status")
                except Refused:
                    continue
                self.events.tell(pod, "NodeNotReady", "Node is not ready", "Warning")
        yield self.clock.between(0.05, 0.3)
        self.enqueue(node["metadata"]["uid"])

    def _unready(self, pod: Json) -> None:
        for said in pod["status"]["conditions"]:
            if said["type"] == "Ready":
                said |= {"status": "False", "lastTransitionTime": stamp(self.clock.now)}

    def reconcile(self, key: str) -> Work:
        """The taints of one node; the one that evicts comes, and goes, by itself."""
        node = self.known("Node", key)
        if node is None:
            return
        ready = _ready(node)
        wanted = {PREFIX + "unreachable"} if ready == "Unknown" else set()
        if ready == "False":
            wanted.add(PREFIX + "not-ready")
        if node["spec"].get("unschedulable"):
            wanted.add(PREFIX + "unschedulable")
        wanted |= {
            PREFIX + key
            for type_, key in _PRESSURES.items()
            if (found := condition(node, type_)) and found["status"] == "True"
        }
        yield from self._taint(node, "NoSchedule", wanted)
        evicting = {PREFIX + "unreachable"} if ready == "Unknown" else set()
        yield from self._taint(node, "NoExecute", evicting)

    def _taint(self, node: Json, effect: str, wanted: set[str]) -> Work:
        live = self.server.find("Node", "", node["metadata"]["name"])
        if live is None:
            return
        taints = live["spec"].get("taints", [])
        own = {t["key"] for t in taints if t["effect"] == effect and t["key"].startswith(PREFIX)}
        if own == wanted:
            return
        others = [t for t in taints if t["effect"] != effect or t["key"] not in own]
        made = [{"key": key, "effect": effect} for key in sorted(wanted)]
        if effect == "NoExecute":
            made = [taint | {"timeAdded": stamp(self.clock.now)} for taint in made]

        def change(now: Json) -> None:
            now["spec"].pop("taints", None)
            if others or made:
                now["spec"]["taints"] = [*others, *made]

        yield self.clock.between(0.001, 0.1)
        self.server.patch(self.who, node, change)


class Evictor(Actor):
    """Deletes Pods from nodes with a NoExecute taint, once they tolerate it no longer."""

    watches = ("Node", "Pod")
    component = "taint-eviction-controller"

    def __init__(self, server: Api, tolerated: float = _TOLERATED) -> None:
        super().__init__(server, kcm("taint-eviction-controller", "node-controller"))
        self._tolerated = tolerated

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """A node's taints, or a Pod that comes to such a node."""
        nodes = {node["metadata"]["name"]: node for node in self.cached("Node")}
        for pod in self.cached("Pod"):
            node = nodes.get(pod["spec"].get("nodeName", ""))
            if node is None or (kind == "Pod" and pod is not thing):
                continue
            if kind == "Node" and thing is not node:
                continue
            seconds = _until(node, pod, self._tolerated)
            if seconds is not None:
                self.enqueue(pod["metadata"]["uid"], seconds)

    def reconcile(self, key: str) -> Work:
        """Evict one Pod, if its node still has the taint."""
        pod = self.known("Pod", key)
        if pod is None or leaving(pod):
            return
        nodes = {node["metadata"]["name"]: node for node in self.cached("Node")}
        node = nodes.get(pod["spec"]["nodeName"])
        if node is None or _until(node, pod, self._tolerated) is None:
            return
        said = _target("DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint")
        name = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
        self.events.tell(pod, "TaintManagerEviction", f"Marking for deletion Pod {name}")
        yield self.clock.between(0.001, 0.006)
        at = stamp(self.clock.now)
        self.server.patch(self.who, pod, lambda now: _put(now, said, at), "status")
        yield self.clock.between(0.001, 0.006)
        self.server.delete(self.who, pod)


class PodCollector(Actor):
    """Removes Pods of nodes that are gone; each 20 seconds, and not before it is sure."""

    watches = ("Node", "Pod")

    def __init__(self, server: Api) -> None:
        super().__init__(server, kcm("pod-garbage-collector"))
        self._missing: dict[str, float] = {}
        self.clock.after(20.0, self._collect)

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """It does not act on what it is told, only on what it finds."""

    def _collect(self) -> None:
        there = {node["metadata"]["name"] for node in self.cached("Node")}
        for pod in self.cached("Pod"):
            name = pod["spec"].get("nodeName", "")
            if name in there or not name:
                if not name and leaving(pod):
                    self.enqueue(pod["metadata"]["uid"])
                continue
            since = self._missing.setdefault(name, self.clock.now)
            if self.clock.now - since > 20:
                self.enqueue(pod["metadata"]["uid"])
        self.clock.after(20.0, self._collect)

    def reconcile(self, key: str) -> Work:
        """Fail a Pod that has not ended, and remove it without waiting."""
        pod = self.known("Pod", key)
        if pod is None:
            return
        yield self.clock.between(0.001, 0.006)
        if pod["status"].get("phase") not in ("Succeeded", "Failed"):
            said = _target("DeletionByPodGC", "PodGC: node no longer exists")
            at = stamp(self.clock.now)

            def failed(now: Json) -> None:
                now["status"]["phase"] = "Failed"
                if now["spec"].get("nodeName"):
                    _put(now, said, at)

            self.server.patch(self.who, pod, failed, "status")
            yield self.clock.between(0.001, 0.006)
        self.server.delete(self.who, pod, grace=0)


def _until(node: Json, pod: Json, tolerated_for: float) -> float | None:
    """How long a Pod still tolerates what evicts from its node; None where it may stay.

    Source: `getMinTolerationTime` in pkg/controller/tainteviction/taint_eviction.go.
    """
    evicting = [t["key"] for t in node["spec"].get("taints", ()) if t["effect"] == "NoExecute"]
    if not evicting:
        return None
    tolerations = pod["spec"].get("tolerations", ())
    if {each.get("key") for each in tolerations}.issuperset(evicting):
        limits = (t.get("tolerationSeconds") for t in tolerations if t.get("key") in evicting)
        return min((max(float(each), 0.0) for each in limits if each is not None), default=None)
    return tolerated_for if all(key.startswith(PREFIX) for key in evicting) else 0.0


def _ready(thing: Json) -> str:
    found = condition(thing, "Ready")
    return str(found["status"]) if found else ""


def _target(reason: str, message: str) -> Json:
    return {"type": "DisruptionTarget", "status": "True", "reason": reason, "message": message}


def _put(pod: Json, said: Json, at: str) -> None:
    put(pod["status"], said | {"lastProbeTime": None, "lastTransitionTime": at})
