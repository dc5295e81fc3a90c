"""What stands behind each Service: its EndpointSlices, and the older Endpoints.

Source: https://github.com/kubernetes/endpointslice/blob/master/reconciler.go
Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/endpoint/endpoints_controller.go
"""

from collections.abc import Iterator

from practicecluster.controllers.actors import Actor, is_ready, leaving, owned_by
from practicecluster.controllers.api import Api, Json
from practicecluster.controllers.clock import Work
from practicecluster.controllers.who import kcm
from practicecluster.copying import copied

_MOST = 100
"""How many endpoints a slice has at most."""
_NAME = "kubernetes.io/service-name"
_BY = "endpointslice.kubernetes.io/managed-by"


class Backed(Actor):
    """Looks at a Service when it changes, and when a Pod that it selects does."""

    watches: tuple[str, ...] = ("Service", "Pod")

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """A Service, a Pod behind one, or what this controller made of them."""
        if kind == "Service":
            self.enqueue(thing["metadata"]["uid"])
        elif kind == "Pod":
            for service in self.cached("Service"):
                if selects(service, thing) or (before is not None and selects(service, before)):
                    self.enqueue(service["metadata"]["uid"])

    def behind(self, service: Json) -> list[Json]:
        """The Pods that a Service selects, that have an address and have not ended, by name."""
        pods = [pod for pod in self.cached("Pod") if selects(service, pod) and _reachable(pod)]
        return sorted(pods, key=lambda pod: str(pod["metadata"]["name"]))


class EndpointSlices(Backed):
    """As many slices as are needed, each with at most a hundred endpoints."""

    watches = ("Service", "Pod", "EndpointSlice")
    component = "endpoint-slice-controller"

    def __init__(self, server: Api) -> None:
        super().__init__(server, kcm("endpointslice-controller"))

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """Beside the rest, a slice that somebody deleted."""
        if kind != "EndpointSlice":
            super().seen(kind, type_, before, thing)
        elif type_ == "DELETED":
            owners = thing["metadata"].get("ownerReferences") or ()
            for owner in owners:
                self.enqueue(owner["uid"])

    def reconcile(self, key: str) -> Work:
        """One look at one Service."""
        service = self.known("Service", key)
        if service is None or leaving(service) or not service["spec"].get("selector"):
            return
        pods = self.behind(service)
        parts = [pods[i : i + _MOST] for i in range(0, len(pods), _MOST)] or [[]]
        old = _owned(self.cached("EndpointSlice"), key)
        if len(old) < len(parts):  # What was just made the cache may not have yet.
            old = _owned(self.server.every("EndpointSlice"), key)
        for number, part in enumerate(parts):
            wanted = _slice(service, part)
            yield self.clock.between(0.001, 0.006)
            if number >= len(old):
                self.server.create(self.who, wanted)
                continue
            after = copied(old[number]) | {name: wanted[name] for name in ("endpoints", "ports")}
            if after != old[number]:
                self.server.update(self.who, after)
        for extra in old[len(parts) :]:
            yield self.clock.between(0.001, 0.006)
            self.server.delete(self.who, extra)


class Endpoints(Backed):
    """One object of the Service's name."""

    component = "endpoint-controller"

    def __init__(self, server: Api) -> None:
        super().__init__(server, kcm("endpoint-controller"))

    def reconcile(self, key: str) -> Work:
        """One look at one Service."""
        service = self.known("Service", key)
        if service is None or leaving(service) or not service["spec"].get("selector"):
            return
        metadata = service["metadata"]
        pods = [pod for pod in self.behind(service) if not leaving(pod)]
        subsets = _subsets(service, pods)
        yield self.clock.between(0.001, 0.006)
        old = self.server.find("Endpoints", metadata["namespace"], metadata["name"])
        if old is None:
            named = {"name": metadata["name"], "namespace": metadata["namespace"]}
            named |= {"labels": {**(metadata.get("labels") or {}), _MANAGED: "endpoint-controller"}}
            made = {"apiVersion": "v1", "kind": "Endpoints", "metadata": named}
            self.server.create(self.who, made | {"subsets": subsets})
        elif (old.get("subsets") or []) != subsets:
            self.server.update(self.who, copied(old) | {"subsets": subsets})


_MANAGED = "endpoints.kubernetes.io/managed-by"


def selects(service: Json, pod: Json) -> bool:
    """Whether a Service's selector picks a Pod of its namespace."""
    labels, selector = pod["metadata"].get("labels") or {}, service["spec"].get("selector") or {}
    same = service["metadata"]["namespace"] == pod["metadata"]["namespace"]
    return bool(selector) and same and all(labels.get(k) == v for k, v in selector.items())


def _owned(slices: list[Json], uid: str) -> list[Json]:
    """Return those of a Service, by name."""
    found = [
        each
        for each in slices
        if any(o["uid"] == uid for o in each["metadata"].get("ownerReferences") or ())
    ]
    return sorted(found, key=lambda each: str(each["metadata"]["name"]))


def _reachable(pod: Json) -> bool:
    status = pod["status"]
    return bool(status.get("podIP")) and status.get("phase") not in ("Succeeded", "Failed")


def _target(pod: Json) -> Json:
    named = {name: pod["metadata"][name] for name in ("namespace", "name", "uid")}
    return {"kind": "Pod"} | named


def _ports(service: Json, pod: Json | None) -> Iterator[Json]:
    """Yield a Service's ports as numbers; a named one is looked up in a Pod's containers."""
    for port in service["spec"].get("ports") or ():
        number = port.get("targetPort", port["port"])
        if isinstance(number, str):
            found = [
                each["containerPort"]
                for container in (pod["spec"]["containers"] if pod else ())
                for each in container.get("ports") or ()
                if each.get("name") == number
            ]
            if not found:
                continue
            number = found[0]
        named = {"name": port["name"]} if port.get("name") else {}
        yield {**named, "port": number, "protocol": port.get("protocol", "TCP")}


def _slice(service: Json, pods: list[Json]) -> Json:
    metadata = service["metadata"]
    labels = {**(metadata.get("labels") or {}), _NAME: metadata["name"]}
    labels[_BY] = "endpointslice-controller.k8s.io"
    endpoints = []
    for pod in pods:
        going = leaving(pod)
        ready = is_ready(pod)
        states = {"ready": ready and not going, "serving": ready, "terminating": going}
        told = {"addresses": [pod["status"]["podIP"]], "conditions": states}
        endpoints.append(told | {"targetRef": _target(pod), "nodeName": pod["spec"]["nodeName"]})
    ports = [{"name": ""} | port for port in _ports(service, pods[0] if pods else None)]
    return {
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {
            "generateName": f"{metadata['name']}-", "namespace": metadata["namespace"],
            "labels": labels, "ownerReferences": owned_by(service),
        },
        "endpoints": endpoints, "ports": ports,
    }  # fmt: skip


def _subsets(service: Json, pods: list[Json]) -> list[Json]:
    if not pods:
        return []
    told: Json = {}
    for name, ready in (("addresses", True), ("notReadyAddresses", False)):
        found = [pod for pod in pods if is_ready(pod) == ready]
        if found:
            told[name] = [
                {"ip": p["status"]["podIP"], "nodeName": p["spec"]["nodeName"]}
                | {"targetRef": _target(p)}
                for p in found
            ]
    return [told | {"ports": list(_ports(service, pods[0]))}]
