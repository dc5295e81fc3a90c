"""Deletions: nobody is named in the object, so who asked is told from what else happened.

What can be known: the owner is gone (garbage collector); a condition DisruptionTarget says who
evicted; an Event SuccessfulDelete names the Pod; the owner had more than it wanted; the step to
grace period 0 and the end of a Pod that had a node are its kubelet's. Sources: see each rule.
"""

from eventstream.explain import sources
from eventstream.explain.actors import title
from eventstream.explain.attribution import Writer
from eventstream.explain.families import Family
from eventstream.explain.records import Loop
from eventstream.explain.rules import evidence
from eventstream.explain.rules.customs import custom_owner
from eventstream.explain.rules.housekeeping import housekeeper
from eventstream.explain.rules.makers import MAKERS
from eventstream.explain.rules.podstatus import disruption, disruption_cause
from eventstream.explain.rules.removals import REMOVALS, deletion
from eventstream.explain.text import count, named, seen
from eventstream.explain.verdict import Verdict
from eventstream.explain.world import View
from eventstream.explain.writes import Write
from eventstream.objects.kinds import is_built_in


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
    rules = (_by_namespace, _by_collector, _disrupted, _by_type, _scaled_down, _kept_house)
    for rule in (*REMOVALS, *rules):
        verdict = rule(view)
        if verdict is not None:
            return verdict
    return _by_client(view, who)


def _by_namespace(view: View) -> Verdict | None:
    """The namespace is being deleted, so the namespace controller deletes all that is in it.

    Source: pkg/controller/namespace/deletion/namespaced_resources_deleter.go.
    """
    write = view.write
    namespace = write.image.metadata.namespace
    cause = view.by_name("Namespace", None, namespace) if namespace else None
    if cause is None or not (cause.gone or cause.image.metadata.deletion_timestamp):
        return None
    owners = [view.latest(owner.uid) for owner in write.image.metadata.owner_references]
    orphaned = bool(owners) and all(owner is None or _collects(owner) for owner in owners)
    subject = "Somebody" if orphaned else "The namespace controller"
    why = f"Namespace {namespace} is being deleted, with all that is in it."
    if orphaned:
        why = f"{why} The namespace controller, or the garbage collector, since its owner is gone."
    return Verdict(
        rule="namespace-emptied",
        actor="unknown" if orphaned else "namespace-controller",
        verb="delete",
        what=deletion(write, subject),
        why=why,
        who_grade="unknown" if orphaned else "inferred",
        why_grade="inferred",
        causes=(_root_mark(view, cause),),
        evidence=(evidence.saw(write), *evidence.owned(write)),
        source_url=sources.NAMESPACE_DELETE,
        loop=None
        if orphaned
        else Loop(
            seen(cause),
            "an empty namespace desired, not empty yet",
            f"deleted {named(write.image)}",
        ),
    )


def _root_mark(view: View, latest: Write) -> Write:
    """The write by which an object's deletion was asked for; its latest where that is unknown."""
    for write in view.backwards(latest.log.uid):
        before = write.before
        if write.image.metadata.deletion_timestamp and not (
            before is not None and before.metadata.deletion_timestamp
        ):
            return write
    return latest


def _by_type(view: View) -> Verdict | None:
    """A CustomResourceDefinition is being deleted: the API server deletes its custom resources.

    Source: apiextensions-apiserver/pkg/controller/finalizer/crd_finalizer.go.
    """
    write = view.write
    resource = write.change.resource
    if is_built_in(write.image.api_version):
        return None
    name = f"{resource.plural}.{resource.group}"
    cause = view.by_name("CustomResourceDefinition", None, name)
    if cause is None or not (cause.gone or cause.image.metadata.deletion_timestamp):
        return None
    return Verdict(
        rule="type-deleted",
        actor="api-server",
        verb="delete",
        what=deletion(write, "The API server"),
        why=f"Its type, {named(cause.image)}, is being deleted, and all objects of it with it.",
        who_grade="inferred",
        why_grade="inferred",
        causes=(_root_mark(view, cause),),
        evidence=(evidence.saw(write),),
        source_url=sources.DEFINITION_FINALIZER,
        loop=Loop(seen(cause), "no object of this type desired, 1 found", "deleted it"),
    )


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
        loop=Loop(seen(cause), "1 owner named, 0 exist", f"deleted {named(write.image)}", 1, 0),
    )


def _collects(owner: Write) -> bool:
    """Gone, or waiting in foreground mode for exactly this."""
    return owner.gone or "foregroundDeletion" in owner.image.metadata.finalizers


def _disrupted(view: View) -> Verdict | None:
    """Condition DisruptionTarget says who evicted the Pod, and why."""
    write = view.write
    found = disruption(write) if write.image.kind == "Pod" else None
    if found is None:
        return None
    known, says = found
    client = known.actor == "client"
    announced = _announcement(view)
    cause = announced or (None if client else disruption_cause(view, known.actor))
    subject = "A client" if client else f"The {title(known.actor)}"
    return Verdict(
        rule="disrupted",
        actor=known.actor,
        verb=known.verb,
        subresource="eviction" if client else None,
        what=deletion(write, subject),
        why=f"Its condition DisruptionTarget says {says}.",
        who_grade="reported",
        why_grade="reported",
        causes=(cause,) if cause else (),
        begins=client and cause is None,
        evidence=(evidence.saw(write), evidence.condition(f"DisruptionTarget: {says}")),
        source_url=known.source_url,
        loop=None
        if client
        else Loop(
            seen(cause) if cause else named(write.image),
            "whether the Pod may stay where it is",
            f"deleted {named(write.image)}",
        ),
    )


def _announcement(view: View) -> Write | None:
    """The write that set condition DisruptionTarget, if it is among those that are held."""
    for write in view.backwards(view.write.log.uid):
        rule = write.verdict.rule if write.verdict else ""
        if rule in ("disruption-announced", "pod-failed"):
            return write
    return None


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
    doubt = _doubt(view)
    return Verdict(
        rule="deletion-unknown" if doubt else "client-deleted",
        actor="unknown" if doubt else "client",
        verb="delete",
        what=deletion(write, "Somebody" if doubt else "A client"),
        why=doubt or (_WANTED if write.image.metadata.owner_references else _UNOWNED),
        who_grade="unknown" if doubt else "inferred",
        why_grade="unknown",
        begins=not doubt,
        evidence=(evidence.saw(write), *evidence.owned(write), *evidence.nobody(who)),
        source_url=sources.API_CONCEPTS,
    )


def _doubt(view: View) -> str:
    """Who else may have deleted it, in words; empty where only a client can have."""
    image = view.write.image
    if any(not view.log(owner.uid).seen for owner in image.metadata.owner_references):
        return "A client, or the garbage collector: its owner was not seen, so it cannot be told."
    if _MIRROR in (image.metadata.annotations or {}):
        return "A client, or its kubelet: the Pod mirrors one that the node runs from a file."
    owner = custom_owner(image)
    if owner is not None:
        whose = f"{owner.kind} {owner.name}"
        return f"A client, or the custom controller of {whose}, which may delete what it made."
    return ""


_MIRROR = "kubernetes.io/config.mirror"
_WANTED = (
    "Its owner exists and wants it, so no controller had a reason to. "
    "The object does not say which client asked."
)
_UNOWNED = (
    "Nothing owns it, so no controller had a reason to. The object does not say which client asked."
)
