"""Rules for objects of any kind: who owns them, and what is left when no other rule knows a write.

Controllers adopt what their selector matches and release what it no longer matches; the garbage
collector takes references to an owner away that is deleted with its dependents orphaned.
Sources: pkg/controller/controller_ref_manager.go;
pkg/controller/garbagecollector/garbagecollector.go, orphanDependents.
"""

from eventstream.explain.attribution import proofs
from eventstream.explain.attribution.customs import asked_above
from eventstream.explain.attribution.writers import is_bare
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.documented.words import RuleName
from eventstream.explain.vocabulary.records import Loop, Verb
from eventstream.explain.vocabulary.registry import MANAGERS, maker_of, title
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.text import did, named, seen, told_changes
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.images import Image, OwnerReference
from eventstream.objects.workloads import Requirement, Selector


def named_component(view: View, who: Writer) -> Verdict | None:
    """A component of Kubernetes that is one actor wrote something no rule knows yet."""
    actor = MANAGERS.get(who.manager) if who.known else None
    write = view.write
    if actor is None:
        return None
    created = write.change.type == "ADDED"
    verb: Verb = "create" if created else "report" if who.subresource == "status" else "patch"
    return Verdict(
        rule="component",
        actor=actor,
        actor_name=who.manager,
        verb=verb,
        subresource=who.subresource or None,
        what=f"The {title(actor)} {did(write)}.",
        why="Baton has not documented yet why it does so.",
        who_grade="reported",
        why_grade="unknown",
        evidence=(proofs.saw(write), *proofs.managed(who)),
        source_url=sources.FIELD_MANAGEMENT,
        loop=Loop(named(write.image), "what it found with what it wants", did(write)),
    )


def found_by_list(view: View) -> Verdict:
    """A new list showed it: how many writes led here, and whose they were, fell into a gap."""
    write = view.write
    created = write.change.type == "ADDED"
    act = "was created" if created else f"had changed: {told_changes(write.changes)}"
    return Verdict(
        rule="found-by-list",
        actor="unknown",
        verb="create" if created else "update",
        what=f"A new list showed that {named(write.image)} {act}.",
        why="It happened while Baton could not watch; several writes may hide behind it.",
        who_grade="unknown",
        why_grade="unknown",
        evidence=(proofs.saw(write),),
        source_url=sources.API_CONCEPTS,
    )


def defect(view: View, error: Exception) -> Verdict:
    """A rule of ours failed on this write: a defect of Baton, shown where it struck."""
    write = view.write
    return Verdict(
        rule="defect",
        actor="unknown",
        verb="create" if write.change.type == "ADDED" else "update",
        what=f"{named(write.image)} changed, and Baton failed to explain it.",
        why=f"This is a defect of Baton ({type(error).__name__}: {error}); see its log.",
        who_grade="unknown",
        why_grade="unknown",
        evidence=(proofs.saw(write),),
    )


def undocumented(view: View, who: Writer) -> Verdict:
    """An observed change that no rule explains yet: shown as such, its writer only if named."""
    write = view.write
    created = write.change.type == "ADDED"
    verb: Verb = "create" if created else "report" if who.subresource == "status" else "update"
    act = "was created" if created else f"changed: {told_changes(write.changes)}"
    if who.known:
        hint = f"managedFields names {who.manager}, which does not say which component that is."
    elif who.candidates:
        hint = f"It was one of {' and '.join(who.candidates)}; which cannot be told."
    else:
        hint = "managedFields names nobody."
    return Verdict(
        rule="undocumented",
        actor="unknown",
        actor_name=who.manager or " or ".join(who.candidates),
        verb=verb,
        subresource=who.subresource or None,
        what=f"{named(write.image)} {act}. Baton has not documented this change yet.",
        why=f"{hint}{_belongs(write)}",
        who_grade="unknown",
        why_grade="unknown",
        causes=() if created else asked_above(view),
        begins=_asks_anew(write),
        evidence=(proofs.saw(write), *proofs.managed(who), *proofs.owned(write)),
        source_url=sources.CONTROLLERS,
        loop=None if who.known and not who.built_in else _generic(view, created),
    )


def _asks_anew(write: Write) -> bool:
    """Whether somebody asked for something else of what belongs to no other: a trace begins.

    So does a request to a subresource of an aggregated server, as `instantiate`, that names nobody.
    """
    before, now = write.before, write.image.metadata
    if before is None or write.gone or now.owner_references:
        return False
    return (now.generation or 0) > (before.metadata.generation or 0)


def _belongs(write: Write) -> str:
    owner = next(iter(write.image.metadata.owner_references), None)
    owner = write.image.metadata.controller or owner
    return f" The object belongs to {owner.kind} {owner.name}." if owner else ""


def _generic(view: View, created: bool) -> Loop:
    """What any controller does, said of one that nobody documented; marked as such.

    Source: https://kubernetes.io/docs/concepts/architecture/controller/
    """
    write = view.write
    owner = write.image.metadata.controller
    observed = view.last_spec_change(owner.uid) if owner else view.previous()
    return Loop(
        seen(observed) if observed else f"{write.image.kind} objects, or others",
        "what is desired with what exists (as every controller does; this one is not documented)",
        f"{'created' if created else 'changed'} {named(write.image)}",
    )


_COLLECTOR = "garbage-collector"
_SOURCES = {
    "adopted": sources.ADOPTION,
    "released": sources.ADOPTION,
    "claim-retention": sources.CLAIMS_OF_STATEFULSETS,
    "client-or-controller": sources.ADOPTION,
}


def changed(view: View, who: Writer) -> Verdict | None:
    """The object's ownerReferences changed, and a controller's work explains it."""
    write = view.write
    before = write.before
    if write.change.type != "MODIFIED" or before is None:
        return None
    old, new = before.metadata.owner_references, write.image.metadata.owner_references
    if old == new or (who.known and not who.built_in and who.basis != "covers"):
        return None
    had, has = {owner.uid for owner in old}, {owner.uid for owner in new}
    gained = [owner for owner in new if owner.uid not in had]
    lost = [owner for owner in old if owner.uid not in has]
    if write.image.kind == "PersistentVolumeClaim" and (gained or lost):
        claim = _retained(view, who, gained, lost)
        if claim is not None:
            return claim
    if gained:
        return _adopted(view, who, gained[0])
    if lost:
        return _left(view, who, lost[0])
    return None


def _retained(
    view: View, who: Writer, gained: list[OwnerReference], lost: list[OwnerReference]
) -> Verdict | None:
    """A StatefulSet's retention policy says with whom its claims go: with it, or with their Pod.

    Source: pkg/controller/statefulset/stateful_set_utils.go, updateClaimOwnerRefForSetAndPod.
    """
    if not all(owner.kind in ("StatefulSet", "Pod") for owner in (*gained, *lost)):
        return None
    owners = [view.latest(owner.uid) for owner in (*gained, *lost)]
    if not who.built_in and any(owner is None or _leaves(owner) for owner in owners):
        return None  # The garbage collector takes references to what is gone, or lets orphans go.
    pod = next((owner for owner in gained if owner.kind == "Pod"), None)
    cause = None
    for owner in (*gained, *lost):
        top = view.top_owner(owner.uid).uid
        cause = cause or view.last_spec_change(top)
    claim = named(view.write.image)
    if not gained:
        act, why = f"took its owner from {claim}", "The retention policy keeps the claim."
    elif pod is not None:
        act = f"made Pod {pod.name} the owner of {claim}"
        why = f"Pod {pod.name} is to go for good, and whenScaled lets its claim go with it."
    else:
        act = f"made StatefulSet {gained[0].name} the owner of {claim}"
        why = "The retention policy lets the claim go with the StatefulSet (whenDeleted: Delete)."
    return _verdict(view, who, "claim-retention", "statefulset-controller", act, why, cause)


def _leaves(owner: Write) -> bool:
    """Gone or about to go: a StatefulSet then looks after its claims no longer."""
    return owner.gone or bool(owner.image.metadata.deletion_timestamp)


def _adopted(view: View, who: Writer, owner: OwnerReference) -> Verdict | None:
    maker = maker_of(view.write.image, owner)
    if maker is None or not (who.built_in or is_bare(view.write)):
        return None
    name = f"{owner.kind} {owner.name}"
    return _verdict(
        view,
        who,
        "adopted",
        maker.actor,
        f"adopted {named(view.write.image)} for {name}",
        f"Its labels match the selector of {name}, and no controller owned it.",
        max(
            (view.last_spec_change(owner.uid), _relabelled(view)),
            key=lambda write: write.order if write is not None else -1,
        ),
    )


def _left(view: View, who: Writer, owner: OwnerReference) -> Verdict | None:
    latest = view.latest(owner.uid)
    name = f"{owner.kind} {owner.name}"
    act = f"took the reference to {name} from {named(view.write.image)}"
    if latest is None or view.missed(owner.uid):
        return None
    if "orphan" in latest.image.metadata.finalizers:
        why = f"{name} is being deleted in orphan mode: what it owned is to stay, without an owner."
        return _verdict(view, who, "orphaned", _COLLECTOR, act, why, latest)
    if latest.gone:
        why = f"{name} is gone, and something else still owns {named(view.write.image)}."
        return _verdict(view, who, "dangling-reference", _COLLECTOR, act, why, latest)
    maker = maker_of(view.write.image, owner)
    if maker is None or latest.image.metadata.deletion_timestamp:
        return None
    if _selects(latest.image, view.write.image.metadata.labels or {}):
        why = f"Its labels still match the selector of {name}: a client, or another controller."
        return _verdict(view, who, "client-or-controller", "unknown", act, why, None)
    why = f"Its labels no longer match the selector of {name}."
    cause = _relabelled(view) or view.previous()
    return _verdict(view, who, "released", maker.actor, act, why, cause)


def _selects(owner: Image, labels: dict[str, str]) -> bool:
    """Whether the owner's selector surely matches these labels; one not kept is not sure.

    Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
    """
    selector = getattr(owner.spec, "selector", None)
    if isinstance(selector, dict):
        return bool(selector) and selector.items() <= labels.items()
    if not isinstance(selector, Selector):
        return False
    pairs, asked = selector.match_labels or {}, selector.match_expressions
    return (
        bool(pairs or asked)
        and pairs.items() <= labels.items()
        and all(_meets(each, labels.get(each.key)) for each in asked)
    )


def _meets(asked: Requirement, value: str | None) -> bool:
    if asked.operator == "Exists":
        return value is not None
    if asked.operator == "DoesNotExist":
        return value is None
    among = value in asked.values
    return among if asked.operator == "In" else not among and asked.operator == "NotIn"


def _relabelled(view: View) -> Write | None:
    """The write that last changed the object's labels, where that was seen."""
    for write in view.backwards(view.write.log.uid):
        if any(change.path.startswith("metadata.labels") for change in write.changes):
            return write
    return None


def _verdict(
    view: View, who: Writer, rule: RuleName, actor: str, act: str, why: str, cause: Write | None
) -> Verdict:
    write, known = view.write, actor != "unknown"
    return Verdict(
        rule=rule,
        actor=actor,
        actor_name=who.manager,
        verb="patch",
        what=f"The {title(actor)} {act}." if known else f"Somebody {act}.",
        why=why,
        who_grade="inferred" if known else "unknown",
        why_grade="inferred" if known else "unknown",
        causes=(cause,) if cause else (),
        evidence=(proofs.saw(write), *proofs.managed(who), *proofs.owned(write)),
        source_url=_SOURCES.get(rule, sources.COLLECTOR),
        loop=Loop(
            seen(cause) if cause else named(write.image),
            "who owns the object with who should",
            act,
        )
        if known
        else None,
    )
