"""An operator without a framework: a loop around plain client calls, as people first write one.

It looks at everything every few seconds, replaces whole objects, writes no Events, and calls
itself whatever its client library does. How careful it is differs: see `Habits`.
Source: https://github.com/kubernetes-client/python/tree/master/examples
"""

import copy
from typing import NamedTuple

from practicecluster.controllers.actors import Actor, leaving, owned_by
from practicecluster.controllers.api import Json, Refused
from practicecluster.controllers.clock import Work
from practicecluster.controllers.who import Who
from tests.explain.simulation.people import SPACE, deployment, template
from tests.explain.simulation.server import Server

FINALIZER = "example.com/cleanup"


class Habits(NamedTuple):
    """How it calls itself and what it bothers with."""

    manager: str
    owns: bool
    holds: bool
    subresource: bool
    in_cluster: bool


class PlainOperator(Actor):
    """A Deployment and a ConfigMap for each Website, and a status."""

    watches = ("Website",)

    def __init__(self, server: Server, habits: Habits) -> None:
        user = "system:serviceaccount:sites:plain" if habits.in_cluster else "kubernetes-admin"
        agent = f"{habits.manager}/33.1.0/python"
        super().__init__(server, Who("custom-controller", habits.manager, user, agent))
        self._habits = habits

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """It is told of Websites, and looks at each again a little later."""
        if type_ == "ADDED":
            self._again(thing["metadata"]["uid"])
        self.enqueue(thing["metadata"]["uid"])

    def _again(self, uid: str) -> None:
        def again() -> None:
            if self.known("Website", uid) is not None:
                self.enqueue(uid)
                self._again(uid)

        self.clock.after(5.0, again)

    def reconcile(self, key: str) -> Work:
        """One look at one Website."""
        site = self.known("Website", key)
        if site is None:
            return
        yield self.clock.between(0.005, 0.05)
        held = FINALIZER in site["metadata"].get("finalizers", ())
        if leaving(site):
            if held:
                yield from self._clean(site)
            return
        if self._habits.holds and not held:
            after = copy.deepcopy(site)
            after["metadata"]["finalizers"] = [*site["metadata"].get("finalizers", ()), FINALIZER]
            self.server.update(self.who, after)
            return
        yield from self._serve(site)

    def _clean(self, site: Json) -> Work:
        name = site["metadata"]["name"]
        for kind in ("Deployment", "ConfigMap"):
            found = self.server.find(kind, SPACE, name)
            if found is not None and not leaving(found):
                yield self.clock.between(0.005, 0.05)
                try:
                    self.server.delete(self.who, found)
                except Refused:
                    continue
        after = copy.deepcopy(site)
        after["metadata"]["finalizers"] = [
            kept for kept in site["metadata"]["finalizers"] if kept != FINALIZER
        ]
        yield self.clock.between(0.005, 0.05)
        self.server.update(self.who, after)

    def _serve(self, site: Json) -> Work:
        name, wanted = site["metadata"]["name"], site["spec"]["replicas"]
        settings: Json = {"kind": "ConfigMap", "apiVersion": "v1", "data": {"size": str(wanted)}}
        settings["metadata"] = self._named(site)
        web: Json = deployment(name, wanted, template(name, "web:1"))
        web["metadata"] |= self._named(site)
        for made in (settings, web):
            yield self.clock.between(0.005, 0.05)
            found = self.server.find(made["kind"], SPACE, name)
            if found is None:
                self.server.create(self.who, made)
            elif made["kind"] == "Deployment" and found["spec"]["replicas"] != wanted:
                after = copy.deepcopy(found)
                after["spec"]["replicas"] = wanted
                self.server.update(self.who, after)
            elif made["kind"] == "ConfigMap" and found["data"] != made["data"]:
                self.server.update(self.who, copy.deepcopy(found) | {"data": made["data"]})
        yield from self._report(site)

    def _named(self, site: Json) -> Json:
        named: Json = {"name": site["metadata"]["name"], "namespace": SPACE}
        if self._habits.owns:
            named["ownerReferences"] = owned_by(site)
        return named

    def _report(self, site: Json) -> Work:
        mine = self.server.find("Deployment", SPACE, site["metadata"]["name"])
        ready = mine["status"].get("availableReplicas", 0) if mine else 0
        status = {"ready": ready, "phase": "Ready" if ready else "Pending"}
        if status == site.get("status"):
            return
        yield self.clock.between(0.005, 0.05)
        after = copy.deepcopy(site) | {"status": status}
        self.server.update(self.who, after, "status" if self._habits.subresource else "")
