"""Deletions: nobody is named in the object, so who asked is told from what else happened.

What can be known: the owner is gone (garbage collector); a condition DisruptionTarget says who
evicted; an Event SuccessfulDelete names the Pod; the owner had more than it wanted; the step to
grace period 0 and the end of a Pod that had a node are its kubelet's. Sources: see each rule.
"""

from eventstream.explain import sources
from eventstream.explain.actors import title
from eventstream.explain.attribution import Writer
from eventstream.explain.pods import condition, node_of
from eventstream.explain.records import Evidence, Grade, Loop, Verb
from eventstream.explain.rules import evidence
from eventstream.explain.rules.housekeeping import housekeeper
from eventstream.explain.rules.makers import MAKERS
from eventstream.explain.text import count, named, seen
from eventstream.explain.verdict import Verdict
from eventstream.explain.world import View
from eventstream.explain.writes import ObjectLog, Write
from eventstream.objects.kinds import is_built_in

_DISRUPTIONS: dict[str, tuple[str, Verb]] = {
    "DeletionByTaintManager": ("taint-eviction-controller", "delete"),
    "PreemptionByScheduler": ("scheduler", "delete"),
    "EvictionByEvictionAPI": ("client", "evict"),
    "DeletionByPodGC": ("pod-garbage-collector", "delete"),
}
"""Reasons of condition DisruptionTarget to who deletes. Source: sources.POD_DISRUPTION."""


def marks_deletion(write: Write) -> bool:
    """Whether this version is part of a deletion: marked, shortened, or gone."""
    if write.gone:
        return True
    now, before = write.image.metadata, write.before.metadata if write.before else None
    if not now.deletion_timestamp:
        return False
    if before is None or not before.deletion_timestamp:
        return True
    return now.deletion_grace_period_seconds != before.deletion_grace_period_seconds


def deleted(view: View, who: Writer) -> Verdict:
    """The verdict on a version that marks_deletion; `who` is not used, as it names nobody."""
    write = view.write
    if write.change.type == "VANISHED":
        return _vanished(view)
    for rule in (
        _by_kubelet,
        _finished,
        _asked_before,
        _by_collector,
        _disrupted,
        _scaled_down,
        _kept_house,
    ):
        verdict = rule(view)
        if verdict is not None:
            return verdict
    return _by_client(view)


def _verdict(
    view: View,
    actor: str,
    *,
    rule: str,
    why: str,
    who_grade: Grade,
    why_grade: Grade,
    causes: tuple[Write, ...] = (),
    more: tuple[Evidence, ...] = (),
    source_url: str,
    name: str = "",
    verb: Verb = "delete",
    begins: bool = False,
    loop: Loop | None = None,
    subject: str = "",
    does: str = "",
) -> Verdict:
    write = view.write
    does = does or ("deleted" if write.gone else "asked the API server to delete")
    return Verdict(
        rule=rule,
        actor=actor,
        actor_name=name,
        verb=verb,
        what=f"{subject or 'The ' + title(actor)} {does} {named(write.image)}{_grace(write)}.",
        why=why,
        who_grade=who_grade,
        why_grade=why_grade,
        causes=causes,
        begins=begins,
        evidence=(evidence.saw(write), *more),
        source_url=source_url,
        loop=loop,
        node=node_of(write.image) or None,
    )


def _grace(write: Write) -> str:
    seconds = write.image.metadata.deletion_grace_period_seconds
    if write.gone or write.image.kind != "Pod" or seconds is None or seconds == 0:
        return ""
    return f", leaving it {count(seconds, 'second')} to stop"


def _vanished(view: View) -> Verdict:
    return _verdict(
        view,
        "unknown",
        rule="vanished",
        why="A new list no longer held it: its deletion, and who asked for it, fell into a gap.",
        who_grade="unknown",
        why_grade="unknown",
        source_url=sources.API_CONCEPTS,
        more=(Evidence("observed", "watch", "missing from a complete list; final state unknown"),),
    )


def _by_kubelet(view: View) -> Verdict | None:
    """A bound Pod's last two writes: grace period 0 once its containers have stopped, then gone.

    Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
    """
    write = view.write
    before = write.before
    if write.image.kind != "Pod" or before is None or not before.metadata.deletion_timestamp:
        return None
    if not node_of(before):
        return None
    zero = write.image.metadata.deletion_grace_period_seconds == 0
    if not write.gone and not zero:
        return None
    cause = _mark(view)
    node = node_of(before)
    return _verdict(
        view,
        "kubelet",
        rule="kubelet-removed" if write.gone else "kubelet-finished",
        name=node,
        does="removed" if write.gone else "set the grace period to 0 of",
        why="The Pod's containers have stopped, so its kubelet lets the API server remove it.",
        who_grade="inferred",
        why_grade="inferred",
        causes=(cause,) if cause else (),
        more=(
            evidence.sequence("the last write to a bound Pod that stops is its kubelet's", "who"),
        ),
        source_url=sources.POD_DELETION,
        subject=f"The kubelet on {node}",
        loop=Loop(
            f"{named(write.image)} is being deleted",
            "0 containers desired, 0 running",
            "removed it",
            0,
            0,
        ),
    )


def _mark(view: View) -> Write | None:
    """The write that set the deletionTimestamp."""
    for write in view.backwards(view.write.log.uid):
        before = write.before
        if write.image.metadata.deletion_timestamp and not (
            before and before.metadata.deletion_timestamp
        ):
            return write
    return view.previous()


def _finished(view: View) -> Verdict | None:
    """An object that was held by finalizers is gone: whoever took the last one away removed it."""
    write = view.write
    before = write.before
    if not write.gone or before is None or not before.metadata.finalizers:
        return None
    cause = _mark(view)
    causes = (cause,) if cause else ()
    held = before.metadata.finalizers
    why = f"It was marked for deletion and held by {', '.join(held)}; that was taken away."
    if write.image.kind == "CustomResourceDefinition":
        return _verdict(
            view,
            "api-server",
            rule="type-removed",
            why="All objects of the type are gone, so the API server let the type itself go.",
            who_grade="inferred",
            why_grade="inferred",
            causes=causes,
            source_url=sources.DEFINITION_FINALIZER,
            does="removed",
        )
    if set(held) <= {"foregroundDeletion", "orphan"}:
        return _verdict(
            view,
            "garbage-collector",
            rule="collected-last",
            why=why,
            who_grade="inferred",
            why_grade="inferred",
            causes=causes,
            source_url=sources.GARBAGE_COLLECTION,
            does="removed",
        )
    holders = {
        entry.manager
        for entry in before.metadata.managed_fields
        if b"f:finalizers" in bytes(entry.fields)
    }
    if len(holders) == 1 and not is_built_in(write.image.api_version):
        name = holders.pop()
        return _verdict(
            view,
            "custom-controller",
            rule="finalizer-removed",
            name=name,
            why=why,
            who_grade="inferred",
            why_grade="inferred",
            causes=causes,
            more=(evidence.condition(f"{name} had put the finalizer there"),),
            source_url=sources.FINALIZERS,
            subject=f"The custom controller {name}",
            does="took its finalizer away, which removed",
            loop=Loop(
                seen(cause) if cause else named(write.image),
                "its work on the object is done",
                "let it go",
            ),
        )
    return None


def _asked_before(view: View) -> Verdict | None:
    """Marked earlier, gone now, and nobody else had to act: the one who asked is who did it."""
    write = view.write
    if not write.gone or write.before is None or not write.before.metadata.deletion_timestamp:
        return None
    cause = _mark(view)
    if cause is None or cause.verdict is None:
        return None
    asked = cause.verdict
    return _verdict(
        view,
        asked.actor,
        rule="deletion-done",
        name=asked.actor_name,
        why="It had been marked for deletion, and nothing held it any longer.",
        who_grade="inferred" if asked.who_grade != "unknown" else "unknown",
        why_grade="inferred",
        causes=(cause,),
        source_url=sources.API_CONCEPTS,
    )


def _by_collector(view: View) -> Verdict | None:
    """All owners are gone, so the garbage collector deletes what they owned (background mode).

    Source: https://kubernetes.io/docs/concepts/architecture/garbage-collection/
    """
    write = view.write
    owners = write.image.metadata.owner_references
    if not owners:
        return None
    gone: list[Write] = []
    for owner in owners:
        latest = view.latest(owner.uid)
        if latest is None or not _collects(latest):
            return None
        gone.append(latest)
    cause = max(gone, key=lambda found: found.order)
    return _verdict(
        view,
        "garbage-collector",
        rule="collected",
        why=f"Its owner {named(cause.image)} is gone ({cause.image.version}), and nothing else owns it.",
        who_grade="inferred",
        why_grade="inferred",
        causes=(cause,),
        more=tuple(evidence.owned(write)),
        source_url=sources.GARBAGE_COLLECTION,
        loop=Loop(
            seen(cause), "its owners: 1 desired, 0 exist", f"deleted {named(write.image)}", 1, 0
        ),
    )


def _collects(owner: Write) -> bool:
    """Gone, or waiting in foreground mode for exactly this."""
    return owner.gone or "foregroundDeletion" in owner.image.metadata.finalizers


def _disrupted(view: View) -> Verdict | None:
    """Condition DisruptionTarget says who evicted the Pod, and why."""
    write = view.write
    found = condition(write.image, "DisruptionTarget")
    if write.image.kind != "Pod" or found is None or found.status != "True":
        return None
    known = _DISRUPTIONS.get(found.reason or "")
    if known is None:
        return None
    actor, verb = known
    cause = view.previous()
    return _verdict(
        view,
        actor,
        rule="disrupted",
        verb=verb,
        why=f"Its condition DisruptionTarget says {found.reason}: {found.message or ''}".rstrip(
            ": "
        )
        + ".",
        who_grade="reported",
        why_grade="reported",
        causes=(cause,) if cause and actor != "client" else (),
        begins=actor == "client",
        more=(evidence.condition(f"DisruptionTarget: {found.reason}"),),
        source_url=sources.POD_DISRUPTION,
    )


def _scaled_down(view: View) -> Verdict | None:
    """The controller had more Pods than desired, or says in an Event that it deleted this one."""
    write = view.write
    owner = write.image.metadata.controller
    maker = MAKERS.get((write.image.kind, owner.kind)) if owner else None
    if owner is None or maker is None:
        return None
    notes = [
        note
        for note in view.notes(owner.uid, "SuccessfulDelete")
        if write.image.metadata.name in (note.after.spec.message or "").split()
    ]
    log = view.log(owner.uid)
    cause = view.last_spec_change(owner.uid)
    desired = getattr(cause.image.spec, "replicas", None) if cause else None
    existing = log.count_active(view.order)
    too_many = maker.counted and isinstance(desired, int) and existing > desired
    if not notes and not too_many:
        return None
    loop = None
    if too_many and isinstance(desired, int):
        loop = Loop(
            seen(cause) if cause else f"{owner.kind} {owner.name}",
            f"{count(desired, 'Pod')} desired, {existing} exist",
            f"deleted {write.image.metadata.name}",
            desired,
            existing,
        )
    return _verdict(
        view,
        maker.actor,
        rule="scaled-down",
        why=_down_why(owner.kind, owner.name, desired if too_many else None, existing, cause),
        who_grade="reported" if notes else "inferred",
        why_grade="inferred",
        causes=(cause,) if cause else (),
        more=(*evidence.owned(write), *evidence.all_told(notes, "who")),
        source_url=maker.source_url,
        loop=loop,
    )


def _down_why(kind: str, name: str, desired: int | None, existing: int, cause: Write | None) -> str:
    if desired is None:
        return f"It looks after the Pods of {kind} {name} and says in an Event that it deleted this one."
    source = f"It received {seen(cause)} and compared" if cause else "It compared"
    return f"{source} {count(desired, 'desired Pod')} with {existing} that exist: {existing - desired} too many."


def _kept_house(view: View) -> Verdict | None:
    """A controller's own housekeeping, or a case in which it cannot be told from a client's."""
    keeper = housekeeper(view)
    if keeper is None:
        return None
    known = keeper.actor != "unknown"
    return _verdict(
        view,
        keeper.actor,
        rule="housekeeping",
        why=keeper.why,
        who_grade="inferred" if known else "unknown",
        why_grade="inferred" if known else "unknown",
        causes=(keeper.cause,) if keeper.cause else (),
        more=tuple(evidence.owned(view.write)),
        source_url=keeper.source_url,
        subject="" if known else "Somebody",
    )


def _by_client(view: View) -> Verdict:
    """Nothing in the cluster accounts for it: somebody asked, and the object does not say who."""
    write = view.write
    if _owner_unseen(view, write):
        return _verdict(
            view,
            "unknown",
            subject="Somebody",
            rule="deletion-unknown",
            why="A client, or the garbage collector: its owner was not seen, so which cannot be told.",
            who_grade="unknown",
            why_grade="unknown",
            source_url=sources.API_CONCEPTS,
            more=tuple(evidence.owned(write)),
        )
    return _verdict(
        view,
        "client",
        rule="client-deleted",
        why="No controller had a reason to: its owner is there and wants it, or it has none. "
        "Which client asked is not in the object.",
        who_grade="inferred",
        why_grade="unknown",
        begins=True,
        source_url=sources.API_CONCEPTS,
        subject="A client",
    )


def _owner_unseen(view: View, write: Write) -> bool:
    logs: list[ObjectLog] = [view.log(o.uid) for o in write.image.metadata.owner_references]
    return any(log.ref is None for log in logs)
