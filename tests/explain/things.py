"""Makes the objects that stories are about, in the API's own JSON and with its usual defaults."""

from typing import Any

from tests.explain.stories import UNNUMBERED, Json

POD_FINALIZER = "batch.kubernetes.io/job-tracking"


def thing(kind: str, name: str, api: str = "v1", owner: Json | None = None, **parts: Any) -> Json:
    """An object; `owner` is its controller, `parts` its spec, status and further metadata."""
    metadata: Json = {"name": name, "namespace": "shop", "uid": f"uid-{kind}-{name}"}
    if kind in ("Namespace", "Node", "CustomResourceDefinition"):
        del metadata["namespace"]
    if kind not in ("Pod", *UNNUMBERED):
        metadata["generation"] = 1
    metadata |= parts.pop("metadata", {})
    if owner is not None:
        metadata["ownerReferences"] = [owned_by(owner)]
    return {"apiVersion": api, "kind": kind, "metadata": metadata} | parts


def owned_by(owner: Json, *, controller: bool = True) -> Json:
    """An ownerReference, as controllers set it."""
    reference = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "blockOwnerDeletion": True,
    }
    return reference | ({"controller": True} if controller else {})


def deployment(name: str = "web", replicas: int = 2, **spec: Any) -> Json:
    return thing(
        "Deployment", name, "apps/v1", spec={"replicas": replicas, "template": template()} | spec
    )


def replicaset(owner: Json | None = None, name: str = "web-1", replicas: int = 2) -> Json:
    return thing(
        "ReplicaSet",
        name,
        "apps/v1",
        owner,
        spec={"replicas": replicas, "template": template()},
        status={"replicas": replicas},
    )


def statefulset(name: str = "db", replicas: int = 2) -> Json:
    return thing(
        "StatefulSet",
        name,
        "apps/v1",
        spec={"replicas": replicas, "template": template()},
        status={"replicas": replicas, "updateRevision": "db-old", "currentRevision": "db-old"},
    )


def daemonset(name: str = "agent") -> Json:
    return thing(
        "DaemonSet",
        name,
        "apps/v1",
        spec={"template": template()},
        status={"desiredNumberScheduled": 1, "updatedNumberScheduled": 1, "observedGeneration": 1},
    )


def job(name: str = "once", **spec: Any) -> Json:
    return thing("Job", name, "batch/v1", spec={"parallelism": 1, "template": template()} | spec)


def revision(owner: Json, name: str, number: int, hash_: str = "") -> Json:
    return thing(
        "ControllerRevision",
        name,
        "apps/v1",
        owner,
        metadata={"labels": {"controller-revision-hash": hash_ or name}},
        revision=number,
    )


def node(name: str = "node-1", **spec: Any) -> Json:
    return thing("Node", name, spec=spec, status={"conditions": [condition("Ready", "True")]})


def website(name: str = "shopfront", **parts: Any) -> Json:
    return thing("Website", name, "stable.example.com/v1", **({"spec": {"replicas": 2}} | parts))


def definition() -> Json:
    names = {"plural": "websites", "kind": "Website"}
    return thing(
        "CustomResourceDefinition",
        "websites.stable.example.com",
        "apiextensions.k8s.io/v1",
        spec={"group": "stable.example.com", "names": names, "scope": "Namespaced"},
        status={"conditions": [condition("Established", "True")]},
    )


def template() -> Json:
    return {"spec": {"containers": [{"name": "c", "image": "nginx:1"}]}}


def condition(type_: str, status: str, reason: str = "", message: str = "") -> Json:
    found = {"type": type_, "status": status, "lastTransitionTime": "2027-01-15T08:00:00Z"}
    return (
        found | ({"reason": reason} if reason else {}) | ({"message": message} if message else {})
    )


def pod(
    owner: Json | None = None, name: str = "web-1-a", node_name: str = "node-1", **metadata: Any
) -> Json:
    """A Pod that runs on `node_name`; on none it is pending."""
    running = [{"name": "c", "ready": True, "state": {"running": {}}}]
    status = {
        "phase": "Running",
        "conditions": [condition("Ready", "True")],
        "containerStatuses": running,
    }
    spec: Json = template()["spec"]
    return thing(
        "Pod",
        name,
        owner=owner,
        metadata=metadata,
        spec=spec | ({"nodeName": node_name} if node_name else {}),
        status=status if node_name else {"phase": "Pending"},
    )
