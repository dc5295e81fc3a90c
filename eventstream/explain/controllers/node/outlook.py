"""Says how a Node stands: it takes Pods, is silent, under pressure, or cordoned and being drained.

A cordon is not a drain: only an eviction from the node after the cordon shows that one is meant.
A refused eviction leaves no trace in any object, so what holds a drain is read from the budgets,
and from the audit log where there is one.
Sources: https://kubernetes.io/docs/concepts/architecture/nodes/#node-status;
https://kubernetes.io/docs/reference/node/node-status/#condition;
https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/;
https://kubernetes.io/docs/tasks/administer-cluster/safely-drain-node/;
pkg/registry/core/pod/storage/eviction.go, Create and checkAndDecrement.
"""

from collections.abc import Iterable, Iterator

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.registry import holding_of
from eventstream.explain.controllers.shared import nodes
from eventstream.explain.controllers.shared.conventions import unknown
from eventstream.explain.outlook.holding import Holding, Outlook, Trouble, pending, staged, troubled
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary import commands
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.registry import is_a
from eventstream.explain.world.known import Eviction
from eventstream.explain.world.pods import condition, has_ended, is_ready, node_of, phase
from eventstream.explain.world.text import count, listing, named, parse, said_by, sentence, when
from eventstream.explain.world.writes import Write
from eventstream.objects.cluster_kinds import BudgetSpec, BudgetStatus
from eventstream.objects.workloads import Requirement, Selector


def blocked(pod: Write, budgets: Iterable[Write]) -> Trouble | None:
    """Why an eviction of this Pod is refused now; None where it is not, or not known to be."""
    own = [budget for budget in budgets if _protects(budget, pod)]
    name = pod.image.metadata.name
    if not own or phase(pod.image) in ("Pending", "Succeeded", "Failed"):
        return None
    if len(own) > 1:
        names = listing([budget.image.metadata.name for budget in own])
        text = f"Pod {name} cannot be evicted: PodDisruptionBudgets {names} may not both select it."
        evidence = tuple(proofs.seen(budget, _selects(budget, name)) for budget in own)
        return Trouble("eviction-blocked", text, evidence, commands.describe(own[0]))
    budget, status = own[0], own[0].image.status
    if not isinstance(status, BudgetStatus) or not _refuses(pod, budget.image.spec, status):
        return None
    healthy = f"{status.current_healthy} of {count(status.expected_pods, 'Pod')} healthy"
    text = (
        f"Pod {name} cannot be evicted: PodDisruptionBudget {budget.image.metadata.name} allows "
        f"{status.disruptions_allowed} disruptions, with {healthy} and {status.desired_healthy} "
        "required."
    )
    told = (
        f"PodDisruptionBudget {budget.image.metadata.name} reports disruptionsAllowed "
        f"{status.disruptions_allowed}, currentHealthy {status.current_healthy}, desiredHealthy "
        f"{status.desired_healthy}, expectedPods {status.expected_pods}"
    )
    evidence = (proofs.status(budget, told), proofs.seen(budget, _selects(budget, name)))
    return Trouble("eviction-blocked", text, evidence, commands.describe(budget))


def _refuses(pod: Write, spec: BudgetSpec, status: BudgetStatus) -> bool:
    """An unhealthy Pod may go where the budget is met without it, or its policy says so."""
    if status.disruptions_allowed > 0:
        return False
    if is_ready(pod.image):
        return True
    if spec.unhealthy_pod_eviction_policy == "AlwaysAllow":
        return False
    return not 0 < status.desired_healthy <= status.current_healthy


def _selects(budget: Write, pod: str) -> str:
    return f"the selector of PodDisruptionBudget {budget.image.metadata.name} matches Pod {pod}"


def _protects(budget: Write, pod: Write) -> bool:
    spec = budget.image.spec
    if budget.image.metadata.namespace != pod.image.metadata.namespace:
        return False
    selector = spec.selector if isinstance(spec, BudgetSpec) else None
    return selector is not None and matches(selector, pod.image.metadata.labels or {})


def matches(selector: Selector, labels: dict[str, str]) -> bool:
    """Whether a label selector matches; an empty one matches everything.

    Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
    """
    pairs = (selector.match_labels or {}).items()
    return all(labels.get(key) == value for key, value in pairs) and all(
        _meets(requirement, labels) for requirement in selector.match_expressions
    )


def _meets(requirement: Requirement, labels: dict[str, str]) -> bool:
    value = labels.get(requirement.key)
    if requirement.operator == "In":
        return value in requirement.values
    if requirement.operator == "NotIn":
        return value not in requirement.values
    if requirement.operator == "Exists":
        return value is not None
    return requirement.operator == "DoesNotExist" and value is None


_RECENT = 15.0
"""Seconds for which a refusal stands: kubectl drain asks again every five.

Source: staging/src/k8s.io/kubectl/pkg/drain/drain.go, evictPods.
"""
_NONE_BUT = "no new Pods but those that tolerate that"
"""What a DaemonSet's Pods do. Source: pkg/controller/daemon/util/daemonset_util.go,
AddOrUpdateDaemonPodTolerations."""

_STAY = frozenset({"DaemonSet", "Node"})
"""Owners whose Pods a drain leaves: a DaemonSet's tolerate the cordon, a Node's are static."""


class _Tenants:
    """The Pods of one node, and all budgets: in one pass."""

    def __init__(self, snapshot: Snapshot, node: str) -> None:
        self.staying: list[Write] = []
        self.leaving: list[Write] = []
        self.budgets: list[Write] = []
        for log in snapshot.world.logs.values():
            if is_a(log.ref, kinds.POD):
                write = snapshot.latest(log)
                if write is not None and node_of(write.image) == node:
                    self._take(write)
            elif is_a(log.ref, kinds.BUDGET):
                write = snapshot.alive(log)
                if write is not None:
                    self.budgets.append(write)

    def _take(self, write: Write) -> None:
        image = write.image
        owner = image.metadata.controller
        if write.gone or (owner is not None and owner.kind in _STAY):
            return
        if has_ended(image):
            return
        (self.leaving if image.metadata.deletion_timestamp else self.staying).append(write)


def drained(snapshot: Snapshot, write: Write, began: Write | None) -> Outlook:
    """The outlook of a Node that takes no new Pods; `began` is the write that began the trace."""
    name = write.image.metadata.name
    tenants = _Tenants(snapshot, name)
    since = _cordoned(write)
    asked = snapshot.world.evictions.since(name, since.change.at)
    if not asked or began is None:
        number = count(len(tenants.staying) + len(tenants.leaving), "Pod")
        summary = f"Node {name} is cordoned: it takes {_NONE_BUT}, and {number} may stay on it."
        return Outlook("complete", summary, ended=when(since))
    found = [held for pod in tenants.leaving if (held := holding_of(snapshot, pod)) is not None]
    found.extend(_held(snapshot, write, tenants, asked))
    there = {pod.log.uid for pod in (*tenants.leaving, *tenants.staying)}
    gone = len(asked.keys() - there)
    stages = staged([("cordoned", 1, 1), ("Pods gone", gone, gone + len(there))])
    if found:
        return pending(found, stages, snapshot, "")
    ended = max(eviction.at for eviction in asked.values())
    if tenants.staying:
        left = count(len(tenants.staying), "Pod")
        summary = f"Node {name} is cordoned, and no budget keeps its {left} from being evicted."
    else:
        summary = f"Node {name} is drained: {count(gone, 'Pod')} evicted, none left to go."
    return Outlook("complete", summary, (), stages, ended)


def _held(
    snapshot: Snapshot, node: Write, tenants: _Tenants, asked: dict[str, Eviction]
) -> Iterator[Holding]:
    """The Pods that may not go, each with why that is so and why a drain is meant."""
    name = node.image.metadata.name
    cordon = proofs.seen(node, f"Node {name} is cordoned (spec.unschedulable is true)")
    for pod in tenants.staying:
        own = asked.get(pod.log.uid)
        refused = own is not None and own.refused
        wrong = blocked(pod, tenants.budgets)
        if wrong is None and own is not None and refused and snapshot.now - own.at < _RECENT:
            detail = f"Pod {pod.image.metadata.name} may not go now: {own.evidence.text}."
            wrong = Trouble("eviction-blocked", detail, (), commands.describe(pod))
        if wrong is None:
            continue
        shown = own if own is not None and refused else next(reversed(asked.values()))
        waiting_for = f"Pod {pod.image.metadata.name} to be evicted from {name}"
        rank = 1 if shown is own else 2
        plain = Holding(rank, "client", "", shown.at, waiting_for, about=pod)
        evidence = (*wrong.evidence, cordon, shown.evidence)
        yield troubled(plain, msgspec.structs.replace(wrong, evidence=evidence))


def _cordoned(write: Write) -> Write:
    """The write since which the node takes no new Pods, as far as it is known."""
    since = write
    for earlier in reversed(write.log.writes):
        if earlier.order > write.order:
            continue
        if not getattr(earlier.image.spec, "unschedulable", False):
            break
        since = earlier
    return since


_TOLERANT = "only Pods that tolerate that are placed on it"

_PRESSURES = {
    "DiskPressure": f"disk pressure: its kubelet may evict Pods, and {_TOLERANT}",
    "MemoryPressure": f"memory pressure: its kubelet may evict Pods, and {_TOLERANT}",
    "PIDPressure": f"PID pressure: its kubelet may evict Pods, and {_TOLERANT}",
    "NetworkUnavailable": f"no network: {_TOLERANT}",
}
"""Conditions that are True where something is wrong, to what that means.

A kubelet reclaims first what it can without, and holds the condition for a while after that.
Source: pkg/kubelet/eviction/eviction_manager.go, synchronize; node_lifecycle_controller.go,
doNoScheduleTaintingPass (the taints).
"""


_PROBLEMS = dict.fromkeys(
    (
        "ContainerRuntimeProblem",
        "ContainerRuntimeUnhealthy",
        "CorruptDockerOverlay2",
        "FilesystemCorruptionProblem",
        "FrequentContainerdRestart",
        "FrequentDockerRestart",
        "FrequentKubeletRestart",
        "FrequentUnregisterNetDevice",
        "GPUMissing",
        "IBLinkFlapping",
        "KernelDeadlock",
        "KubeletProblem",
        "KubeletUnhealthy",
        "NVLinkStatusInactive",
        "ReadonlyFilesystem",
        "XIDErrors",
    ),
    "True",
) | dict.fromkeys(
    (
        "AcceleratedHardwareReady",
        "ContainerRuntimeReady",
        "KernelReady",
        "NetworkingReady",
        "StorageReady",
    ),
    "False",
)
"""What node-problem-detector and EKS say of a node beside its kubelet, to how that is a problem.

They are said of what stays until somebody repairs or replaces the node; the kubelet of it may well
be ready. Which other conditions there are, and which way these are meant, is not known.
Sources: https://github.com/kubernetes/node-problem-detector/tree/master/config;
https://learn.microsoft.com/azure/aks/node-problem-detector#node-conditions;
https://docs.aws.amazon.com/eks/latest/userguide/node-health.html
"""

_OTHER = {"True": "False", "False": "True"}


def pressed(write: Write) -> list[Holding]:
    """What is wrong with a node that is ready; empty for most."""
    image = write.image
    held: list[Holding] = []
    for type_, means in _PRESSURES.items():
        found = condition(image, type_)
        if found is None or found.status != "True":
            continue
        said = said_by(found.message, found.reason)
        detail = sentence(f"{named(image)} has {means}{f' ({said})' if said else ''}")
        wrong = Trouble("not-ready", detail, (proofs.says(write, found),), commands.describe(write))
        since = parse(found.last_transition_time) or when(write)
        waiting_for = f"{type_} of {named(image)} to pass"
        actor = "custom-controller" if type_ == "NetworkUnavailable" else "kubelet"
        name = image.metadata.name if actor == "kubelet" else ""
        held.append(troubled(Holding(1, actor, name, since, waiting_for, about=write), wrong))
    return held


def _ailing(write: Write) -> list[Holding]:
    """What those say who look after nodes, where a ready one has a problem that stays."""
    image = write.image
    held: list[Holding] = []
    for found in getattr(image.status, "conditions", ()):
        if _PROBLEMS.get(found.type) != found.status:
            continue
        said = said_by(found.message, found.reason).rstrip(".") or "it does not say why"
        word = f"condition {found.type} is {found.status}"
        detail = sentence(f"{named(image)} is ready, but its {word}: {said}")
        wrong = Trouble("not-ready", detail, (proofs.says(write, found),), commands.describe(write))
        since = parse(found.last_transition_time) or when(write)
        waiting_for = f"{found.type} of {named(image)} to be {_OTHER[found.status]}"
        held.append(troubled(Holding(1, "client", "", since, waiting_for, about=write), wrong))
    return held


def assess(snapshot: Snapshot, write: Write, began: Write | None) -> Outlook:
    """The outlook of a Node that exists: complete once it is ready, lost once it stays silent."""
    image = write.image
    name = image.metadata.name
    ready = condition(image, "Ready")
    if ready is None:
        return unknown(write, f"The kubelet of {named(image)} has not said yet how it is.")
    if ready.status == "True":
        held = pressed(write)
        if held:
            return pending(held, (), snapshot, "")
        if getattr(image.spec, "unschedulable", False):
            return drained(snapshot, write, began)
        if held := _ailing(write):
            return pending(held, (), snapshot, "")
        return Outlook("complete", f"{named(image)} is ready.", ended=when(write))
    if nodes.is_lost(write, snapshot.now):
        holding = Holding(
            1,
            "kubelet",
            name,
            when(write),
            nodes.report(write, ready),
            "node-lost",
            f"{nodes.silent(write, ready)}.",
            about=write,
            evidence=(proofs.says(write, ready),),
            command=commands.describe(write),
        )
        return pending([holding], (), snapshot, "")
    unready = nodes.unready(write, named(image))
    if unready is None:
        return unknown(write, f"Condition Ready of {named(image)} is {ready.status}.")
    return pending([unready], (), snapshot, "")
