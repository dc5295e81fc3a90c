"""The namespace controller: empties a namespace that is to go, and then finalizes it.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/namespace/deletion/namespaced_resources_deleter.go
"""

from practicecluster.controllers.actors import Actor, leaving
from practicecluster.controllers.api import Api, Json
from practicecluster.controllers.clock import Work
from practicecluster.controllers.kinds import KINDS, LEARNT, learn
from practicecluster.controllers.who import kcm


class Namespaces(Actor):
    """Deletes whole collections, in the background mode, until nothing is left."""

    watches = ("Namespace", "CustomResourceDefinition")

    def __init__(self, server: Api) -> None:
        super().__init__(server, kcm("namespace-controller"))

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """A namespace; or a definition, whose objects will have to be deleted, too."""
        if kind == "Namespace":
            super().seen(kind, type_, before, thing)
        elif type_ != "DELETED":
            learn(thing)

    def reconcile(self, key: str) -> Work:
        """One attempt for one namespace."""
        space = self.known("Namespace", key)
        if space is None or not leaving(space):
            return
        name, left = space["metadata"]["name"], 0
        for kind in [k for k, known in (KINDS | LEARNT).items() if known.namespaced]:
            yield self.clock.between(0.001, 0.01)
            left += yield from self.server.delete_all(self.who, kind, name)
        if left:
            self.enqueue(key, self.clock.between(1.0, 4.0))
            return
        yield self.clock.between(0.001, 0.01)
        self.server.finalize(self.who, name)
