"""Why no node takes a Pod: the scheduler's message, read reason by reason.

The message is built by pkg/scheduler/framework/types.go, FitError.Error; its reasons are the
constants of pkg/scheduler/framework/plugins (nodeaffinity, nodeports, noderesources, …).
"""

from functools import lru_cache

import msgspec

from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Trouble
from eventstream.explain.outlook.quantities import requested
from eventstream.explain.world.text import count, listing, said_by, sentence
from eventstream.explain.world.writes import Write
from eventstream.expressions import expression
from eventstream.objects.pods import Condition

_MESSAGE = expression(r"0/(\d+) nodes are available: ?(.*)", dot_all=True)
_REASON = expression(r"(\d+) (.+)", dot_all=True)
_TAINT = expression(r"\{([^}]*)\}")
_EVERY = 12
"""Reasons that are told one by one."""


_ERROR = "SchedulerError"
"""Reason of PodScheduled where the scheduler itself failed, or what it asked was refused.

Source: pkg/scheduler/schedule_one.go, handleSchedulingFailure (v1.PodReasonSchedulerError).
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
    said = refusal(message)
    if found.reason == _ERROR:
        failed = f"The scheduler cannot place Pod {pod}, which no node has turned down"
        detail = sentence(f"{failed}: {message}")
    elif said is None:
        detail = sentence(f"No node takes Pod {pod}: {message}")
    elif not said.total:
        detail = f"No node takes Pod {pod}: the cluster has no node that the scheduler may use."
    elif said.whole:
        detail = sentence(f"No node takes Pod {pod}: {said.whole}")
    else:
        lacks = [f"{number} {_lacks(number, text, write)}" for number, text in said.lacking]
        after = f"; {said.preemption}" if said.preemption else ""
        nodes = count(said.total, "node")
        detail = f"No node takes Pod {pod}: of {nodes}, {listing(lacks, _EVERY)}{after}."
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
        named = f"taint {key}{f'={value}' if value else ''}, which" if key else "a taint that"
        return f"{_verb(one)} {named} the Pod does not tolerate"
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
        "is ruled out by the pod anti-affinity of Pods there",
        "are ruled out by the pod anti-affinity of Pods there",
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
        "has the Pod's ReadWriteOncePod claim in use",
        "have the Pod's ReadWriteOncePod claim in use",
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
