"""The ReplicaSet controller: as many Pods as are desired, in batches that double.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/replicaset/replica_set.go
"""

import copy

from practicecluster.controllers.actors import (
    Actor,
    active,
    controller_of,
    is_ready,
    leaving,
    owned_by,
)
from practicecluster.controllers.api import Api, Json, Refused
from practicecluster.controllers.clock import Work
from practicecluster.controllers.who import kcm
from practicecluster.writing.times import stamp


class ReplicaSets(Actor):
    """Creates and deletes Pods, then writes the status; waits until it saw what it did."""

    watches = ("ReplicaSet", "Pod")
    component = "replicaset-controller"

    def __init__(self, server: Api) -> None:
        super().__init__(server, kcm("replicaset-controller"))
        self._awaited: dict[str, set[str]] = {}

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """Expectations: a Pod that this controller made or deleted has been seen to be so."""
        uid = thing["metadata"]["uid"]
        if kind == "ReplicaSet":
            self.enqueue(uid)
            return
        awaited = self._awaited.get(controller_of(thing), set())
        awaited.discard("+" + uid)
        if type_ == "DELETED" or leaving(thing):
            awaited.discard("-" + uid)
        for owner in self.owners("ReplicaSet", thing):
            self.enqueue(owner)

    def reconcile(self, key: str) -> Work:
        """One look at one ReplicaSet."""
        rs = self.known("ReplicaSet", key)
        if rs is None:
            return
        yield from self.claim(rs, "Pod")
        pods = self.claimed(rs, "Pod")
        failure = ""
        if not leaving(rs) and not self._awaited.get(key):
            failed: list[str] = []
            yield from self._manage(rs, list(active(pods)), failed)
            failure = failed[0] if failed else ""
        yield from self._report(rs, self.claimed(rs, "Pod"), failure)

    def _manage(self, rs: Json, pods: list[Json], failed: list[str]) -> Work:
        missing = rs["spec"]["replicas"] - len(pods)
        if missing > 0:
            yield from self._create(rs, missing, failed)
        elif missing < 0:
            pods.sort(key=_rank)
            for pod in pods[:-missing]:
                self._await(rs, "-" + pod["metadata"]["uid"])
            for pod in pods[:-missing]:
                yield self.clock.between(0.001, 0.008)
                self.server.delete(self.who, pod)
                self.events.tell(rs, "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}")

    def _create(self, rs: Json, missing: int, failed: list[str]) -> Work:
        batch, done = 1, 0
        while done < missing and not failed:
            for _ in range(min(batch, missing - done)):
                yield self.clock.between(0.001, 0.008)
                try:
                    pod = self.server.create(self.who, pod_of(rs))
                except Refused as refusal:
                    text = f"Error creating: {refusal}"
                    self.events.tell(rs, "FailedCreate", text, "Warning")
                    failed.append(str(refusal))
                    self.enqueue(rs["metadata"]["uid"], self.clock.between(1.0, 3.0))
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
        status["terminatingReplicas"] = sum(leaving(pod) for pod in pods)
        old = rs.get("status", {})
        known = [c for c in old.get("conditions", ()) if c["type"] == "ReplicaFailure"]
        if failure:
            status["conditions"] = known or [
                {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate",
                 "message": failure, "lastTransitionTime": stamp(self.clock.now)}
            ]  # fmt: skip
        if status == old:
            return
        after = copy.deepcopy(rs)
        after["status"] = status
        yield self.clock.between(0.001, 0.008)
        self.server.update(self.who, after, "status")


def pod_of(owner: Json, name: str = "", **labels: str) -> Json:
    """A Pod from an owner's template, as admission completes it."""
    template = copy.deepcopy(owner["spec"]["template"])
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


def _rank(pod: Json) -> tuple[bool, bool, str]:
    """Which Pods go first: unbound ones, then those not ready, then the youngest."""
    created = pod["metadata"]["creationTimestamp"]
    younger = "".join(chr(255 - ord(c)) for c in created)
    return bool(pod["spec"].get("nodeName")), is_ready(pod), younger
