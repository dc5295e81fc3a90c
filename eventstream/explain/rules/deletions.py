"""Deletions: nobody is named in the object, so who asked is told from what else happened.

What can be known: the owner is gone (garbage collector); a condition DisruptionTarget says who
evicted; an Event SuccessfulDelete names the Pod; the owner had more than it wanted; the step to
grace period 0 and the end of a Pod that had a node are its kubelet's. Sources: see each rule.
"""

from eventstream.explain import sources
from eventstream.explain.actors import title
from eventstream.explain.attribution import Writer
from eventstream.explain.families import Family
from eventstream.explain.pods import condition
from eventstream.explain.records import Loop, Verb
from eventstream.explain.rules import evidence
from eventstream.explain.rules.housekeeping import housekeeper
from eventstream.explain.rules.makers import MAKERS
from eventstream.explain.rules.removals import REMOVALS, deletion
from eventstream.explain.text import count, named, seen
from eventstream.explain.verdict import Verdict
from eventstream.explain.world import View
from eventstream.explain.writes import Write

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
    """The verdict on a version that marks_deletion; managedFields name nobody for it."""
    for rule in (*REMOVALS, _by_collector, _disrupted, _scaled_down, _kept_house):
        verdict = rule(view)
        if verdict is not None:
            return verdict
    return _by_client(view, who)


def _by_collector(view: View) -> Verdict | None:
    """All owners are gone, so the garbage collector deletes what they owned (background mode).

    Source: https://kubernetes.io/docs/concepts/architecture/garbage-collection/
    """
    write = view.write
    gone: list[Write] = []
    for owner in write.image.metadata.owner_references:
        latest = view.latest(owner.uid)
        if latest is None or not _collects(latest):
            return None
        gone.append(latest)
    if not gone:
        return None
    cause = max(gone, key=lambda found: found.order)
    at = cause.image.version
    state = f"gone ({at})" if cause.gone else f"being deleted in the foreground ({at})"
    return Verdict(
        rule="collected",
        actor="garbage-collector",
        verb="delete",
        what=deletion(write, "The garbage collector"),
        why=f"Its owner {named(cause.image)} is {state}, and nothing else owns it.",
        who_grade="inferred",
        why_grade="inferred",
        causes=(cause,),
        evidence=(evidence.saw(write), *evidence.owned(write)),
        source_url=sources.GARBAGE_COLLECTION,
        loop=Loop(seen(cause), "1 owner desired, 0 exist", f"deleted {named(write.image)}", 1, 0),
    )


def _collects(owner: Write) -> bool:
    """Gone, or waiting in foreground mode for exactly this."""
    return owner.gone or "foregroundDeletion" in owner.image.metadata.finalizers


def _disrupted(view: View) -> Verdict | None:
    """Condition DisruptionTarget says who evicted the Pod, and why."""
    write = view.write
    found = condition(write.image, "DisruptionTarget")
    known = _DISRUPTIONS.get(found.reason or "") if found and found.status == "True" else None
    if write.image.kind != "Pod" or found is None or known is None:
        return None
    actor, verb = known
    cause = view.previous()
    says = f"{found.reason}: {found.message}" if found.message else f"{found.reason}"
    return Verdict(
        rule="disrupted",
        actor=actor,
        verb=verb,
        what=deletion(write, "A client" if actor == "client" else f"The {title(actor)}"),
        why=f"Its condition DisruptionTarget says {says}.",
        who_grade="reported",
        why_grade="reported",
        causes=(cause,) if cause and actor != "client" else (),
        begins=actor == "client",
        evidence=(evidence.saw(write), evidence.condition(f"DisruptionTarget: {found.reason}")),
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
    cause = view.last_spec_change(owner.uid)
    loop = _surplus(view, view.family(owner.uid), cause) if maker.counted else None
    if not notes and loop is None:
        return None
    said = (
        f"It looks after the Pods of {owner.kind} {owner.name} and says that it deleted this one."
    )
    return Verdict(
        rule="scaled-down",
        actor=maker.actor,
        verb="delete",
        what=deletion(write, f"The {title(maker.actor)}"),
        why=_too_many(loop, cause) if loop is not None else said,
        who_grade="reported" if notes else "inferred",
        why_grade="inferred",
        causes=(cause,) if cause else (),
        evidence=(
            evidence.saw(write),
            *evidence.owned(write),
            *evidence.all_told(notes, "who"),
        ),
        source_url=maker.source_url,
        loop=loop,
    )


def _surplus(view: View, owner: Family, cause: Write | None) -> Loop | None:
    """The comparison that made a controller delete, if it had more Pods than desired."""
    desired = getattr(cause.image.spec, "replicas", None) if cause else None
    existing = owner.count_active(view.order)
    if cause is None or not isinstance(desired, int) or existing <= desired:
        return None
    compare = f"{count(desired, 'Pod')} desired, {existing} exist"
    act = f"deleted {view.write.image.metadata.name}"
    return Loop(seen(cause), compare, act, desired, existing)


def _too_many(loop: Loop, cause: Write | None) -> str:
    desired, existing = loop.desired or 0, loop.current or 0
    received = f"It received {seen(cause)} and" if cause else "It"
    compared = f"{received} compared {count(desired, 'desired Pod')} with {existing} that exist"
    return f"{compared}: {existing - desired} too many."


def _kept_house(view: View) -> Verdict | None:
    """A controller's own housekeeping, or a case in which it cannot be told from a client's."""
    keeper = housekeeper(view)
    if keeper is None:
        return None
    known = keeper.actor != "unknown"
    return Verdict(
        rule="housekeeping",
        actor=keeper.actor,
        verb="delete",
        what=deletion(view.write, f"The {title(keeper.actor)}" if known else "Somebody"),
        why=keeper.why,
        who_grade="inferred" if known else "unknown",
        why_grade="inferred" if known else "unknown",
        causes=(keeper.cause,) if keeper.cause else (),
        evidence=(evidence.saw(view.write), *evidence.owned(view.write)),
        source_url=keeper.source_url,
    )


def _by_client(view: View, who: Writer) -> Verdict:
    """Nothing in the cluster accounts for it: somebody asked, and the object does not say who."""
    write = view.write
    owners = [view.log(owner.uid) for owner in write.image.metadata.owner_references]
    unseen = not all(owner.seen for owner in owners)
    return Verdict(
        rule="deletion-unknown" if unseen else "client-deleted",
        actor="unknown" if unseen else "client",
        verb="delete",
        what=deletion(write, "Somebody" if unseen else "A client"),
        why=_UNSEEN if unseen else _NOBODY,
        who_grade="unknown" if unseen else "inferred",
        why_grade="unknown",
        begins=not unseen,
        evidence=(evidence.saw(write), *evidence.owned(write), *evidence.nobody(who)),
        source_url=sources.API_CONCEPTS,
    )


_UNSEEN = "A client, or the garbage collector: its owner was not seen, so it cannot be told."
_NOBODY = (
    "No controller had a reason to: its owner is there and wants it, or it has none. "
    "Which client asked is not in the object."
)
