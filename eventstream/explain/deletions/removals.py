"""The last writes of a deletion that was asked for before: who let the object go."""

from collections.abc import Callable

from eventstream.explain.attribution import proofs
from eventstream.explain.deletions import finalizers
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.records import Evidence, Loop
from eventstream.explain.vocabulary.registry import title
from eventstream.explain.world.claims import Said, Telling
from eventstream.explain.world.notes import MIRROR
from eventstream.explain.world.pods import condition, containers, has_ended, is_true, node_of
from eventstream.explain.world.text import count, named, seen
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.images import Image


def deletion(write: Write, subject: str, *, marks: bool = False) -> str:
    """The sentence that says who asked for a deletion, with its grace period.

    Who `marks` an object does so itself, and asks nobody.
    """
    seconds = write.image.metadata.deletion_grace_period_seconds
    if write.gone:
        return f"{subject} deleted {named(write.image)}."
    asked = f"{subject} asked the API server to delete {named(write.image)}"
    if marks:
        return f"{subject} marked {named(write.image)} for deletion."
    if write.image.kind == "Pod" and seconds:
        return f"{asked}, leaving it {count(seconds, 'second')} to stop."
    return f"{asked}."


def _vanished(view: View) -> Verdict | None:
    """Missing from a complete list: that it went is known, nothing else."""
    write = view.write
    if write.change.type != "VANISHED":
        return None
    missing = Evidence("observed", "watch", "missing from a complete list; final state unknown")
    return Verdict(
        rule="vanished",
        actor="unknown",
        verb="delete",
        what=f"{named(write.image)} is gone: a new list no longer held it.",
        why="Its deletion, and who asked for it, fell into a gap.",
        who_grade="unknown",
        why_grade="unknown",
        evidence=(missing,),
        source_url=sources.API_CONCEPTS,
    )


def _shortened(view: View) -> Verdict | None:
    """A Pod that is being deleted got less time: by hand, unless its grace period ended at 0."""
    write = view.write
    before = write.before
    seconds = write.image.metadata.deletion_grace_period_seconds
    if write.gone or before is None or not before.metadata.deletion_timestamp or not seconds:
        return None
    cause, others = view.mark(), _hurries(view, before)
    why = "The Pod was being deleted already, and somebody asked for that again with less time."
    return Verdict(
        rule="deletion-shortened",
        actor="unknown" if others else "client",
        verb="delete",
        what=deletion(write, "Somebody" if others else "A client"),
        why=f"{why} {others}" if others else why,
        who_grade="unknown" if others else "inferred",
        why_grade="unknown",
        causes=(cause,) if cause else (),
        evidence=(
            proofs.saw(write),
            *(() if others else (proofs.sequence(_ONCE, "who"),)),
        ),
        source_url=sources.POD_DELETION,
    )


_ONCE = "no controller had a reason to delete twice"


def _hurries(view: View, before: Image) -> str:
    """Who else deletes what is being deleted already, in words; empty where only a client does.

    They ask for the Pod's own time to stop, which may be less than a client gave it.
    Sources: pkg/controller/namespace/deletion/namespaced_resources_deleter.go, deleteCollection;
    pkg/controller/tainteviction/taint_eviction.go, addConditionAndDeletePod.
    """
    name = view.write.image.metadata.namespace
    space = view.by_name("Namespace", None, name) if name else None
    if space is not None and (space.gone or space.image.metadata.deletion_timestamp):
        return f"A client, or the namespace controller, which empties {name}."
    found = condition(before, "DisruptionTarget")
    if found is not None and found.reason == "DeletionByTaintManager":
        return TAINTED
    return ""


TAINTED = "A client, or the taint eviction controller, for a taint of its node."


def _ended(view: View) -> Verdict | None:
    """A bound Pod's last two writes: grace period 0, then gone.

    Its kubelet makes them once the containers have stopped; what still ran was forced away.
    Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
    """
    write = view.write
    before = write.before
    if write.image.kind != "Pod" or before is None or not before.metadata.deletion_timestamp:
        return None
    node = node_of(before)
    if not node or not (write.gone or write.image.metadata.deletion_grace_period_seconds == 0):
        return None
    cause = view.mark()
    if cause is not None and cause.decision.verdict is not None and _at_once(cause):
        return None  # Whoever asked for no grace at all removed it too.
    remover = _remover(view, before)
    if remover == "kubelet":
        return _by_kubelet(view, cause, node)
    return _forced(view, cause, remover)


def _remover(view: View, before: Image) -> str:
    """Who makes the last writes to a Pod that is to stop: its kubelet, or who did not wait.

    A kubelet reports that a Pod has ended before it lets it go.
    """
    last = view.previous()
    verdict = last.decision.verdict if last is not None else None
    if verdict is not None and verdict.rule == "pod-failed":
        return "pod-garbage-collector"
    if verdict is not None and verdict.rule in ("pod-forced", "pod-collected"):
        return verdict.actor
    found = condition(before, "DisruptionTarget")
    if found is not None and found.reason == "DeletionByPodGC":
        return "pod-garbage-collector"
    return "kubelet" if stopped(before) or is_mirror(before) else "client"


def is_mirror(image: Image) -> bool:
    """Whether the Pod only shows one that its node runs of itself; its kubelet renews it."""
    return MIRROR in (image.metadata.annotations or {})


def _at_once(asked: Write) -> bool:
    return asked.image.metadata.deletion_grace_period_seconds == 0


def stopped(image: Image) -> bool:
    """Whether the Pod has ended, as its kubelet reported.

    Since Kubernetes 1.27 a kubelet gives a Pod that it stopped a final phase; earlier ones report
    all of its containers terminated.
    """
    if has_ended(image):
        return True
    states = [container.state for container in containers(image)]
    return bool(states) and all(state.terminated for state in states)


def _by_kubelet(view: View, cause: Write | None, node: str) -> Verdict:
    write = view.write
    return Verdict(
        rule="kubelet-removed" if write.gone else "kubelet-finished",
        actor="kubelet",
        actor_name=node,
        verb="delete",
        who_grade="inferred",
        why_grade="inferred",
        causes=(cause,) if cause else (),
        source_url=sources.POD_DELETION,
        telling=_End(write, node),
        node=node,
    )


class _End(Telling, frozen=True, gc=False):
    """By which write of its kubelet a Pod ends."""

    write: Write
    node: str

    def said(self) -> Said:
        write, pod = self.write, named(self.write.image)
        did = f"removed {pod}" if write.gone else f"set the grace period of {pod} to 0"
        last = "the last write to a bound Pod that stops is its kubelet's"
        return Said(
            what=f"The kubelet on {self.node} {did}.",
            why="It shows a Pod that the node runs of itself; its kubelet makes it anew."
            if is_mirror(write.image)
            else "The Pod's containers have stopped, so its kubelet lets the API server remove it.",
            evidence=(proofs.saw(write), proofs.sequence(last, "who")),
            loop=Loop(
                f"{pod} is being deleted",
                "0 containers desired, 0 running",
                "let it go" if write.gone else "set its grace period to 0",
                0,
                0,
            ),
        )


_FORCED = {
    "pod-garbage-collector": (
        "The Pod garbage collector",
        "No kubelet will ever report that it ended, since its node is gone or out of service.",
    ),
    "client": (
        "A client",
        "It was forced: a kubelet reports that a Pod ended before it lets it go.",
    ),
}
"""Who removes a Pod that had not been reported stopped: what sentences call them, and why."""


def _forced(view: View, cause: Write | None, actor: str) -> Verdict:
    write = view.write
    collected = actor == "pod-garbage-collector"
    subject, why = _FORCED[actor]
    node = node_of(write.image)
    if collected:
        cause = view.previous() or cause
    return Verdict(
        rule="pod-collected" if collected else "pod-forced",
        actor=actor,
        verb="delete",
        what=f"{subject} removed {named(write.image)} without waiting for it to stop.",
        why=why,
        who_grade="inferred",
        why_grade="inferred" if collected else "unknown",
        causes=(cause,) if cause else (),
        evidence=(
            proofs.saw(write),
            proofs.sequence("its kubelet removes a Pod only once it has reported its end", "who"),
        ),
        source_url=sources.POD_COLLECTION if collected else sources.POD_DELETION,
        loop=Loop(f"{named(write.image)} on {node}", "a Pod without a node", "removed it")
        if collected
        else None,
    )


def _finalized(view: View) -> Verdict | None:
    """A namespace goes when the namespace controller has emptied it and finalizes it.

    Source: pkg/controller/namespace/deletion/namespaced_resources_deleter.go, finalizeNamespace.
    """
    write = view.write
    before = write.before
    if not write.gone or write.image.kind != "Namespace" or before is None:
        return None
    if not before.metadata.deletion_timestamp or before.metadata.finalizers:
        return None
    cause = view.mark()
    left = content_left(before)
    return Verdict(
        rule="namespace-finalized",
        actor="unknown" if left else "namespace-controller",
        verb="update",
        subresource="finalize",
        what=f"{'Somebody' if left else 'The namespace controller'} finalized "
        f"{named(write.image)}, which removed it.",
        why=left or "It had deleted all that was in the namespace; nothing holds it any longer.",
        who_grade="unknown" if left else "inferred",
        why_grade="unknown" if left else "inferred",
        causes=(cause,) if cause else (),
        evidence=(
            proofs.saw(write),
            *(() if left else (proofs.sequence(FINALIZES, "who"),)),
        ),
        source_url=sources.NAMESPACE_DELETE,
        loop=None
        if left
        else Loop(
            seen(cause) if cause else named(write.image),
            "an empty namespace desired, nothing is left in it",
            "finalized it",
        ),
    )


FINALIZES = "of Kubernetes' own only the namespace controller finalizes namespaces"

_LEFT = (
    "NamespaceContentRemaining",
    "NamespaceFinalizersRemaining",
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
    "NamespaceDeletionContentFailure",
)


def content_left(namespace: Image) -> str:
    """That its controller had last said that it could not end it, in a sentence; else empty.

    It takes that back in the status before it finalizes the namespace; a client that finalizes it
    by force, as is often advised, does not.
    Source: pkg/controller/namespace/deletion/status_condition_utils.go, Update.
    """
    said = next((name for name in _LEFT if is_true(namespace, name)), "")
    if not said:
        return ""
    return (
        f"Its controller had last said that not all was gone ({said}), and takes that back before "
        "it ends a namespace: a client may have ended it by force, and what is left stays."
    )


def _asked_before(view: View) -> Verdict | None:
    """Marked earlier, gone now, and nobody else had to act: whoever asked is who did it."""
    write = view.write
    if not write.gone or write.before is None or not write.before.metadata.deletion_timestamp:
        return None
    cause = view.mark()
    if cause is None or cause.decision.verdict is None:
        return None
    asked = cause.decision.verdict
    known = asked.actor != "unknown"
    subject = f"The {title(asked.actor)}" if known else "Somebody"
    subject = "A client" if asked.actor == "client" else subject
    return Verdict(
        rule="deletion-done",
        actor=asked.actor,
        actor_name=asked.actor_name,
        verb="delete",
        what=f"{subject} had asked to delete {named(write.image)}: now it is gone.",
        why="It had been marked for deletion, and nothing held it any longer.",
        who_grade="inferred" if known else "unknown",
        why_grade="inferred",
        causes=(cause,),
        evidence=(proofs.saw(write),),
        source_url=sources.API_CONCEPTS,
    )


REMOVALS: tuple[Callable[[View], Verdict | None], ...] = (
    _vanished,
    _finalized,
    finalizers.removed,
    finalizers.asked_again,
    _shortened,
    _ended,
    _asked_before,
)
