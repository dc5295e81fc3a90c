"""The namespaces that every cluster has. The server makes them, and keeps them while it lives.

The uid of kube-system is the cluster's identity to its clients, so tapes must not change it.
"""

from datetime import UTC, datetime
from uuid import uuid4

from practicecluster.store import Store
from practicecluster.stored import JsonObject

BASE_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
NAMESPACES = "v1/namespaces"


def base_namespace(name: str, created: datetime) -> JsonObject:
    """Return a namespace with a fresh uid, as kube-apiserver makes it at its first start."""
    timestamp = created.strftime("%Y-%m-%dT%H:%M:%SZ")
    label = "kubernetes.io/metadata.name"
    fields: JsonObject = {"f:metadata": {"f:labels": {".": {}, f"f:{label}": {}}}}
    written = {
        "manager": "kube-apiserver",
        "operation": "Update",
        "apiVersion": "v1",
        "time": timestamp,
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }
    return {
        "metadata": {
            "name": name,
            "uid": str(uuid4()),
            "creationTimestamp": timestamp,
            "labels": {label: name},
            "managedFields": [written],
        },
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }


def create_base_namespaces(store: Store) -> None:
    """Put the namespaces into a new store."""
    namespaces = store.types.find(NAMESPACES)
    if namespaces is None:
        raise LookupError(f"{NAMESPACES} is not served, so the base namespaces have no place")
    for name in BASE_NAMESPACES:
        store.put(namespaces, base_namespace(name, datetime.now(UTC)))
