"""What the scheduler does: it binds a Pod to a node, or says why none takes it, reason by reason.

Its message is built by pkg/scheduler/framework/types.go, FitError.Error; the reasons are the
constants of pkg/scheduler/framework/plugins (nodeaffinity, nodeports, noderesources, …).
"""

from functools import lru_cache

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.outlook.holding import Trouble
from eventstream.explain.vocabulary import commands, sources
from eventstream.explain.vocabulary.declared.tools import is_tool
from eventstream.explain.vocabulary.documented.words import RuleName
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.world.claims import Said, Telling, Writer
from eventstream.explain.world.pods import condition, meant_for, node_of
from eventstream.explain.world.text import count, listing, named, said_by, seen, sentence
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.expressions import expression
from eventstream.objects.observations import Change
from eventstream.objects.pods import Condition
from eventstream.objects.quantities import requested


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
    scheduler = getattr(write.image.spec, "scheduler_name", "") or DEFAULT
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
                proofs.saw(self.write),
                proofs.sequence(f"its spec.schedulerName is {self.scheduler}", "who"),
                *proofs.all_told(self.notes, "who"),
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
    if write.change.type != "MODIFIED" or not (who.manager or who.unnamed):
        return None
    mine = who.shared or (own not in ("", DEFAULT) and not (who.built_in or is_tool(who.manager)))
    mine = mine and all(change.path.startswith(_PLACED) for change in write.changes)
    if not mine and who.manager not in ("kube-scheduler", own):
        return None
    states = (write.image.status, getattr(write.before, "status", None))
    nominated, was = (getattr(each, "nominated_node_name", None) or "" for each in states)
    if nominated != was:
        return _nominated(view, who, nominated)
    found = condition(write.image, "PodScheduled")
    if found is None or found.status != "False":
        return None
    return _refused(view, who, said_by(found.message, found.reason))


DEFAULT = "default-scheduler"
_PLACED = ("status.conditions[PodScheduled]", "status.nominatedNodeName")
"""What of a Pod's status the scheduler alone writes."""


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
        who_grade=who.grade,
        why_grade="reported" if said else "inferred",
        causes=(cause,) if cause else (),
        evidence=(
            proofs.saw(write),
            *proofs.managed(who),
            *([proofs.condition(f"PodScheduled: {said}", "why")] if said else []),
            *proofs.all_told(notes),
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


_MESSAGE = expression(r"0/(\d+) nodes are available: ?(.*)", dot_all=True)
_REASON = expression(r"(\d+) (.+)", dot_all=True)
_TAINT = expression(r"\{([^}]*)\}")
_EVERY = 12
"""Reasons that are told one by one."""


_ERROR = "SchedulerError"
"""Reason of PodScheduled where the scheduler itself failed, or what it asked was refused.

Source: pkg/scheduler/schedule_one.go, handleSchedulingFailure (v1.PodReasonSchedulerError).
"""

NOT_READY = "NotReadyForScheduling"
"""Reason of PodScheduled where the scheduler does not look for a node yet, and says why.

Source: https://kep.k8s.io/5501 (what a PreEnqueue plugin of the scheduler turns down).
"""


_TRIED = frozenset({"Unschedulable", "", None})
"""Reasons of PodScheduled where each node was looked at; other schedulers have more of their own.

Source: pkg/scheduler/schedule_one.go, handleSchedulingFailure (v1.PodReasonUnschedulable).
"""


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """What the scheduler said: of `total` nodes, how many lack what; `whole` for all at once.

    `preemption` is why making room by force would not help; empty where it said nothing of it.
    """

    total: int
    lacking: tuple[tuple[int, str], ...] = ()
    whole: str = ""
    preemption: str = ""


@lru_cache(maxsize=256)
def refusal(message: str) -> Refusal | None:
    """The scheduler's message in parts; None where it is of another form."""
    found = _MESSAGE.match(message)
    if found is None:
        return None
    first, _, preemption = found[2].partition("preemption: ")
    first = first.partition(". ")[0].strip().rstrip(".,")
    parts = [_REASON.fullmatch(part) for part in _parts(first)]
    lacking = tuple((int(part[1]), part[2]) for part in parts if part is not None)
    if len(lacking) != len(parts):
        return Refusal(int(found[1]), (), first, _preemption(preemption))
    return Refusal(int(found[1]), lacking, "", _preemption(preemption))


def _parts(text: str) -> list[str]:
    """The reasons, each of which begins with a number; a comma may stand within one as well."""
    parts: list[list[str]] = []
    for piece in text.split(", "):
        if parts and not _REASON.match(piece):
            parts[-1].append(piece)
        else:
            parts.append([piece])
    return [", ".join(pieces) for pieces in parts]


def unschedulable(write: Write, found: Condition) -> Trouble:
    """What each node lacks for this Pod, in numbers."""
    pod, message = write.image.metadata.name, said_by(found.message, found.reason)
    said, host = refusal(message), meant_for(write.image)
    none = f"No node takes Pod {pod}{f', which is made for {host}' if host else ''}"
    if found.reason == _ERROR:
        failed = f"The scheduler cannot place Pod {pod}, which no node has turned down"
        detail = sentence(f"{failed}: {message}")
    elif found.reason == NOT_READY:
        detail = sentence(f"The scheduler looks for no node for Pod {pod} yet: {message}")
    elif found.reason not in _TRIED:
        by = getattr(write.image.spec, "scheduler_name", "") or DEFAULT
        why = f"({found.reason}): {message}"
        detail = sentence(f"The scheduler {by} has not placed Pod {pod} yet {why}")
    elif said is None:
        detail = sentence(f"{none}: {message}")
    elif not said.total:
        detail = f"{none}: the cluster has no node that the scheduler may use."
    elif said.whole:
        detail = sentence(f"{none}: {said.whole}")
    else:
        lacks = [f"{number} {_lacks(number, text, write)}" for number, text in said.lacking]
        after = f"; {said.preemption}" if said.preemption else ""
        detail = f"{none}: of {count(said.total, 'node')}, {listing(lacks, _EVERY)}{after}."
    return Trouble("unschedulable", detail, (proofs.says(write, found),), commands.describe(write))


def _lacks(number: int, text: str, write: Write) -> str:
    """One reason in words, for `number` nodes."""
    one = number == 1
    resource = text.removeprefix("Insufficient ")
    if resource != text:
        asked = requested(write.image.spec, resource)
        much = f" (the Pod asks for {asked})" if asked else ""
        return f"{_verb(one)} insufficient {resource}{much}"
    if "taint" in text:
        taint = _TAINT.search(text)
        key, _, value = taint[1].partition(": ") if taint is not None else ("", "", "")
        what = f"taint {key}{f'={value}' if value else ''}, which" if key else "a taint that"
        return f"{_verb(one)} {what} the Pod does not tolerate"
    if "didn't match Pod's node affinity/selector" in text:
        labels = getattr(write.image.spec, "node_selector", None) or {}
        wanted = listing([f"{key}={value}" for key, value in sorted(labels.items())])
        which = f" ({wanted})" if wanted else ""
        return f"{'does' if one else 'do'} not match the Pod's node affinity/selector{which}"
    for known, singular, plural in _WORDS:
        if known in text:
            return singular if one else plural
    return f"{'was' if one else 'were'} refused ({text})"


def _verb(one: bool) -> str:
    return "has" if one else "have"


_WORDS = (
    ("Too many pods", "has too many pods to take one more", "have too many pods to take one more"),
    ("were unschedulable", "is cordoned (unschedulable)", "are cordoned (unschedulable)"),
    (
        "didn't have free ports",
        "has no free ports for the Pod's host ports",
        "have no free ports for the Pod's host ports",
    ),
    (
        "didn't match pod affinity rules",
        "does not meet the Pod's pod affinity",
        "do not meet the Pod's pod affinity",
    ),
    (
        "didn't match pod anti-affinity rules",
        "is ruled out by the Pod's pod anti-affinity",
        "are ruled out by the Pod's pod anti-affinity",
    ),
    (
        "didn't satisfy existing pods anti-affinity rules",
        "is ruled out by the pod anti-affinity of other Pods",
        "are ruled out by the pod anti-affinity of other Pods",
    ),
    (
        "pod topology spread constraints (missing required label)",
        "lacks the label of the Pod's topology spread constraint",
        "lack the label of the Pod's topology spread constraint",
    ),
    (
        "didn't match pod topology spread constraints",
        "would break the Pod's topology spread constraint",
        "would break the Pod's topology spread constraint",
    ),
    (
        "had volume node affinity conflict",
        "cannot reach the Pod's volume (volume node affinity)",
        "cannot reach the Pod's volume (volume node affinity)",
    ),
    (
        "had no available volume zone",
        "is not in the zone of the Pod's volume (no available volume zone)",
        "are not in the zone of the Pod's volume (no available volume zone)",
    ),
    (
        "didn't find available persistent volumes to bind",
        "finds no PersistentVolume for the Pod's claim",
        "find no PersistentVolume for the Pod's claim",
    ),
    (
        "did not have enough free storage",
        "has not enough free storage for the Pod's claim",
        "have not enough free storage for the Pod's claim",
    ),
    (
        "exceed max volume count",
        "would exceed its max volume count",
        "would exceed their max volume count",
    ),
    (
        "ReadWriteOncePod access mode already in-use",
        "is ruled out, as another Pod has the Pod's ReadWriteOncePod claim in use",
        "are ruled out, as another Pod has the Pod's ReadWriteOncePod claim in use",
    ),
    (
        "didn't match the requested node name",
        "has not the name that the Pod asks for",
        "have not the name that the Pod asks for",
    ),
    (
        "bound to non-existent pv(s)",
        "cannot have the Pod's claim, whose PersistentVolume is gone",
        "cannot have the Pod's claim, whose PersistentVolume is gone",
    ),
)
"""The scheduler's reasons, and what they say of one node and of several."""


def _preemption(text: str) -> str:
    """What the scheduler says of preemption, in words."""
    if "No preemption victims found" in text:
        return "no Pods of lower priority could make room"
    if "Preemption is not helpful" in text:
        return "preempting other Pods would not help"
    if "preemptionPolicy=Never" in text:
        return "the Pod may not preempt others"
    if "terminating pod on the nominated node" in text:
        return "Pods on its nominated node are stopping to make room"
    return ""
