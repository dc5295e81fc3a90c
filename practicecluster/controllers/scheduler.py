"""The scheduler: binds each Pod to a node that it fits, or says why none does.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/scheduler/schedule_one.go
Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/scheduler/backend/queue/scheduling_queue.go
"""

from collections import Counter
from contextlib import suppress

from practicecluster.controllers.actors import Actor, condition, leaving, referred
from practicecluster.controllers.api import Api, Json, Refused
from practicecluster.controllers.clock import Work
from practicecluster.controllers.placing import Misfit, Node, liking, misfits
from practicecluster.controllers.who import SCHEDULER
from practicecluster.writing.times import stamp

_FIRST, _MOST = 1.0, 10.0
Room = list[tuple[str, list[Json]]]
"""A node on which there will be room, and the Pods that have to go for it; or nothing."""
_UNHELPED = "Preemption is not helpful for scheduling."
_UNVICTIMED = "No preemption victims found for incoming pod."


class Scheduler(Actor):
    """Knows what it placed itself before the watch tells it (it assumes Pods)."""

    watches = ("Pod", "Node")
    component = "default-scheduler"

    def __init__(self, server: Api) -> None:
        super().__init__(server, SCHEDULER)
        self._assumed: dict[str, str] = {}
        self._waiting: dict[str, Json] = {}
        self._placed: dict[str, dict[str, Json]] = {}
        self._tried_at: dict[str, tuple[int, float]] = {}

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """What frees room, or a new Pod, has the waiting ones tried again."""
        if kind == "Node":
            if before is None or type_ == "DELETED" or _matter(before) != _matter(thing):
                self._again()
            return
        uid, ended = thing["metadata"]["uid"], thing["status"].get("phase") in _ENDED
        node = thing["spec"].get("nodeName") or ""
        if type_ == "DELETED" or ended:
            self._waiting.pop(uid, None)
            self._assumed.pop(uid, None)
            self._tried_at.pop(uid, None)
            if self._placed.get(node, {}).pop(uid, None) is not None:
                self._again()
        elif node:
            self._waiting.pop(uid, None)
            self._assumed.pop(uid, None)
            self._placed.setdefault(node, {})[uid] = thing
            if before is not None and leaving(thing) and not leaving(before):
                self._again()
        else:
            fresh = uid not in self._waiting or self._waiting[uid]["spec"] != thing["spec"]
            self._waiting[uid] = thing
            if fresh:
                self.enqueue(uid)

    def _again(self) -> None:
        """Try the Pods again that found no node, each once its time to wait is over."""
        for uid in self._waiting:
            if (attempt := self._tried_at.get(uid)) is not None:
                pause = min(_FIRST * 2.0 ** (attempt[0] - 1), _MOST)
                self.enqueue(uid, max(attempt[1] + pause - self.clock.now, 0.0))

    def _waits(self, pod: Json) -> bool:
        placed = pod["spec"].get("nodeName") or pod["metadata"]["uid"] in self._assumed
        return not placed and not leaving(pod) and not pod["spec"].get("schedulingGates")

    def nodes(self, pod: Json) -> list[Node]:
        """The nodes with what is on them, was just put there, or has room made for it there."""
        every = [Node(node, []) for node in self.cached("Node")]
        by_name = {node.name: node for node in every}
        for name, pods in self._placed.items():
            if name in by_name:
                by_name[name].pods.extend(pods.values())
        for uid, name in self._assumed.items():
            known = self.known("Pod", uid)
            if known is not None and name in by_name and not known["spec"].get("nodeName"):
                by_name[name].pods.append(known)
        for uid, other in self._waiting.items():
            name = other["status"].get("nominatedNodeName", "")
            before = uid not in self._assumed and priority(other) >= priority(pod)
            if name in by_name and before and uid != pod["metadata"]["uid"]:
                by_name[name].pods.append(other)
        return every

    def reconcile(self, key: str) -> Work:
        """One attempt for one Pod."""
        pod = self.known("Pod", key)
        if pod is None or not self._waits(pod):
            return
        nodes = self.nodes(pod)
        why = {node.name: misfits(pod, node, nodes) for node in nodes}
        fitting = [node for node in nodes if not why[node.name]]
        yield self.clock.between(0.001, 0.005)
        if not fitting:
            attempts, _ = self._tried_at.get(key, (0, 0.0))
            self._tried_at[key] = attempts + 1, self.clock.now
            yield from self._pass_over(pod, nodes, why)
            return
        likings = [(liking(pod, node), node.name) for node in fitting]
        least = min(found for found, _ in likings)
        best = [name for found, name in likings if found == least]
        name = self.clock.random.choice(best)
        self._assumed[key] = name
        try:
            self.server.bind(self.who, pod, name)
        except Refused:
            self._assumed.pop(key, None)
            raise
        space = pod["metadata"]["namespace"]
        text = f"Successfully assigned {space}/{pod['metadata']['name']} to {name}"
        self._tell(pod, "Scheduled", "Binding", text, "Normal")

    def _pass_over(self, pod: Json, nodes: list[Node], why: dict[str, list[Misfit]]) -> Work:
        made, unable = self._room(pod, nodes, why)
        text = unfit(list(why.values()), helped=bool(made), unable=unable)
        self._tell(pod, "FailedScheduling", "Scheduling", text, "Warning")
        yield self.clock.between(0.001, 0.005)
        kept = bool(made or unable)
        self.server.patch(self.who, pod, lambda now: self._refuse(now, text, kept=kept), "status")
        for node, victims in made:
            yield from self._preempt(pod, node, victims)

    def _room(self, pod: Json, nodes: list[Node], why: dict[str, list[Misfit]]) -> tuple[Room, str]:
        """Where room can be made, and by whose going; or why this Pod may not have it made.

        Nothing is taken away by this one.
        """
        del pod, nodes, why
        return [], ""

    def _preempt(self, pod: Json, node: str, victims: list[Json]) -> Work:
        """Take Pods away for another one."""
        raise NotImplementedError

    def _refuse(self, pod: Json, text: str, *, kept: bool) -> None:
        """Say that no node fits; a nomination for which nobody goes (any more) is not `kept`.

        Source: pkg/scheduler/framework/preemption/preemption.go, Preempt
        """
        if not kept:
            pod["status"].pop("nominatedNodeName", None)
        said: Json = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
        if "generation" in pod["metadata"]:
            said["observedGeneration"] = pod["metadata"]["generation"]
        old = condition(pod, "PodScheduled")
        at = old["lastTransitionTime"] if old else stamp(self.clock.now)
        said |= {"message": text, "lastProbeTime": None, "lastTransitionTime": at}
        others = [c for c in pod["status"].get("conditions", []) if c["type"] != "PodScheduled"]
        pod["status"]["conditions"] = [*others, said]

    def _tell(self, pod: Json, reason: str, action: str, text: str, type_: str) -> None:
        at = self.clock.now
        self.clock.after(
            self.clock.between(0.001, 0.05),
            lambda: self._send(pod, reason, action, text, type_, at),
        )

    def _send(self, pod: Json, reason: str, action: str, text: str, type_: str, at: float) -> None:
        metadata = pod["metadata"]
        event = {
            "kind": "Event", "apiVersion": "v1",
            "metadata": {
                "name": f"{metadata['name']}.{int(at * 1e9):x}s",
                "namespace": metadata["namespace"],
            },
            "involvedObject": referred(pod) | {"resourceVersion": metadata["resourceVersion"]},
            "reason": reason, "message": text, "type": type_, "source": {}, "action": action,
            "firstTimestamp": None, "lastTimestamp": None, "eventTime": stamp(at)[:-1] + ".123456Z",
            "reportingComponent": "default-scheduler", "reportingInstance": "default-scheduler-cp",
        }  # fmt: skip
        with suppress(Refused):  # Of a namespace that is leaving no more is told.
            self.server.create(self.who, event)


_ENDED = ("Succeeded", "Failed")


def _matter(node: Json) -> Json:
    """Return what of a node decides which Pods fit it."""
    labels, status = node["metadata"].get("labels"), node.get("status") or {}
    return {"spec": node["spec"], "labels": labels, "room": status.get("allocatable")}


def priority(pod: Json) -> int:
    """How much a Pod counts against others."""
    return int(pod["spec"].get("priority") or 0)


def unfit(found: list[list[Misfit]], *, helped: bool = False, unable: str = "") -> str:
    """Return what a scheduler says where no node fits: how many, and for what each.

    Where the going of others has `helped` there is nothing to say of that; `unable` is why it was
    not looked for.
    """
    if not found:
        return "no nodes available to schedule pods"
    none = f"0/{len(found)} nodes are available:"
    whys = Counter(misfit.why for each in found for misfit in each)
    parts = ", ".join(sorted(f"{count} {why}" for why, count in whys.items()))
    if helped:
        return f"{none} {parts}."
    tells = f"{none} {parts}. no new claims to deallocate, preemption:"
    if unable:
        return f"{tells} {unable}"
    helpless = sum(any(misfit.helpless for misfit in each) for each in found)
    tried = {_UNHELPED: helpless, _UNVICTIMED: len(found) - helpless}
    after = ", ".join(sorted(f"{count} {why}" for why, count in tried.items() if count))
    return f"{tells} {none} {after}"
