"""The DaemonSet controller: one Pod on each node that fits.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/daemon/daemon_controller.go
"""

from practicecluster.controllers.actors import Actor, controller_of, is_ready, leaving
from practicecluster.controllers.api import Api, Json, Refused
from practicecluster.controllers.clock import Work
from practicecluster.controllers.deployments import template_hash
from practicecluster.controllers.placing import Node, picked, tolerated
from practicecluster.controllers.replicasets import pod_of
from practicecluster.controllers.revisions import HASH, newest, truncated
from practicecluster.controllers.who import kcm
from practicecluster.copying import copied

_TEMPLATE = "deprecated.daemonset.template.generation"
_TOLERATED = {
    "not-ready": "NoExecute",
    "unreachable": "NoExecute",
    "disk-pressure": "NoSchedule",
    "memory-pressure": "NoSchedule",
    "pid-pressure": "NoSchedule",
    "unschedulable": "NoSchedule",
}


class DaemonSets(Actor):
    """A revision, Pods where they are missing, the rolling update, the history, the status."""

    watches = ("DaemonSet", "Pod", "Node", "ControllerRevision")
    component = "daemonset-controller"

    def __init__(self, server: Api) -> None:
        super().__init__(server, kcm("daemonset-controller", "daemon-set-controller"))
        self._awaited: dict[str, set[str]] = {}

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """A DaemonSet, one of its Pods, or any node."""
        uid = thing["metadata"]["uid"]
        if kind == "DaemonSet":
            self.enqueue(uid)
        elif kind == "Pod":
            awaited = self._awaited.get(controller_of(thing), set())
            awaited.discard("+" + uid)
            if type_ == "DELETED" or leaving(thing):
                awaited.discard("-" + uid)
            for owner in self.owners("DaemonSet", thing):
                self.enqueue(owner)
        elif kind == "Node":
            for agent in self.cached("DaemonSet"):
                self.enqueue(agent["metadata"]["uid"])

    def reconcile(self, key: str) -> Work:
        """One look at one DaemonSet."""
        agent = self.known("DaemonSet", key)
        if agent is None or leaving(agent):
            return
        found: list[str] = []
        yield from newest(self, agent, found)
        digest = template_hash(agent)
        pods = [p for p in self.cached("Pod") if controller_of(p) == key]
        if not self._awaited.get(key):
            try:
                yield from self._manage(agent, pods, digest)
            except Refused:
                yield from self._report(agent, pods, digest)
                raise
        if not self._awaited.get(key):
            yield from self._roll(agent, pods, digest)
        name = agent["metadata"]["name"]
        used = {f"{name}-{p['metadata']['labels'].get(HASH)}" for p in pods} | {found[0]}
        yield from truncated(self, agent, used)
        yield from self._report(agent, pods, digest)

    def _manage(self, agent: Json, pods: list[Json], digest: str) -> Work:
        for node in self.cached("Node"):
            name = node["metadata"]["name"]
            mine = [p for p in pods if _target(p) == name and not (leaving(p) and _ended(p))]
            for pod in mine:
                failed = pod["status"].get("phase") == "Failed"
                if leaving(pod) or not (failed or not _may_stay(agent, node)):
                    continue
                if failed:
                    where = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
                    text = f"Found failed daemon pod {where} on node {name}, will try to kill it"
                    self.events.tell(agent, "FailedDaemonPod", text, "Warning")
                yield from self._delete(agent, pod)
            if not mine and _fits(agent, node):
                yield self.clock.between(0.001, 0.006)
                made = self.made(agent, _pod(agent, name, digest))
                if self.known("Pod", made["metadata"]["uid"]) is None:
                    self._await(agent, "+" + made["metadata"]["uid"])
                text = f"Created pod: {made['metadata']['name']}"
                self.events.tell(agent, "SuccessfulCreate", text)

    def _roll(self, agent: Json, pods: list[Json], digest: str) -> Work:
        strategy = agent["spec"].get("updateStrategy", {})
        if strategy.get("type") == "OnDelete":
            return
        room = strategy.get("rollingUpdate", {}).get("maxUnavailable", 1)
        room -= sum(leaving(p) or not is_ready(p) for p in pods if _is_new(p, digest))
        for pod in pods:
            if _is_new(pod, digest) or leaving(pod):
                continue
            if not is_ready(pod) or room > 0:
                room -= int(is_ready(pod))
                yield from self._delete(agent, pod)

    def _delete(self, agent: Json, pod: Json) -> Work:
        self._await(agent, "-" + pod["metadata"]["uid"])
        yield self.clock.between(0.001, 0.006)
        self.server.delete(self.who, pod)
        self.events.tell(agent, "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}")

    def _await(self, agent: Json, what: str) -> None:
        self._awaited.setdefault(agent["metadata"]["uid"], set()).add(what)

    def _report(self, agent: Json, pods: list[Json], digest: str) -> Work:
        fitting = {n["metadata"]["name"] for n in self.cached("Node") if _fits(agent, n)}
        mine = [p for p in pods if _target(p) in fitting and not leaving(p)]
        ready = sum(is_ready(p) for p in mine)
        status: Json = {
            "currentNumberScheduled": len({_target(p) for p in mine}),
            "numberMisscheduled": len(pods) - len([p for p in pods if _target(p) in fitting]),
            "desiredNumberScheduled": len(fitting),
            "numberReady": ready,
            "observedGeneration": agent["metadata"]["generation"],
        }
        fresh = sum(_is_new(p, digest) for p in mine)
        missing = len(fitting) - ready
        counts = {"updatedNumberScheduled": fresh, "numberAvailable": ready}
        counts["numberUnavailable"] = missing
        status |= {name: count for name, count in counts.items() if count}
        if status != agent.get("status"):
            yield self.clock.between(0.001, 0.006)
            after = copied(agent)
            after["status"] = status
            self.server.update(self.who, after, "status")


def _ended(pod: Json) -> bool:
    return pod["status"].get("phase") in ("Succeeded", "Failed")


def _is_new(pod: Json, digest: str) -> bool:
    return bool(pod["metadata"]["labels"].get(HASH) == digest)


def _pod(agent: Json, node: str, digest: str) -> Json:
    noted = agent["metadata"].get("annotations") or {}
    labels = {HASH: digest}
    if _TEMPLATE in noted:
        labels["pod-template-generation"] = noted[_TEMPLATE]
    pod = pod_of(agent, "", **labels)
    fields = [{"key": "metadata.name", "operator": "In", "values": [node]}]
    terms = {"nodeSelectorTerms": [{"matchFields": fields}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    pod["spec"]["affinity"] = (pod["spec"].get("affinity") or {}) | affinity
    _tolerating(pod["spec"])
    return pod


def _tolerating(spec: Json) -> Json:
    """Have a Pod's spec tolerate what no daemon's Pod minds; returns it.

    Source: pkg/controller/daemon/util/daemonset_util.go, AddOrUpdateDaemonPodTolerations
    """
    spec["tolerations"] = [
        *(spec.get("tolerations") or ()),
        *(
            {"key": f"node.kubernetes.io/{name}", "operator": "Exists", "effect": effect}
            for name, effect in _TOLERATED.items()
        ),
    ]
    return spec


def _target(pod: Json) -> str:
    """The node that a Pod is for: where it is, or is to be."""
    if name := pod["spec"].get("nodeName"):
        return str(name)
    required = pod["spec"]["affinity"]["nodeAffinity"]
    terms = required["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    return str(terms[0]["matchFields"][0]["values"][0])


def _foreign(agent: Json, node: Json, *effects: str) -> bool:
    """Return whether a node has a taint that the Pods of a DaemonSet do not tolerate."""
    pod = {"spec": _tolerating(copied(agent["spec"]["template"]["spec"]))}
    taints = node["spec"].get("taints") or ()
    return any(taint["effect"] in effects and not tolerated(taint, pod) for taint in taints)


def _fits(agent: Json, node: Json) -> bool:
    """Return whether a node is to have a Pod."""
    chosen = picked({"spec": agent["spec"]["template"]["spec"]}, Node(node, []))
    return chosen and not _foreign(agent, node, "NoSchedule", "NoExecute")


def _may_stay(agent: Json, node: Json) -> bool:
    chosen = picked({"spec": agent["spec"]["template"]["spec"]}, Node(node, []))
    return chosen and not _foreign(agent, node, "NoExecute")
