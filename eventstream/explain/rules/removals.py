"""The last writes of a deletion that was asked for before: who let the object go."""

from collections.abc import Callable

from eventstream.explain import sources
from eventstream.explain.actors import title
from eventstream.explain.pods import node_of
from eventstream.explain.records import Evidence, Loop
from eventstream.explain.rules import evidence
from eventstream.explain.text import count, named, seen
from eventstream.explain.verdict import Verdict
from eventstream.explain.world import View
from eventstream.explain.writes import Write
from eventstream.objects.kinds import is_built_in

_COLLECTOR_FINALIZERS = frozenset({"foregroundDeletion", "orphan"})


def deletion(write: Write, subject: str) -> str:
    """The sentence that says who asked for a deletion, with its grace period."""
    seconds = write.image.metadata.deletion_grace_period_seconds
    if write.gone:
        return f"{subject} deleted {named(write.image)}."
    asked = f"{subject} asked the API server to delete {named(write.image)}"
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


def _by_kubelet(view: View) -> Verdict | None:
    """A bound Pod's last two writes: grace period 0 once its containers have stopped, then gone.

    Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
    """
    write = view.write
    before = write.before
    if write.image.kind != "Pod" or before is None or not before.metadata.deletion_timestamp:
        return None
    node = node_of(before)
    if not node or not (write.gone or write.image.metadata.deletion_grace_period_seconds == 0):
        return None
    cause = mark(view)
    did = "removed" if write.gone else "set the grace period to 0 of"
    return Verdict(
        rule="kubelet-removed" if write.gone else "kubelet-finished",
        actor="kubelet",
        actor_name=node,
        verb="delete",
        what=f"The kubelet on {node} {did} {named(write.image)}.",
        why="The Pod's containers have stopped, so its kubelet lets the API server remove it.",
        who_grade="inferred",
        why_grade="inferred",
        causes=(cause,) if cause else (),
        evidence=(
            evidence.saw(write),
            evidence.sequence("the last write to a bound Pod that stops is its kubelet's", "who"),
        ),
        source_url=sources.POD_DELETION,
        loop=Loop(
            f"{named(write.image)} is being deleted",
            "0 containers desired, 0 running",
            "let it go" if write.gone else "set its grace period to 0",
            0,
            0,
        ),
        node=node,
    )


def mark(view: View) -> Write | None:
    """The write that set the deletionTimestamp, below this one."""
    for write in view.backwards(view.write.log.uid):
        before = write.before
        marked = before is not None and before.metadata.deletion_timestamp
        if write.image.metadata.deletion_timestamp and not marked:
            return write
    return view.previous()


def _finished(view: View) -> Verdict | None:
    """An object that finalizers held is gone: whoever took the last one away removed it."""
    write = view.write
    before = write.before
    if not write.gone or before is None or not before.metadata.finalizers:
        return None
    found = _holder(before.metadata.finalizers, write)
    if found is None:
        return None
    actor, name, source_url = found
    cause = mark(view)
    held = ", ".join(before.metadata.finalizers)
    subject = f"The {title(actor)} {name}".rstrip()
    return Verdict(
        rule="finalizer-removed",
        actor=actor,
        actor_name=name,
        verb="delete",
        what=f"{subject} took its finalizer from {named(write.image)}, which removed it.",
        why=f"It was marked for deletion and held by {held}; nothing holds it any longer.",
        who_grade="inferred",
        why_grade="inferred",
        causes=(cause,) if cause else (),
        evidence=(
            evidence.saw(write),
            evidence.sequence(f"who looks after {held} takes it away", "who"),
        ),
        source_url=source_url,
        loop=Loop(
            seen(cause) if cause else named(write.image),
            "what had to be done before it goes is done",
            "let it go",
        ),
    )


def _holder(finalizers: tuple[str, ...], write: Write) -> tuple[str, str, str] | None:
    """(actor, its name, source) of who takes these finalizers away, if that can be told."""
    if write.image.kind == "CustomResourceDefinition":
        return "api-server", "", sources.DEFINITION_FINALIZER
    if set(finalizers) <= _COLLECTOR_FINALIZERS:
        return "garbage-collector", "", sources.GARBAGE_COLLECTION
    entries = write.before.metadata.managed_fields if write.before else ()
    holders = {entry.manager for entry in entries if b"f:finalizers" in bytes(entry.fields)}
    if len(holders) != 1 or is_built_in(write.image.api_version):
        return None
    return "custom-controller", holders.pop(), sources.FINALIZERS


def _asked_before(view: View) -> Verdict | None:
    """Marked earlier, gone now, and nobody else had to act: whoever asked is who did it."""
    write = view.write
    if not write.gone or write.before is None or not write.before.metadata.deletion_timestamp:
        return None
    cause = mark(view)
    if cause is None or cause.verdict is None:
        return None
    asked = cause.verdict
    known = asked.actor != "unknown"
    subject = f"The {title(asked.actor)}" if known else "Somebody"
    return Verdict(
        rule="deletion-done",
        actor=asked.actor,
        actor_name=asked.actor_name,
        verb="delete",
        what=f"{subject} had {named(write.image)} deleted: now it is gone.",
        why="It had been marked for deletion, and nothing held it any longer.",
        who_grade="inferred" if known else "unknown",
        why_grade="inferred",
        causes=(cause,),
        evidence=(evidence.saw(write),),
        source_url=sources.API_CONCEPTS,
    )


REMOVALS: tuple[Callable[[View], Verdict | None], ...] = (
    _vanished,
    _by_kubelet,
    _finished,
    _asked_before,
)
