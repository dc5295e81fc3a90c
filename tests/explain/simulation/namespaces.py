"""The namespace controller: empties a namespace that is to go, and then finalizes it.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/namespace/deletion/namespaced_resources_deleter.go
"""

from tests.explain.simulation.actors import Actor, leaving
from tests.explain.simulation.clock import Work
from tests.explain.simulation.kinds import KINDS
from tests.explain.simulation.requests import kcm
from tests.explain.simulation.server import Refused, Server


class Namespaces(Actor):
    """Deletes whole collections, in the background mode, until nothing is left."""

    watches = ("Namespace",)

    def __init__(self, server: Server) -> None:
        super().__init__(server, kcm("namespace-controller"))

    def reconcile(self, key: str) -> Work:
        """One attempt for one namespace."""
        space = self.known("Namespace", key)
        if space is None or not leaving(space):
            return
        name, left = space["metadata"]["name"], 0
        for kind in [kind for kind, known in KINDS.items() if known.namespaced]:
            yield self.clock.between(0.001, 0.01)
            found = [t for t in self.server.every(kind) if t["metadata"]["namespace"] == name]
            left += len(found)
            for thing in found:
                try:
                    self.server.delete(self.who, thing, collection=True)
                except Refused:
                    continue  # Gone in the meantime.
            if found:
                self.server.requests.collected(self.who, kind, name, self.clock.now)
        if left:
            self.enqueue(key, self.clock.between(1.0, 4.0))
            return
        yield self.clock.between(0.001, 0.01)
        self.server.finalize(self.who, name)
