"""What a hostile cluster writes: each attack is one turn's worth of it, and ends.

Objects are called alike each turn, so that what lives stays as much however long the soak is, and
what is left over in memory is Baton's. Nothing here is what a real cluster would do on its own.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

from practicecluster.cluster import PracticeCluster
from practicecluster.stored import JsonObject, key_of

Attack = Callable[[PracticeCluster, Random], None]

PODS, DEPLOYMENTS, REPLICASETS = "v1/pods", "apps/v1/deployments", "apps/v1/replicasets"
EVENTS, CRDS = "v1/events", "apiextensions.k8s.io/v1/customresourcedefinitions"
NAMESPACE = "default"
SECRETS = ("--password ", "https://user:pass@host/", "?token=", "Authorization: Bearer ", "\\", '"')
"""What a message repeats to keep a slow expression busy."""

_numbers = count(1)


def put(cluster: PracticeCluster, resource: str, content: JsonObject) -> None:
    """Create or replace an object of this type."""
    served = cluster.store.types.find(resource)
    assert served is not None, f"{resource} is not served"
    cluster.store.put(served, content)


def gone(cluster: PracticeCluster, resource: str, content: JsonObject) -> None:
    """Delete an object, if it is there."""
    served = cluster.store.types.find(resource)
    key = key_of(content["metadata"].get("namespace"), content["metadata"]["name"])
    if served is not None and key in cluster.store.cache(served.storage).objects:
        cluster.store.delete(served, content)


def named(name: str, chance: Random, **metadata: Any) -> JsonObject:
    """The metadata of an object of this name, new each time it is made."""
    uid = str(UUID(int=chance.getrandbits(128)))
    made = {"name": name, "namespace": NAMESPACE, "uid": uid, "creationTimestamp": now()}
    return {**made, **metadata}


def now() -> str:
    """This moment, as Kubernetes writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def managed(manager: str, field: str = "f:replicas") -> JsonObject:
    """One entry of managedFields, by this manager."""
    return {
        "manager": manager,
        "operation": "Update",
        "apiVersion": "apps/v1",
        "time": now(),
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": {field: {}}},
    }


def pods(cluster: PracticeCluster, chance: Random) -> None:
    """300 events of Pods that come, change and go."""
    for number in range(100):
        metadata = named(f"storm-{number}", chance)
        spec = {"containers": [{"name": "app", "image": "app:1"}], "nodeName": "node-1"}
        pod = {"metadata": metadata, "spec": spec, "status": {"phase": "Pending"}}
        put(cluster, PODS, pod)
        put(cluster, PODS, {**pod, "status": {"phase": "Running", "podIP": "10.0.0.1"}})
        gone(cluster, PODS, pod)


def edits(cluster: PracticeCluster, chance: Random) -> None:
    """60 edits of one Deployment."""
    metadata = named("edited", Random(1), generation=next(_numbers))  # noqa: S311  The same one.
    for _ in range(60):
        metadata["generation"] = next(_numbers)
        metadata["managedFields"] = [managed("kubectl-edit")]
        spec = {"replicas": chance.randrange(10), "selector": {"matchLabels": {"app": "edited"}}}
        put(cluster, DEPLOYMENTS, {"metadata": dict(metadata), "spec": spec, "status": {}})


def labels(cluster: PracticeCluster, chance: Random) -> None:
    """One Pod with labels of 200 kB, others each time."""
    random = {
        f"l{chance.getrandbits(64):x}": f"{chance.getrandbits(64):x}" * 3 for _ in range(3000)
    }
    metadata = named("labelled", Random(2), labels=random)  # noqa: S311
    put(cluster, PODS, {"metadata": metadata, "spec": {}, "status": {"phase": "Running"}})


def managers(cluster: PracticeCluster, chance: Random) -> None:
    """One Deployment that 200 managers, never seen before, have written."""
    written = [managed(f"m-{chance.getrandbits(64):x}") for _ in range(200)]
    metadata = named("managed", Random(3), managedFields=written)  # noqa: S311
    put(cluster, DEPLOYMENTS, {"metadata": metadata, "spec": {"replicas": 1}, "status": {}})


def messages(cluster: PracticeCluster, chance: Random) -> None:
    """Five Events with 50 kB of what expressions are slow at."""
    about = {"kind": "Pod", "namespace": NAMESPACE, "name": "labelled", "uid": "none"}
    for number in range(5):
        text = chance.choice(SECRETS) * 4000 + " " * 20_000 + "a" * 10_000
        event = {
            "metadata": named(f"hostile-{number}", chance),
            "involvedObject": about,
            "reason": "Failed",
            "message": text[:50_000],
            "type": "Warning",
            "count": 1,
            "firstTimestamp": now(),
            "lastTimestamp": now(),
        }
        put(cluster, EVENTS, event)


def owners(cluster: PracticeCluster, chance: Random) -> None:
    """A chain of 200 ReplicaSets, each owned by the one before, begun anew."""
    before: JsonObject | None = None
    for number in range(200):
        metadata = named(f"chain-{number}", chance)
        if before is not None:
            kind = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "controller": True}
            owner = {**kind, "name": before["name"], "uid": before["uid"]}
            metadata["ownerReferences"] = [owner]
        put(cluster, REPLICASETS, {"metadata": metadata, "spec": {"replicas": 1}, "status": {}})
        before = metadata


def odd(cluster: PracticeCluster, chance: Random) -> None:
    """Objects that no API server would let in: without uid, with / in it, of other types."""
    oddities: tuple[JsonObject, ...] = (
        {"metadata": {**named("no-uid", chance), "uid": ""}, "spec": {}, "status": {}},
        {"metadata": {**named("slash", chance), "uid": "../../a/b?c#d"}, "spec": {}, "status": {}},
        {"metadata": named("listed", chance), "spec": [], "status": [1, {"a": []}]},
        {"metadata": named("\u202etxt.exe", chance, labels={"a": "<script>"}), "spec": {}},
        {"metadata": {**named("late", chance), "creationTimestamp": "9999-12-31T23:59:59Z"}},
        {"metadata": named("numbers", chance), "spec": {"replicas": "many"}, "status": "no"},
    )
    for content in oddities:
        for resource in (PODS, DEPLOYMENTS):
            put(cluster, resource, content)


def types(cluster: PracticeCluster, chance: Random) -> None:
    """Ten custom types that come with an object each, and ten that go."""
    turn = chance.randrange(2)
    for number in range(20):
        plural = f"things{number}"
        crd = _definition(plural)
        if number % 2 == turn:
            put(cluster, CRDS, crd)
            thing = {"metadata": named("thing", chance), "spec": {"a": 1}, "status": []}
            put(cluster, f"soak.example/v1/{plural}", thing)
        else:
            gone(cluster, CRDS, crd)


def _definition(plural: str) -> JsonObject:
    names = {"plural": plural, "kind": plural.title(), "singular": plural[:-1]}
    version = {"name": "v1", "served": True, "storage": True, "schema": {}}
    metadata = {"name": f"{plural}.soak.example", "uid": plural, "creationTimestamp": now()}
    return {
        "metadata": metadata,
        "spec": {
            "group": "soak.example", "scope": "Namespaced", "names": names, "versions": [version],
        },
        "status": {"conditions": [{"type": "Established", "status": "True"}]},
    }  # fmt: skip


def relists(cluster: PracticeCluster, chance: Random) -> None:
    """What makes a client list again, or wait: one of them each time."""
    faults, path = cluster.faults, chance.choice(("/api/v1/pods", "/apis/apps", "/api/v1/events"))
    match chance.randrange(6):
        case 0:
            cluster.store.compact()
        case 1:
            faults.answer(path, chance.choice((429, 500, 503)), 3)
        case 2:
            faults.cut(path, 500)
        case 3:
            faults.corrupt(path)
        case 4:
            faults.send_raw(path, b'{"type":"ADDED","object":[]}\n')
        case _:
            faults.end(path)
    faults.drop(path)


ATTACKS: dict[str, Attack] = {
    each.__name__: each
    for each in (pods, edits, labels, managers, messages, owners, odd, types, relists)
}
