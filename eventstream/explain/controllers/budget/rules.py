"""PodDisruptionBudgets: the disruption controller counts, the API server charges each eviction.

Sources: pkg/controller/disruption/disruption.go, updatePdbStatus;
pkg/registry/core/pod/storage/eviction.go, checkAndDecrement.
"""

from eventstream.explain.attribution import evidence
from eventstream.explain.controllers.shared.statuses import status_news
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.vocabulary.registry import CONTROLLER_MANAGER
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.text import count, named, seen
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write


def charged(view: View, who: Writer) -> Verdict | None:
    """The API server took one disruption from the budget, before it evicts a Pod."""
    write = view.write
    if write.change.type != "MODIFIED" or who.manager != "kube-apiserver":
        return None
    return Verdict(
        rule="budget-charged",
        actor="api-server",
        actor_name=who.manager,
        verb="report",
        subresource="status",
        what=f"The API server charged {named(write.image)} for an eviction: {status_news(write)}.",
        why="A client asked to evict a Pod that the budget covers, and the budget allowed it.",
        who_grade="reported",
        why_grade="inferred",
        evidence=(evidence.saw(write), *evidence.managed(who)),
        source_url=sources.EVICTION,
    )


def counted(view: View, who: Writer) -> Verdict | None:
    """The disruption controller counted the Pods again that the budget covers."""
    write = view.write
    if who.manager != CONTROLLER_MANAGER or who.subresource != "status":
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
        else "It counts again when a Pod that the budget covers changes; which one, is not said.",
        who_grade="reported",
        why_grade="inferred",
        causes=(cause,) if cause else (),
        evidence=(
            evidence.saw(write),
            *evidence.managed(who),
            evidence.sequence("only the disruption controller writes this status", "who"),
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
