"""What the control plane does about nodes: conditions, taints, evictions, and Pods left over.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/nodelifecycle/node_lifecycle_controller.go
Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/tainteviction/taint_eviction.go
Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/podgc/gc_controller.go
"""

from datetime import datetime

from practicecluster.controllers.actors import Actor, condition, leaving
from practicecluster.controllers.api import Api, Json, Refused
from practicecluster.controllers.clock import Work
from practicecluster.controllers.deployments import put
from practicecluster.controllers.placing import tolerates
from practicecluster.controllers.who import kcm
from practicecluster.copying import copied
from practicecluster.writing.times import stamp

PREFIX = "node.kubernetes.io/"
_GRACE, _PERIOD = 50.0, 5.0
"""Seconds of silence after which a node is given up, and between two looks at all nodes.

Source: pkg/controller/nodelifecycle/config/v1alpha1/defaults.go
"""
_PRESSURES = {"MemoryPressure": "memory-pressure", "DiskPressure": "disk-pressure"}


class NodeLifecycle(Actor):
    """Marks silent nodes and their Pods, and keeps the taints that follow from a Node's state."""

    watches: tuple[str, ...] = ("Node", "Pod", "Lease")
    component = "node-controller"

    def __init__(
        self, server: Api, silent: dict[str, float] | None = None, grace: float = _GRACE
    ) -> None:
        if silent is not None:  # It is told who is, and need not listen.
            self.watches = ("Node", "Pod")
        self._silent, self._grace = silent, grace
        self._heard: dict[str, float] = {}
        super().__init__(server, kcm("node-lifecycle-controller", "node-controller"))
        self.clock.after(_PERIOD, self._monitor)

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """A node, whose taints may have to change; or a sign of life of one."""
        name = thing["metadata"]["name"]
        if kind == "Lease":
            self._heard[name] = self.clock.now
        elif kind == "Node":
            if before is None or _beat(before) != _beat(thing):
                self._heard[name] = self.clock.now
            self.enqueue(thing["metadata"]["uid"])

    def _monitor(self) -> None:
        heard = self._heard if self._silent is None else self._silent
        for node in self.cached("Node"):
            since = heard.get(node["metadata"]["name"])
            silence = self.clock.now - since if since is not None else 0.0
            if silence > self._grace and _ready(node) == "True":
                self.clock.start(self._guarded(self._give_up(node)))
        self.clock.after(_PERIOD, self._monitor)

    def _guarded(self, work: Work) -> Work:
        try:
            yield from work
        except Refused:
            return

    def _give_up(self, node: Json) -> Work:
        after = copied(node)
        at = stamp(self.clock.now)
        said: Json = {"status": "Unknown", "reason": "NodeStatusUnknown"}
        said |= {"message": "Kubelet stopped posting node status.", "lastTransitionTime": at}
        for type_ in (*_PRESSURES, "PIDPressure", "Ready"):
            if old := condition(node, type_):
                beat = old.get("lastHeartbeatTime") or at
                put(after["status"], {"type": type_, "lastHeartbeatTime": beat} | said)
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

    def __init__(self, server: Api, tolerated: float | None = None) -> None:
        super().__init__(server, kcm("taint-eviction-controller", "node-controller"))
        self._tolerated = tolerated

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """A node's taints, or a Pod that comes to such a node."""
        if type_ == "DELETED":
            return
        pods = self.cached("Pod") if kind == "Node" and _evicts(thing) else []
        nodes = {node["metadata"]["name"]: node for node in self.cached("Node")}
        for pod in [thing] if kind == "Pod" else pods:
            node = nodes.get(pod["spec"].get("nodeName", ""))
            if node is None or (kind == "Node" and thing is not node):
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
        left = _until(node, pod, self._tolerated) if node is not None else None
        if left is None or node is None:
            return
        if self._tolerated is None and (left := _since(node) + left - self.clock.now) > 0:
            self.enqueue(key, left)
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


def _evicts(node: Json) -> bool:
    return any(taint["effect"] == "NoExecute" for taint in node["spec"].get("taints", ()))


def _until(node: Json, pod: Json, tolerated_for: float | None) -> float | None:
    """How long a Pod tolerates what evicts from its node; None where it may stay.

    Source: pkg/controller/tainteviction/taint_eviction.go, getMinTolerationTime
    """
    evicting = [t for t in node["spec"].get("taints", ()) if t["effect"] == "NoExecute"]
    if not evicting:
        return None
    if tolerated_for is not None:
        told = pod["spec"].get("tolerations") or []
        keys = {t["key"] for t in evicting}
        if {t.get("key") for t in told}.issuperset(keys):
            limits = [t.get("tolerationSeconds") for t in told if t.get("key") in keys]
            return min((max(float(each), 0.0) for each in limits if each is not None), default=None)
        return tolerated_for if all(t["key"].startswith(PREFIX) for t in evicting) else 0.0
    seconds = []
    for taint in evicting:
        told = pod["spec"].get("tolerations") or ()
        used = next((t for t in told if tolerates(t, taint)), None)
        if used is None:
            return 0.0
        if used.get("tolerationSeconds") is not None:
            seconds.append(used["tolerationSeconds"])
    return max(float(min(seconds)), 0.0) if seconds else None


def _since(node: Json) -> float:
    """When the last of a node's evicting taints came, in unix seconds."""
    taints = node["spec"].get("taints", ())
    added = [t.get("timeAdded") for t in taints if t["effect"] == "NoExecute"]
    return max((datetime.fromisoformat(at).timestamp() for at in added if at), default=0.0)


def _beat(node: Json) -> str:
    """When a node's kubelet last wrote how it is."""
    found = condition(node, "Ready")
    return str(found.get("lastHeartbeatTime")) if found else ""


def _ready(thing: Json) -> str:
    found = condition(thing, "Ready")
    return str(found["status"]) if found else ""


def _target(reason: str, message: str) -> Json:
    return {"type": "DisruptionTarget", "status": "True", "reason": reason, "message": message}


def _put(pod: Json, said: Json, at: str) -> None:
    put(pod["status"], said | {"lastProbeTime": None, "lastTransitionTime": at})
