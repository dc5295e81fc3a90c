"""The ReplicaSet controller: as many Pods as are desired, in batches that double.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/replicaset/replica_set.go
"""

import math
from datetime import datetime

from practicecluster.controllers.actors import (
    Actor,
    active,
    condition,
    controller_of,
    is_ready,
    leaving,
    owned_by,
)
from practicecluster.controllers.api import Api, Json, Refused
from practicecluster.controllers.clock import Work
from practicecluster.controllers.who import Who, kcm
from practicecluster.copying import copied
from practicecluster.writing.times import stamp


class ReplicaSets(Actor):
    """Creates and deletes Pods, then writes the status; waits until it saw what it did."""

    watches = ("ReplicaSet", "Pod")
    component = "replicaset-controller"
    kind = "ReplicaSet"

    def __init__(self, server: Api, who: Who | None = None) -> None:
        super().__init__(server, who or kcm("replicaset-controller"))
        self._awaited: dict[str, set[str]] = {}

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """Expectations: a Pod that this controller made or deleted has been seen to be so."""
        uid = thing["metadata"]["uid"]
        if kind == self.kind:
            self.enqueue(uid)
            return
        if before is None and type_ != "DELETED":
            # A cache has a Pod a little before the controller is told that it has.
            delay = self.clock.between(*self.clock.lag)
            self.clock.after(delay, lambda: self._heard(thing))
            return
        if type_ == "DELETED" or leaving(thing):
            self._awaited.get(controller_of(thing), set()).discard("-" + uid)
        self._heard(thing)

    def _heard(self, pod: Json) -> None:
        self._awaited.get(controller_of(pod), set()).discard("+" + pod["metadata"]["uid"])
        for owner in self.owners(self.kind, pod):
            self.enqueue(owner)

    def reconcile(self, key: str) -> Work:
        """One look at one ReplicaSet."""
        rs = self.known(self.kind, key)
        if rs is None:
            return
        satisfied = not self._awaited.get(key)
        yield from self.claim(rs, "Pod")
        pods = self.claimed(rs, "Pod")
        failed: list[Refused] = []
        if satisfied and not leaving(rs):
            yield from self._manage(rs, list(active(pods)), failed)
        # By the Pods from before: those of this look count once they are heard of.
        yield from self._report(rs, pods, str(failed[0]) if failed else "")
        if failed:
            raise failed[0]

    def _manage(self, rs: Json, pods: list[Json], failed: list[Refused]) -> Work:
        missing = rs["spec"]["replicas"] - len(pods)
        if missing > 0:
            yield from self._create(rs, missing, failed)
        elif missing < 0:
            pods.sort(key=lambda pod: _rank(pod, self.clock.now))
            for pod in pods[:-missing]:
                self._await(rs, "-" + pod["metadata"]["uid"])
            for pod in pods[:-missing]:
                yield self.clock.between(0.001, 0.008)
                self.server.delete(self.who, pod)
                self.events.tell(rs, "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}")

    def _create(self, rs: Json, missing: int, failed: list[Refused]) -> Work:
        batch, done = 1, 0
        while done < missing and not failed:
            for _ in range(min(batch, missing - done)):
                yield self.clock.between(0.001, 0.008)
                try:
                    pod = self.server.create(self.who, pod_of(rs))
                except Refused as refusal:
                    if "being terminated" in str(refusal):
                        return  # Its namespace goes, and so will it.
                    text = f"Error creating: {refusal}"
                    self.events.tell(rs, "FailedCreate", text, "Warning")
                    failed.append(refusal)
                    continue
                done += 1
                if self.known("Pod", pod["metadata"]["uid"]) is None:
                    self._await(rs, "+" + pod["metadata"]["uid"])
                text = f"Created pod: {pod['metadata']['name']}"
                self.events.tell(rs, "SuccessfulCreate", text)
            batch *= 2

    def _await(self, rs: Json, what: str) -> None:
        self._awaited.setdefault(rs["metadata"]["uid"], set()).add(what)

    def _report(self, rs: Json, pods: list[Json], failure: str) -> Work:
        living = list(active(pods))
        status = _counts(living) | {"observedGeneration": rs["metadata"]["generation"]}
        status |= self.terminating(pods)
        old = rs.get("status", {})
        known = [c for c in old.get("conditions", ()) if c["type"] == "ReplicaFailure"]
        if failure:
            status["conditions"] = known or [
                {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate",
                 "message": failure, "lastTransitionTime": stamp(self.clock.now)}
            ]  # fmt: skip
        if status == old:
            return
        after = copied(rs)
        after["status"] = status
        yield self.clock.between(0.001, 0.008)
        self.server.update(self.who, after, "status")

    def terminating(self, pods: list[Json]) -> Json:
        """What the status says of Pods that are to go."""
        return {"terminatingReplicas": sum(leaving(pod) and not _ended(pod) for pod in pods)}


def pod_of(owner: Json, name: str = "", **labels: str) -> Json:
    """A Pod from an owner's template, as admission completes it."""
    template = copied(owner["spec"]["template"])
    own = {"name": name} if name else {"generateName": owner["metadata"]["name"] + "-"}
    metadata = template.get("metadata", {}) | own
    metadata |= {"namespace": owner["metadata"]["namespace"], "ownerReferences": owned_by(owner)}
    if labels:
        metadata["labels"] = metadata.get("labels", {}) | labels
    status = {"phase": "Pending", "qosClass": "BestEffort"}
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": metadata,
        "spec": template["spec"],
        "status": status,
    }


def _counts(pods: list[Json]) -> Json:
    ready = sum(is_ready(pod) for pod in pods)
    counts: Json = {"replicas": len(pods)}
    if pods:
        counts["fullyLabeledReplicas"] = len(pods)
    return counts | ({"readyReplicas": ready, "availableReplicas": ready} if ready else {})


def _ended(pod: Json) -> bool:
    return pod["status"].get("phase") in ("Succeeded", "Failed")


def _rank(pod: Json, at: float) -> tuple[bool, bool, bool, int, int, int, str]:
    """Which Pods go first: those without a node, then pending ones, those not ready, young ones.

    How old they are counts by its logarithm, so that of Pods of about one age it is chance.
    Source: pkg/controller/controller_utils.go, ActivePodsWithRanks
    """
    status, metadata = pod["status"], pod["metadata"]
    ready = condition(pod, "Ready")
    since = ready["lastTransitionTime"] if ready and is_ready(pod) else ""
    restarts = sum(c.get("restartCount", 0) for c in status.get("containerStatuses", ()))
    return (
        bool(pod["spec"].get("nodeName")), status.get("phase") != "Pending", is_ready(pod),
        _age(since, at), -restarts, _age(metadata["creationTimestamp"], at), metadata["uid"],
    )  # fmt: skip


def _age(since: str, at: float) -> int:
    """The logarithm of how many seconds ago something was."""
    ago = at - datetime.fromisoformat(since).timestamp() if since else 0.0
    return int(math.log2(ago)) if ago >= 1 else 0
