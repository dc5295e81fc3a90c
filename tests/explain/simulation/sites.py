"""A custom controller: a finalizer on its Websites, a Deployment for each, and a status.

Source: https://book.kubebuilder.io/reference/using-finalizers
"""

from practicecluster.controllers.actors import Actor, controller_of, leaving, owned_by
from practicecluster.controllers.api import Json
from practicecluster.controllers.clock import Work
from practicecluster.controllers.deployments import put
from practicecluster.controllers.who import Who
from practicecluster.writing.times import stamp
from tests.explain.simulation.people import SPACE, deployment, template
from tests.explain.simulation.server import Server

FINALIZER = "example.com/site"


class Sites(Actor):
    """`manager` is its field manager: its own name, or that of the library it is written with."""

    watches = ("Website", "Deployment")
    component = "site-operator"

    def __init__(self, server: Server, manager: str) -> None:
        user = "system:serviceaccount:sites:site-operator"
        agent = f"{manager}/v0.0.0 (linux/amd64) kubernetes/$Format"
        super().__init__(server, Who("custom-controller", manager, user, agent))

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """A Website, or the Deployment of one."""
        self.enqueue(thing["metadata"]["uid"] if kind == "Website" else controller_of(thing))

    def reconcile(self, key: str) -> Work:
        """One look at one Website."""
        site = self.known("Website", key)
        if site is None:
            return
        yield self.clock.between(0.005, 0.05)
        held = FINALIZER in site["metadata"].get("finalizers", ())
        if leaving(site):
            if held:
                self.server.patch(self.who, site, _finalized)
            return
        if not held:
            self.server.patch(self.who, site, _held)
            return
        yield from self._serve(site)

    def _serve(self, site: Json) -> Work:
        uid, wanted = site["metadata"]["uid"], site["spec"]["replicas"]
        mine = next((d for d in self.cached("Deployment") if controller_of(d) == uid), None)
        if mine is None:
            name = site["metadata"]["name"]
            made = deployment(name, wanted, template(name, "web:1"))
            made["metadata"]["ownerReferences"] = owned_by(site)
            self.server.create(self.who, made)
            self.events.tell(site, "Created", f"Created deployment {name}")
        elif mine["spec"]["replicas"] != wanted and not leaving(mine):

            def resized(now: Json) -> None:
                now["spec"]["replicas"] = wanted

            self.server.patch(self.who, mine, resized)
        yield self.clock.between(0.005, 0.05)
        ready = bool(mine and mine["status"].get("availableReplicas", 0) >= wanted)

        def reported(now: Json) -> None:
            status = now.setdefault("status", {})
            status["observedGeneration"] = site["metadata"]["generation"]
            old = next((c for c in status.get("conditions", ()) if c["type"] == "Ready"), None)
            value = "True" if ready else "False"
            if old is None or old["status"] != value:
                said = {"type": "Ready", "status": value, "reason": "Served", "message": ""}
                put(status, said | {"lastTransitionTime": stamp(self.clock.now)})

        self.server.patch(self.who, site, reported, "status")


def website(name: str, replicas: int) -> Json:
    """A custom resource as a person writes it."""
    metadata = {"name": name, "namespace": SPACE}
    spec = {"replicas": replicas}
    return {"kind": "Website", "apiVersion": "example.com/v1", "metadata": metadata, "spec": spec}


def definition(*, plain: bool = False) -> Json:
    """The type of Websites; a `plain` one has no endpoint for the status alone."""
    names = {"kind": "Website", "plural": "websites"}
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    version["subresources"] = {} if plain else {"status": {}}
    return {
        "kind": "CustomResourceDefinition",
        "apiVersion": "apiextensions.k8s.io/v1",
        "metadata": {"name": "websites.example.com"},
        "spec": {
            "group": "example.com",
            "names": names,
            "scope": "Namespaced",
            "versions": [version],
        },
    }


def _held(site: Json) -> None:
    site["metadata"]["finalizers"] = [*site["metadata"].get("finalizers", ()), FINALIZER]


def _finalized(site: Json) -> None:
    held = [f for f in site["metadata"].get("finalizers", ()) if f != FINALIZER]
    site["metadata"].pop("finalizers", None)
    if held:
        site["metadata"]["finalizers"] = held
