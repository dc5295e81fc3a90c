"""A custom type of a practice cluster, its definition, and what was told of it."""

from typing import Any

from eventstream.kubeapi.crds import CRDS
from eventstream.objects.resource import Resource
from practicecluster.cluster import PracticeCluster
from practicecluster.resources import ResourceType
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.objects import definition
from tests.kubeapi.observing import Observed

GROUP = "stable.example.com"
FOLLOWED = frozenset({"get", "list", "watch"})
SITES = Resource(GROUP, "v1", "websites", "Website")
OLD_SITES = Resource(GROUP, "v1beta1", "websites", "Website")
OLD_PATH = OLD_SITES.path
METRICS = ResourceType("metrics.k8s.io", "v1beta1", "pods", "PodMetrics", verbs=("get", "list"))
POD_METRICS = Resource("metrics.k8s.io", "v1beta1", "pods", "PodMetrics")


def put_definition(
    cluster: PracticeCluster, plural: str = "websites", *, stored: str = "v1", served: str = ""
) -> None:
    """Write a CRD of versions v1beta1 and v1; `served` limits which of them are."""
    content = definition(1, established=True, plural=plural)
    for version in content["spec"]["versions"]:
        version["storage"] = version["name"] == stored
        version["served"] = served in ("", version["name"])
    crds = cluster.store.types.find(CRDS.key)
    assert crds is not None
    cluster.store.put(crds, content)


def delete_definition(cluster: PracticeCluster, plural: str = "websites") -> None:
    crds = cluster.store.types.find(CRDS.key)
    assert crds is not None
    cluster.store.delete(crds, definition(1, established=True, plural=plural))


def put_site(cluster: PracticeCluster, name: str, resource: Resource = SITES) -> None:
    served = cluster.store.types.find(resource.key)
    assert served is not None
    metadata = {"name": name, "namespace": "shop", "uid": f"uid-{name}"}
    content: dict[str, Any] = {"apiVersion": resource.api_version, "kind": "Website"}
    cluster.store.put(served, content | {"metadata": metadata, "spec": {"replicas": 1}})


def delete_site(cluster: PracticeCluster, name: str) -> None:
    served = cluster.store.types.find(SITES.key)
    assert served is not None
    content = {"apiVersion": SITES.api_version, "kind": "Website"}
    metadata = {"name": name, "namespace": "shop", "uid": f"uid-{name}"}
    cluster.store.delete(served, content | {"metadata": metadata})


def as_resource(served: ResourceType) -> Resource:
    return Resource(
        served.group, served.version, served.plural, served.kind, namespaced=served.namespaced
    )


def states(observed: Observed, resource: Resource) -> list[str]:
    return [each.state for each in observed.coverage(resource)]


def watched(observed: Observed, resource: Resource) -> bool:
    return states(observed, resource)[-1:] == ["watching"]


def names(observed: Observed, resource: Resource) -> list[tuple[str, str]]:
    changes = [each for each in observed.changes if each.resource == resource]
    return [(each.type, each.after.metadata.name) for each in changes]


DISCOVERED_EVERY = 61.0
"""Unlike any other wait, so that it can be told from them."""


async def discover_again(observed: Observed, time: VirtualClock) -> None:
    """Wait until all that was due is discovered, then let it be due again."""
    rounds = (time.time - VirtualClock().time) // DISCOVERED_EVERY
    await observed.until(lambda _: time.slept.count(DISCOVERED_EVERY) > rounds)
    time.advance(DISCOVERED_EVERY)
