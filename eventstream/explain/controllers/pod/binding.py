"""What the scheduler does: it binds a Pod to a node, or reports why it cannot."""

from eventstream.explain.attribution import evidence
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.documented.rule import RuleName
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.world.claims import Said, Telling, Writer
from eventstream.explain.world.pods import condition, node_of
from eventstream.explain.world.text import named, said_by, seen
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.observations import Change


def bound(view: View) -> Verdict | None:
    """Steps 9 to 11: a Pod's spec.nodeName appeared, which only the binding subresource does.

    A binding leaves no managedFields entry; the Pod's spec.schedulerName says whose it is.
    """
    write = view.write
    before = write.before
    if before is None or before.spec is write.image.spec or write.change.type != "MODIFIED":
        return None
    if node_of(before):
        return None
    node = node_of(write.image)
    if not node:
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
        who_grade="reported" if notes else "inferred",
        why_grade="inferred",
        causes=(cause,) if cause else (),
        source_url=sources.BINDING,
        telling=_Binding(write, scheduler, node, seen(cause) if cause else "", tuple(notes)),
        documented=(9,),
        documented_store=(10,),
        documented_broadcast=(11,),
        node=node,
    )


class _Binding(Telling, frozen=True, gc=False):
    """Which scheduler bound the Pod, to which node, and what it had received of it."""

    write: Write
    scheduler: str
    node: str
    received: str
    notes: tuple[Change, ...]

    def said(self) -> Said:
        pod = named(self.write.image)
        return Said(
            what=f"The scheduler {self.scheduler} bound {pod} to node {self.node}.",
            why=f"It received {self.received}, which had no node yet."
            if self.received
            else "It had no node yet.",
            evidence=(
                evidence.saw(self.write),
                evidence.sequence(f"its spec.schedulerName is {self.scheduler}", "who"),
                *evidence.all_told(self.notes, "who"),
            ),
            loop=Loop(
                self.received or pod,
                "1 node desired for this Pod, it has none",
                f"bound it to {self.node}",
                1,
                0,
            ),
        )


def reported(view: View, who: Writer) -> Verdict | None:
    """The scheduler wrote a Pod's status: no node was found, or one is kept or made free for it."""
    write = view.write
    own = getattr(write.image.spec, "scheduler_name", "")
    if write.image.kind != "Pod" or not who.manager or who.manager not in ("kube-scheduler", own):
        return None
    if write.change.type != "MODIFIED":
        return None
    nominated = getattr(write.image.status, "nominated_node_name", None) or ""
    if nominated != (
        getattr(getattr(write.before, "status", None), "nominated_node_name", "") or ""
    ):
        return _nominated(view, who, nominated)
    found = condition(write.image, "PodScheduled")
    if found is None or found.status != "False":
        return None
    return _refused(view, who, said_by(found.message, found.reason))


def _nominated(view: View, who: Writer, node: str) -> Verdict:
    """Room is being made for the Pod, or it waits there for what must be ready before its binding.

    Sources: pkg/scheduler/framework/preemption/preemption.go; pkg/scheduler/schedule_one.go
    (from Kubernetes 1.35 on the scheduler also says where it is about to bind a Pod).
    """
    write = view.write
    pod = named(write.image)
    if not node:
        why = "Its place went to another Pod, or it no longer needs one there."
        act = f"withdrew the nominated node of {pod}"
        return _verdict(view, who, "nominated", act, why, sources.PREEMPTION)
    act = f"nominated node {node} for {pod}"
    refused = condition(write.image, "PodScheduled")
    if refused is None or refused.status != "False":
        why = f"It is to run on {node}, once what must be ready before (a volume, say) is ready."
        return _verdict(view, who, "nominated", act, why, sources.BINDING)
    if refused == condition(write.before, "PodScheduled"):
        why = f"The scheduler makes room on {node} for it, or is about to bind it there."
    else:
        why = (
            f"No node has room for it as things are; on {node} the scheduler makes some, by "
            "deleting Pods of lower priority."
        )
    return _verdict(view, who, "nominated", act, why, sources.PREEMPTION)


def _refused(view: View, who: Writer, reason: str) -> Verdict:
    act = f"reported that it found no node for {named(view.write.image)}"
    why = f"It says: {reason}" if reason else "It gave no reason."
    return _verdict(view, who, "not-scheduled", act, why, sources.BINDING, said=reason)


def _verdict(
    view: View,
    who: Writer,
    rule: RuleName,
    act: str,
    why: str,
    source_url: str,
    said: str = "",
) -> Verdict:
    write = view.write
    cause = view.previous()
    notes = view.notes(write.log.uid, "FailedScheduling") if rule == "not-scheduled" else []
    return Verdict(
        rule=rule,
        actor="scheduler",
        actor_name=getattr(write.image.spec, "scheduler_name", "") or who.manager,
        verb="report",
        subresource="status",
        what=f"The scheduler {act}.",
        why=why,
        who_grade="reported",
        why_grade="reported" if said else "inferred",
        causes=(cause,) if cause else (),
        evidence=(
            evidence.saw(write),
            *evidence.managed(who),
            *([evidence.condition(f"PodScheduled: {said}", "why")] if said else []),
            *evidence.all_told(notes),
        ),
        source_url=source_url,
        loop=Loop(
            named(write.image),
            "1 node desired that satisfies the Pod, 0 found"
            if rule == "not-scheduled"
            else "where the Pod can run, or could if others went",
            act,
            *((1, 0) if rule == "not-scheduled" else ()),
        ),
    )
