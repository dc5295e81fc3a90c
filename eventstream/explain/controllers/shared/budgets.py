"""Whether the eviction API would let a Pod go: what PodDisruptionBudgets say of it.

Source: pkg/registry/core/pod/storage/eviction.go, Create and checkAndDecrement.
"""

from collections.abc import Iterable

from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Trouble
from eventstream.explain.world.pods import is_ready, phase
from eventstream.explain.world.text import count, listing
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
