"""Small objects to put into a store."""

from typing import Any

from practicecluster.resources import ResourceType
from practicecluster.store import Store

JsonObject = dict[str, Any]


def served(store: Store, resource: str) -> ResourceType:
    found = store.types.find(resource)
    assert found is not None, resource
    return found


def config_map(name: str, namespace: str = "shop", **labels: str) -> JsonObject:
    metadata = {"name": name, "namespace": namespace, "uid": f"uid-of-{name}", "labels": labels}
    return {"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata, "data": {}}


def pod(
    name: str, *, node: str = "", phase: str = "Pending", namespace: str = "shop"
) -> JsonObject:
    spec: JsonObject = {"containers": [{"name": "c", "image": "nginx"}]}
    if node:
        spec["nodeName"] = node
    metadata = {"name": name, "namespace": namespace, "uid": f"uid-of-{name}"}
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": metadata | {"creationTimestamp": "2026-11-23T00:07:37Z"},
        "spec": spec,
        "status": {"phase": phase},
    }


def website_crd(*, established: bool) -> JsonObject:
    names = {"plural": "websites", "singular": "website", "kind": "Website", "shortNames": ["ws"]}
    column = {"name": "Replicas", "type": "integer", "jsonPath": ".spec.replicas"}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [column],
    }
    status = "True" if established else "False"
    return {
        "kind": "CustomResourceDefinition",
        "apiVersion": "apiextensions.k8s.io/v1",
        "metadata": {"name": "websites.stable.example.com", "uid": "uid-of-crd"},
        "spec": {
            "group": "stable.example.com",
            "names": names,
            "scope": "Namespaced",
            "versions": [version],
        },
        "status": {"conditions": [{"type": "Established", "status": status}]},
    }


def website(name: str, replicas: int) -> JsonObject:
    return {
        "kind": "Website",
        "apiVersion": "stable.example.com/v1",
        "metadata": {"name": name, "namespace": "shop", "uid": f"uid-of-{name}"},
        "spec": {"replicas": replicas},
    }


CONFIG_MAPS = "v1/configmaps"
PODS = "v1/pods"
CRDS = "apiextensions.k8s.io/v1/customresourcedefinitions"
WEBSITES = "stable.example.com/v1/websites"


def put(store: Store, resource: str, content: JsonObject) -> int:
    return store.put(served(store, resource), content)


def delete(store: Store, resource: str, content: JsonObject) -> int:
    return store.delete(served(store, resource), content)
