"""The namespace controller since Kubernetes 1.33: Pods go first, the rest in no fixed order.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/namespace/deletion/namespaced_resources_deleter.go
"""

import copy

from practicecluster.controllers.actors import leaving
from practicecluster.controllers.api import Json
from practicecluster.controllers.clock import Work
from practicecluster.controllers.deployments import put
from practicecluster.controllers.kinds import KINDS
from practicecluster.controllers.namespaces import Namespaces
from practicecluster.writing.times import stamp


class OrderedNamespaces(Namespaces):
    """Says in the namespace's conditions how far it is."""

    def reconcile(self, key: str) -> Work:
        """One attempt for one namespace."""
        space = self.known("Namespace", key)
        if space is None or not leaving(space):
            return
        name = space["metadata"]["name"]
        left: list[str] = []
        yield from self._empty("Pod", name, left)
        if not left:
            kinds = [kind for kind, known in KINDS.items() if known.namespaced and kind != "Pod"]
            self.clock.random.shuffle(kinds)
            for kind in kinds:
                yield from self._empty(kind, name, left)
        yield from self._say(name, left)
        if left:
            self.enqueue(key, self.clock.between(1.0, 4.0))
            return
        yield self.clock.between(0.001, 0.01)
        self.server.finalize(self.who, name)

    def _empty(self, kind: str, space: str, left: list[str]) -> Work:
        if not (yield from self.server.delete_all(self.who, kind, space)):
            return
        yield self.clock.between(0.001, 0.01)
        if any(t["metadata"]["namespace"] == space for t in self.server.every(kind)):
            left.append(kind)

    def _say(self, name: str, left: list[str]) -> Work:
        live = self.server.find("Namespace", "", name)
        if live is None:
            return
        after: Json = copy.deepcopy(live)
        for type_, true in (
            ("NamespaceDeletionDiscoveryFailure", False),
            ("NamespaceDeletionContentFailure", False),
            ("NamespaceContentRemaining", bool(left)),
        ):
            value, old = "True" if true else "False", after["status"].get("conditions", [])
            known = next((c for c in old if c["type"] == type_), None)
            if known is None or known["status"] != value:
                said = {"type": type_, "status": value, "reason": "R", "message": " ".join(left)}
                put(after["status"], said | {"lastTransitionTime": stamp(self.clock.now)})
        if after["status"] != live["status"]:
            yield self.clock.between(0.001, 0.006)
            self.server.update(self.who, after, "status")
