"""The namespace controller since Kubernetes 1.33: Pods go first, the rest in no fixed order.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/namespace/deletion/namespaced_resources_deleter.go
"""

import copy

from tests.explain.simulation.actors import leaving
from tests.explain.simulation.clock import Work
from tests.explain.simulation.deployments import put
from tests.explain.simulation.fields import Json, stamp
from tests.explain.simulation.kinds import KINDS
from tests.explain.simulation.namespaces import Namespaces
from tests.explain.simulation.server import Refused


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
        found = [t for t in self.server.every(kind) if t["metadata"]["namespace"] == space]
        if not found:
            return
        for thing in found:
            yield self.clock.between(0.0005, 0.004)
            try:
                self.server.delete(self.who, thing, collection=True)
            except Refused:
                continue  # Gone in the meantime.
        self.server.requests.collected(self.who, kind, space, self.clock.now)
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
