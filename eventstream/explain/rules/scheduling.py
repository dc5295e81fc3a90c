"""What the scheduler does: it binds a Pod to a node, or reports why it cannot."""

from eventstream.explain import sources
from eventstream.explain.attribution import Writer
from eventstream.explain.pods import condition, node_of
from eventstream.explain.records import Loop
from eventstream.explain.rules import evidence
from eventstream.explain.text import named, seen
from eventstream.explain.verdict import Verdict
from eventstream.explain.world import View


def bound(view: View, who: Writer) -> Verdict | None:
    """Steps 9 to 11: a Pod's spec.nodeName appeared, which only the binding subresource does.

    A binding leaves no managedFields entry; the Pod's spec.schedulerName says whose it is.
    """
    write = view.write
    if write.change.type != "MODIFIED" or write.image.kind != "Pod":
        return None
    node = node_of(write.image)
    if not node or node_of(write.before) or write.before is None:
        return None
    cause = view.previous()
    scheduler = getattr(write.image.spec, "scheduler_name", "") or "default-scheduler"
    notes = view.notes(write.log.uid, "Scheduled")
    return Verdict(
        rule="bound",
        actor="scheduler",
        actor_name=scheduler,
        verb="bind",
        subresource="binding",
        what=f"The scheduler {scheduler} bound {named(write.image)} to node {node}.",
        why=f"It received {seen(cause)}, which had no node yet."
        if cause
        else "It had no node yet.",
        who_grade="reported" if notes else "inferred",
        why_grade="inferred",
        causes=(cause,) if cause else (),
        evidence=(
            evidence.saw(write),
            evidence.sequence(f"its spec.schedulerName is {scheduler}", "who"),
            *evidence.all_told(notes, "who"),
        ),
        source_url=sources.BINDING,
        loop=Loop(
            seen(cause) if cause else named(write.image),
            "a node for each Pod desired, this Pod has none",
            f"bound it to {node}",
            1,
            0,
        ),
        documented=(9,),
        documented_store=(10,),
        documented_broadcast=(11,),
        node=node,
    )


def refused(view: View, who: Writer) -> Verdict | None:
    """The scheduler wrote condition PodScheduled: it found no node, and says why."""
    write = view.write
    if write.image.kind != "Pod" or who.manager != "kube-scheduler":
        return None
    cause = view.previous()
    found = condition(write.image, "PodScheduled")
    reason = found.message or found.reason or "" if found else ""
    notes = view.notes(write.log.uid, "FailedScheduling")
    return Verdict(
        rule="not-scheduled",
        actor="scheduler",
        actor_name=getattr(write.image.spec, "scheduler_name", "") or who.manager,
        verb="report",
        subresource="status",
        what=f"The scheduler reported that it found no node for {named(write.image)}.",
        why=f"It says: {reason}" if reason else "It gave no reason.",
        who_grade="reported",
        why_grade="reported" if reason else "unknown",
        causes=(cause,) if cause else (),
        evidence=(
            evidence.saw(write),
            *evidence.managed(who),
            *([evidence.condition(f"PodScheduled: {reason}", "why")] if reason else []),
            *evidence.all_told(notes),
        ),
        source_url=sources.BINDING,
        loop=Loop(
            named(write.image), "no node satisfies what the Pod asks for", "reported it", 1, 0
        ),
    )
