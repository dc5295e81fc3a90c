"""The whole cluster at a glance: how many objects of what kind, how Pods and nodes do.

A cluster may have any number of namespaces, so all that is told by namespace names those asked for.
"""

from collections.abc import Collection

import msgspec
from django.db.models import Count, QuerySet

from eventstream.explain.vocabulary.records import ObjectRef
from eventstream.explain.world.pods import POD_STATES
from eventstream.history import permitted
from eventstream.models import ImageRow, TraceRow
from eventstream.packing.traces import unpack_image

__all__ = ["POD_STATES"]  # For the dashboard, which knows history only.

PODS_MOST = 10_000
NODES_MOST = 5_000
_EVIDENCE = ("Event", "Lease")

# A type of others may be called Node too, and its objects hold anything.
_NODES = {"place__kind": "Node", "resource__name": "v1/nodes"}
_LEASES = {
    "place__kind": "Lease",
    "place__namespace": "kube-node-lease",
    "resource__name": "coordination.k8s.io/v1/leases",
}


class Population(msgspec.Struct, frozen=True):
    """How many objects of one kind one namespace holds ("" for cluster-scoped ones)."""

    namespace: str
    kind: str
    count: int


class PodPlace(msgspec.Struct, frozen=True, array_like=True):
    """One Pod: where it is and how, see `explain.pods.POD_STATES`."""

    uid: str
    namespace: str
    name: str
    node: str
    state: str


class NodeState(msgspec.Struct, frozen=True):
    """One node. `ready` is its condition's status; `renewed` its Lease's last renewal, as text.

    `pods` counts the Pods bound to it by their state.
    """

    ref: ObjectRef
    ready: str
    unschedulable: bool
    taints: tuple[str, ...]
    renewed: str
    pods: dict[str, int]


class _Condition(msgspec.Struct):
    type: str = ""
    status: str = ""


class _Taint(msgspec.Struct):
    key: str = ""
    effect: str = ""


class _Spec(msgspec.Struct):
    unschedulable: bool = False
    taints: list[_Taint] = []
    renew_time: str | None = msgspec.field(name="renewTime", default=None)


class _Status(msgspec.Struct):
    conditions: list[_Condition] = []


class _Node(msgspec.Struct):
    api_version: str = msgspec.field(name="apiVersion", default="v1")
    spec: _Spec = msgspec.field(default_factory=_Spec)
    status: _Status = msgspec.field(default_factory=_Status)


_node = msgspec.json.Decoder(_Node)


class Namespaces(msgspec.Struct, frozen=True):
    """Some namespaces by name, and how many there are of them in all."""

    names: tuple[str, ...]
    total: int


def namespaces(text: str = "", *, after: str = "", limit: int = 200) -> Namespaces:
    """The namespaces that hold something or had a trace, at most `limit`, those behind `after`.

    Only those whose names have `text` in them. "", of cluster-scoped objects, is none of them.
    """
    held = permitted.places().filter(id__in=_objects().values("place")).exclude(namespace="")
    held = held.filter(namespace__icontains=text)
    rooted = _traces().filter(namespace__icontains=text).exclude(namespace="")
    total = held.order_by().values("namespace").union(rooted.order_by().values("namespace")).count()
    found: set[str] = set()
    for rows in (held, rooted):
        behind = rows.filter(namespace__gt=after).order_by("namespace")
        found.update(behind.values_list("namespace", flat=True).distinct()[:limit])
    return Namespaces(tuple(sorted(found)[:limit]), total)


def population(namespaces: Collection[str]) -> list[Population]:
    """How many objects these namespaces hold, by namespace and kind; no Events and no Leases."""
    counted = (
        _objects()
        .filter(place__namespace__in=namespaces)
        .values_list("place__namespace", "place__kind")
        .annotate(count=Count("*"))
        .order_by("place__namespace", "place__kind")
    )
    return [Population(*row) for row in counted]


def _objects() -> QuerySet[ImageRow]:
    return permitted.images().exclude(place__kind__in=(*_EVIDENCE, ""))


def _traces() -> QuerySet[TraceRow]:
    return permitted.traces().filter(background=False)


def pods(limit: int = PODS_MOST) -> list[PodPlace]:
    """The Pods, by node, namespace and name, at most `limit`."""
    rows = permitted.images().filter(place__kind="Pod")
    rows = rows.order_by("node", "place__namespace", "name")
    columns = ("uid", "place__namespace", "name", "node", "state")
    return [PodPlace(*row) for row in rows.values_list(*columns)[:limit]]


def pod_states() -> dict[str, dict[str, int]]:
    """How many Pods each node holds ("" for those without one), by their state."""
    found: dict[str, dict[str, int]] = {}
    rows = permitted.images().filter(place__kind="Pod").values_list("node", "state")
    for node, state, count in rows.annotate(count=Count("*")).order_by():
        found.setdefault(node, {})[state] = count
    return found


def nodes(limit: int = NODES_MOST) -> tuple[list[NodeState], int]:
    """The nodes by name with heartbeat and Pods, at most `limit`; and how many there are."""
    leases = permitted.images().filter(**_LEASES)
    renewed = {
        name: _node.decode(unpack_image(bytes(body))).spec.renew_time or ""
        for name, body in leases.order_by("name").values_list("name", "body")[:limit]
    }
    pods_of = pod_states()
    rows = permitted.images().filter(**_NODES).order_by("name")
    shown = rows[:limit]
    states = [_state(row, renewed.get(row.name, ""), pods_of.get(row.name, {})) for row in shown]
    return states, rows.count()


def _state(row: ImageRow, renewed: str, pods_of: dict[str, int]) -> NodeState:
    node = _node.decode(unpack_image(bytes(row.body)))
    ready = next((each.status for each in node.status.conditions if each.type == "Ready"), "")
    return NodeState(
        ref=ObjectRef(node.api_version, "Node", None, row.name, row.uid),
        ready=ready,
        unschedulable=node.spec.unschedulable,
        taints=tuple(f"{taint.key}:{taint.effect}" for taint in node.spec.taints),
        renewed=renewed,
        pods=pods_of,
    )


def states() -> dict[str, int]:
    """How many traces there are by state, those in the background left out."""
    return dict(_traces().values_list("state").annotate(count=Count("*")).order_by())


def trace_states(namespaces: Collection[str]) -> dict[str, dict[str, int]]:
    """How many traces there are, by namespace of their root, of these, and by state."""
    found: dict[str, dict[str, int]] = {}
    rows = _traces().filter(namespace__in=namespaces).values_list("namespace", "state")
    for namespace, state, count in rows.annotate(count=Count("*")).order_by():
        found.setdefault(namespace, {})[state] = count
    return found
