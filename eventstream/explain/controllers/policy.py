"""PodDisruptionBudgets and ResourceQuotas: who counts what they bound, and charges to them.

A controller counts, and the API server charges: each eviction to a budget, each object that is
being created to a quota.
Sources: pkg/controller/disruption/disruption.go, trySync, failSafe, updatePdbStatus;
pkg/registry/core/pod/storage/eviction.go, checkAndDecrement;
pkg/controller/resourcequota/resource_quota_controller.go, syncResourceQuota.
"""

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.registry import Behaviour, Rules
from eventstream.explain.controllers.shared.conventions import complete
from eventstream.explain.controllers.shared.statuses import status_news
from eventstream.explain.outlook.holding import Holding, Outlook, Trouble, pending, troubled
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary import commands, sources
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.documented.words import RuleName
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.pods import condition
from eventstream.explain.world.text import count, named, said_by, seen, sentence, told_changes, when
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.cluster_kinds import BudgetStatus
from eventstream.objects.images import Image


def budget_charged(view: View, who: Writer) -> Verdict | None:
    """The API server took one disruption from the budget, before it evicts a Pod."""
    write = view.write
    if write.change.type != "MODIFIED" or who.manager != "kube-apiserver":
        return None
    what = f"{named(write.image)} for an eviction: {status_news(write)}"
    why = "A client asked to evict a Pod that the budget covers, and the budget allowed it."
    return _charged(write, who, "budget-charged", what, why, sources.EVICTION)


def quota_charged(view: View, who: Writer) -> Verdict | None:
    """The API server's admission charged a ResourceQuota for an object that is being created."""
    write = view.write
    if who.manager != "kube-apiserver":
        return None
    what = f"{named(write.image)}: {told_changes(write.changes)}"
    why = "Admission counts an object against its namespace's quotas before it is stored."
    return _charged(write, who, "quota-charged", what, why, sources.QUOTA_ADMISSION)


def _charged(
    write: Write, who: Writer, rule: RuleName, what: str, why: str, source_url: str
) -> Verdict:
    return Verdict(
        rule=rule,
        actor="api-server",
        actor_name=who.manager,
        verb="report",
        subresource="status",
        what=f"The API server charged {what}.",
        why=why,
        who_grade="reported",
        why_grade="inferred",
        evidence=(proofs.saw(write), *proofs.managed(who)),
        source_url=source_url,
    )


def counted(view: View, who: Writer) -> Verdict | None:
    """The disruption controller counted the Pods again that the budget covers."""
    write = view.write
    if not who.controls or who.subresource != "status":
        return None
    cause = _answered(view)
    status, news = write.image.status, status_news(write)
    healthy = getattr(status, "current_healthy", 0)
    needed = getattr(status, "desired_healthy", 0)
    return Verdict(
        rule="status-reported",
        actor="disruption-controller",
        actor_name=who.manager,
        verb="report",
        subresource="status",
        what=f"The disruption controller reported in the status of {named(write.image)}: {news}.",
        why=f"It had received {seen(cause)}, and counted again."
        if cause
        else "It counts again when Pods that the budget covers change, or how many are expected: "
        "which it was is not said.",
        who_grade=who.grade,
        why_grade="inferred",
        causes=(cause,) if cause else (),
        evidence=(
            proofs.saw(write),
            *proofs.managed(who),
            proofs.sequence("of the controllers only this one writes this status", "who"),
        ),
        source_url=sources.DISRUPTION,
        loop=Loop(
            seen(cause) if cause else "a Pod that the budget covers",
            f"at least {count(needed, 'healthy Pod')} desired, {healthy} healthy",
            f"reported {news}",
            needed,
            healthy,
        ),
    )


def _answered(view: View) -> Write | None:
    """The change of the budget itself that this count is the first to follow, if there is one."""
    last = view.previous()
    rule = last.decision.rule if last is not None else ""
    return last if rule != "status-reported" and not (last is not None and last.base) else None


def assess_budget(snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
    """The outlook of a budget: done once its newest generation is observed and could be counted."""
    image = write.image
    name = named(image)
    failed = condition(image, "DisruptionAllowed")
    if failed is not None and failed.reason == "SyncFailed":
        said = sentence(said_by(failed.message, "it says no reason"))
        detail = f"{name} allows no disruption, as what it protects cannot be counted: {said}"
        notes = snapshot.notes(write.log, "CalculateExpectedPodCountFailed", "NoControllers")
        evidence = (proofs.says(write, failed), *proofs.events(notes))
        wrong = Trouble("spec-invalid", detail, evidence, commands.describe(write))
        plain = Holding(1, "client", "", when(write), f"{name} to be changed", about=write)
        return pending([troubled(plain, wrong)], (), snapshot, "")
    observed = getattr(image.status, "observed_generation", None) or 0
    if observed and observed >= (image.metadata.generation or 0):
        return complete(write, _in_force(image))
    waiting_for = f"the status of {name} to follow"
    actor = "disruption-controller"
    held = Holding(1, actor, "", when(write), waiting_for, wait="report-status", about=write)
    return pending([held], (), snapshot, "")


def _in_force(image: Image) -> str:
    """What a budget allows now, and why it allows nothing, where that is so."""
    name, status = named(image), image.status
    allowed = getattr(status, "disruptions_allowed", 0)
    if allowed or not isinstance(status, BudgetStatus):
        return f"{name} is in force and allows {count(allowed, 'disruption')} now."
    if not status.expected_pods:
        return f"{name} is in force and allows no disruption: no Pods of its own are expected."
    healthy = f"{status.current_healthy} of {count(status.expected_pods, 'Pod')} healthy"
    never = status.current_healthy >= status.expected_pods
    ever = "; no healthy Pod may be evicted while it is so" if never else ""
    of = ""
    if not never and _lets_the_unready_go(image, status):
        of, ever = " of healthy Pods", "; a Pod that is not ready may be evicted"
    return (
        f"{name} is in force and allows no disruption{of} now: {healthy}, and "
        f"{status.desired_healthy} required{ever}."
    )


def _lets_the_unready_go(image: Image, status: BudgetStatus) -> bool:
    """Whether Pods that are not ready may be evicted though no disruption is allowed.

    Source: pkg/registry/core/pod/storage/eviction.go, Create (AlwaysAllow, IfHealthyBudget).
    """
    if getattr(image.spec, "unhealthy_pod_eviction_policy", None) == "AlwaysAllow":
        return True
    return status.current_healthy >= status.desired_healthy > 0


def assess_quota(snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
    """The outlook of a quota: done once its status has the limits of its spec."""
    image = write.image
    hard = getattr(image.spec, "hard", None) or {}
    if hard == (getattr(image.status, "hard", None) or {}):
        return complete(write, f"{named(image)} is in force.")
    waiting_for = f"the status of {named(image)} to follow"
    actor = "resourcequota-controller"
    held = Holding(1, actor, "", when(write), waiting_for, wait="report-status", about=write)
    return pending([held], (), snapshot, "")


BEHAVIOURS = (
    Behaviour(
        kind=kinds.BUDGET,
        assess=assess_budget,
        limits=True,
        rules={kinds.BUDGET: Rules(reports=(budget_charged, counted))},
    ),
    Behaviour(
        kind=kinds.QUOTA,
        assess=assess_quota,
        rules={kinds.QUOTA: Rules(reports=(quota_charged,))},
    ),
)
