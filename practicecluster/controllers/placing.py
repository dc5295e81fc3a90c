"""Whether a Pod fits a node, and if not, why, in the scheduler's own words.

Sources: https://github.com/kubernetes/kubernetes/tree/master/pkg/scheduler/framework/plugins
(nodeunschedulable, tainttoleration, nodeaffinity, nodeports, noderesources, podtopologyspread,
interpodaffinity) and https://github.com/kubernetes/component-helpers (scheduling/corev1)
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from practicecluster.controllers.api import Json
from practicecluster.writing.quantities import amount
from practicecluster.writing.validation import selected

UNSCHEDULABLE = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
_HARD = ("NoSchedule", "NoExecute")
Needs = dict[str, Decimal]


class Misfit(NamedTuple):
    """Why a Pod does not fit a node; `helpless` where no other Pod's going would help."""

    why: str
    helpless: bool = True


class Node:
    """A node with the Pods on it, those included that were just put there.

    What follows from these is found once, so they are put there before anybody asks.
    """

    def __init__(self, thing: Json, pods: list[Json]) -> None:
        self.thing, self.pods = thing, pods
        self.name = str(thing["metadata"]["name"])

    @cached_property
    def labels(self) -> Json:
        """Its labels; its name is one."""
        labels = self.thing["metadata"].get("labels") or {}
        return {"kubernetes.io/hostname": self.name} | labels

    @cached_property
    def whole(self) -> Needs:
        """What it has for Pods."""
        given = self.thing["status"].get("allocatable") or {}
        return {name: amount(value) for name, value in given.items()}

    @cached_property
    def left(self) -> Needs:
        """What is left of that beside the Pods on it."""
        left = dict(self.whole)
        for pod in self.pods:
            for name, value in needs(pod).items():
                if name in left:
                    left[name] -= value
        return left

    @cached_property
    def repelling(self) -> list[tuple[Json, Json]]:
        """The Pods on it that want others away, each with one of its terms."""
        repels = (pod for pod in self.pods if pod["spec"].get("affinity"))
        return [(pod, term) for pod in repels for term in _terms(pod, "podAntiAffinity")]


_KNOWN_MOST = 5_000
_KNOWN: dict[str, tuple[Json, Needs]] = {}
"""What Pods ask for, by uid, with the version that this was read from."""


def needs(pod: Json) -> Needs:
    """Return what a Pod asks for: the most of what runs at once, and one Pod."""
    uid = pod.get("metadata", {}).get("uid", "")
    known = _KNOWN.get(uid)
    if known is not None and known[0] is pod["spec"]:
        return known[1]
    if len(_KNOWN) >= _KNOWN_MOST:
        _KNOWN.clear()
    found = _needs(pod)
    if uid:
        _KNOWN[uid] = pod["spec"], found
    return found


def _needs(pod: Json) -> Needs:
    spec, total = pod["spec"], Needs()
    for container in spec["containers"]:
        _add(total, container)
    for container in spec.get("initContainers") or ():
        if container.get("restartPolicy") == "Always":
            _add(total, container)
            continue
        alone: Needs = {}
        _add(alone, container)
        for name, value in alone.items():
            total[name] = max(total.get(name, Decimal(0)), value)
    return total | {"pods": Decimal(1)}


def _add(total: Needs, container: Json) -> None:
    asked = container.get("resources", {}).get("requests") or {}
    for name, value in asked.items():
        total[name] = total.get(name, Decimal(0)) + amount(value)


def tolerated(taint: Json, pod: Json) -> bool:
    """Return whether a Pod tolerates a taint."""
    return any(tolerates(each, taint) for each in pod["spec"].get("tolerations") or ())


def tolerates(toleration: Json, taint: Json) -> bool:
    """Return whether one toleration covers a taint; without an operator the values are equal."""
    if toleration.get("effect") not in (None, "", taint.get("effect")):
        return False
    if toleration.get("key") not in (None, "", taint["key"]):
        return False
    if toleration.get("operator") == "Exists":
        return True
    return bool((toleration.get("value") or "") == (taint.get("value") or ""))


def picked(pod: Json, node: Node) -> bool:
    """Return whether a Pod's node selector and required node affinity allow a node."""
    labels, spec = node.labels, pod["spec"]
    if any(labels.get(k) != v for k, v in (spec.get("nodeSelector") or {}).items()):
        return False
    required = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = required.get("requiredDuringSchedulingIgnoredDuringExecution")
    if required is None:
        return True
    return any(_term(term, labels, node.name) for term in required.get("nodeSelectorTerms") or ())


def _term(term: Json, labels: Json, name: str) -> bool:
    asked = [(each, labels) for each in term.get("matchExpressions") or ()]
    asked += [(each, {"metadata.name": name}) for each in term.get("matchFields") or ()]
    return bool(asked) and all(_expression(each, where) for each, where in asked)


def _expression(asked: Json, labels: Json) -> bool:
    operator, values = asked.get("operator"), asked.get("values") or []
    if operator not in ("Gt", "Lt"):
        return selected({"matchExpressions": [asked]}, labels)
    try:
        has, bound = int(labels[asked["key"]]), int(values[0])
    except (KeyError, ValueError, IndexError):
        return False
    return has > bound if operator == "Gt" else has < bound


def misfits(pod: Json, node: Node, nodes: list[Node]) -> list[Misfit]:
    """Return why a Pod does not fit a node, by the first thing that is looked at; [] if it does."""
    for look in _LOOKS:
        found = list(look(pod, node, nodes))
        if found:
            return found
    return []


def _closed(pod: Json, node: Node, nodes: list[Node]) -> Iterator[Misfit]:
    del nodes
    if node.thing["spec"].get("unschedulable") and not tolerated(UNSCHEDULABLE, pod):
        yield Misfit("node(s) were unschedulable")


def _tainted(pod: Json, node: Node, nodes: list[Node]) -> Iterator[Misfit]:
    del nodes
    taints = node.thing["spec"].get("taints") or ()
    if any(t.get("effect") in _HARD and not tolerated(t, pod) for t in taints):
        yield Misfit("node(s) had untolerated taint(s)")


def _unpicked(pod: Json, node: Node, nodes: list[Node]) -> Iterator[Misfit]:
    del nodes
    if not picked(pod, node):
        yield Misfit("node(s) didn't match Pod's node affinity/selector")


def _ports(pod: Json) -> set[tuple[int, str]]:
    return {
        (port["hostPort"], port.get("protocol", "TCP"))
        for container in pod["spec"]["containers"]
        for port in container.get("ports") or ()
        if port.get("hostPort")
    }


def _taken(pod: Json, node: Node, nodes: list[Node]) -> Iterator[Misfit]:
    del nodes
    wanted = _ports(pod)
    if wanted and any(wanted & _ports(other) for other in node.pods):
        why = "node(s) didn't have free ports for the requested pod ports"
        yield Misfit(why, helpless=False)


def _full(pod: Json, node: Node, nodes: list[Node]) -> Iterator[Misfit]:
    del nodes
    left, whole = node.left, node.whole
    for name, value in needs(pod).items():
        if value > left.get(name, Decimal(0)) and (name in left or value):
            why = "Too many pods" if name == "pods" else f"Insufficient {name}"
            yield Misfit(why, helpless=value > whole.get(name, Decimal(0)))


def _spread(pod: Json, node: Node, nodes: list[Node]) -> Iterator[Misfit]:
    """Required topology spread constraints: no place much fuller than the emptiest."""
    for constraint in pod["spec"].get("topologySpreadConstraints") or ():
        if constraint.get("whenUnsatisfiable", "DoNotSchedule") != "DoNotSchedule":
            continue
        key, why = constraint["topologyKey"], "node(s) didn't match pod topology spread constraints"
        if key not in node.labels:
            yield Misfit(f"{why} (missing required label)")
            return
        eligible = [each for each in nodes if key in each.labels and picked(pod, each)]
        counts: dict[str, int] = {}
        for each in eligible:
            place = each.labels[key]
            counts[place] = counts.get(place, 0) + _alike(constraint, pod, each.pods)
        here = counts.get(node.labels[key], 0) + _alike(constraint, pod, [pod])
        if here - min(counts.values(), default=0) > constraint.get("maxSkew", 1):
            yield Misfit(why, helpless=False)
            return


def _alike(rule: Json, pod: Json, pods: list[Json]) -> int:
    space = pod["metadata"]["namespace"]
    return sum(
        each["metadata"]["namespace"] == space
        and "deletionTimestamp" not in each["metadata"]
        and selected(rule.get("labelSelector"), each["metadata"].get("labels") or {})
        for each in pods
        if rule.get("labelSelector") is not None
    )


def _terms(pod: Json, kind: str) -> list[Json]:
    found = ((pod["spec"].get("affinity") or {}).get(kind)) or {}
    return list(found.get("requiredDuringSchedulingIgnoredDuringExecution") or ())


def _placed(term: Json, about: Json, node: Node, nodes: list[Node]) -> int:
    """Return how many Pods of a term there are in the place, by its topology, that a node is in."""
    key = term["topologyKey"]
    here = node.labels.get(key)
    pods = [
        p for each in nodes if here is not None and each.labels.get(key) == here for p in each.pods
    ]
    return _alike(term, about, pods)


def _affine(pod: Json, node: Node, nodes: list[Node]) -> Iterator[Misfit]:
    for term in _terms(pod, "podAffinity"):
        anywhere = any(_placed(term, pod, each, nodes) for each in nodes)
        first = not anywhere and _alike(term, pod, [pod])
        if not (_placed(term, pod, node, nodes) or (first and term["topologyKey"] in node.labels)):
            yield Misfit("node(s) didn't match pod affinity rules")
            return
    for term in _terms(pod, "podAntiAffinity"):
        if _placed(term, pod, node, nodes):
            yield Misfit("node(s) didn't match pod anti-affinity rules", helpless=False)
            return
    for each in nodes:
        for other, term in each.repelling:
            key = term["topologyKey"]
            same = key in node.labels and each.labels.get(key) == node.labels[key]
            if same and _alike(term, other, [pod]):
                why = "node(s) didn't satisfy existing pods anti-affinity rules"
                yield Misfit(why, helpless=False)
                return


_LOOKS: tuple[Callable[[Json, Node, list[Node]], Iterator[Misfit]], ...] = (
    _closed, _tainted, _unpicked, _taken, _full, _spread, _affine,
)  # fmt: skip


def liking(pod: Json, node: Node) -> tuple[int, Decimal]:
    """Return how little a node suits a Pod: Pods of its kind there, and how full it is."""
    owner = {each["uid"] for each in pod["metadata"].get("ownerReferences") or ()}
    alike = 0
    for other in node.pods if owner else ():
        for each in other["metadata"].get("ownerReferences") or ():
            if each["uid"] in owner:
                alike += 1
                break
    left, whole = node.left, node.whole
    shares = [1 - left[n] / whole[n] for n in ("cpu", "memory", "pods") if whole.get(n)]
    soft = [t for t in node.thing["spec"].get("taints") or () if t["effect"] == "PreferNoSchedule"]
    away = sum(not tolerated(t, pod) for t in soft)
    return alike + 100 * away, sum(shares, Decimal(0))
