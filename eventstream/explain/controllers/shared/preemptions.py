"""Pods that had to make room for one of higher priority, and what became of their replacements.

Source: pkg/scheduler/framework/preemption/executor.go (condition DisruptionTarget with reason
PreemptionByScheduler, then the deletion and the Event Preempted, which names the preemptor's uid).
"""

from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Holding, Trouble, troubled
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.pods import condition, node_of
from eventstream.explain.world.writes import Write
from eventstream.expressions import expression
from eventstream.objects.images import Image

_BY = expression(r"Preempted by (?:a )?pod (\S+) on node")
_REASON = "PreemptionByScheduler"


def replaced(snapshot: Snapshot, holdings: list[Holding], owner: Write) -> list[Holding]:
    """The holdings, where a Pod without a node stands for one of the owner's that had to go."""
    lost = _victims(snapshot, owner)
    return [
        troubled(holding, _trouble(snapshot, holding, lost))
        if lost and holding.diagnosis == "unschedulable"
        else holding
        for holding in holdings
    ]


def _victims(snapshot: Snapshot, owner: Write) -> list[Write]:
    """The Pods of a controller that were preempted, the latest first, as far as still known."""
    latest = [snapshot.latest(log) for log in owner.log.family.children.values()]
    found = [write for write in latest if write is not None and _preempted(write.image)]
    return sorted(found, key=lambda write: write.order, reverse=True)


def _trouble(snapshot: Snapshot, holding: Holding, lost: list[Write]) -> Trouble:
    victim = lost[0]
    said = condition(victim.image, "DisruptionTarget")
    notes = snapshot.notes(victim.log, "Preempted")
    by = _preemptor(snapshot, victim)
    more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
    verb = "were" if len(lost) > 1 else "was"
    detail = (
        f"Pod {victim.image.metadata.name}{more} {verb} preempted on {node_of(victim.image)}{by}, "
        f"and nothing takes its place yet: {holding.detail[0].lower()}{holding.detail[1:]}"
    )
    evidence = (
        *((proofs.says(victim, said),) if said is not None else ()),
        *proofs.events(notes[:1]),
        *holding.evidence,
    )
    return Trouble("preempted", detail, evidence, commands.events(victim))


def _preemptor(snapshot: Snapshot, victim: Write) -> str:
    """` for Pod high (priority 1000 over 0)`; empty where no Event names it, or it is not known."""
    for note in snapshot.notes(victim.log, "Preempted"):
        found = _BY.search(note.after.spec.message or "")
        log = snapshot.world.logs.get(found[1]) if found is not None else None
        if log is None or log.latest is None:
            continue
        theirs = getattr(log.latest.image.spec, "priority", None)
        own = getattr(victim.image.spec, "priority", None)
        over = f" (priority {theirs} over {own or 0})" if theirs is not None else ""
        return f" for Pod {log.ref.name}{over}"
    return " for one of higher priority"


def _preempted(image: Image) -> bool:
    found = condition(image, "DisruptionTarget")
    return found is not None and found.status == "True" and found.reason == _REASON
