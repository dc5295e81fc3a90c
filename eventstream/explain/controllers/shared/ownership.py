"""Objects that change hands: adopted, released, orphaned.

Controllers adopt what their selector matches and release what it no longer matches; the garbage
collector takes references to an owner away that is deleted with its dependents orphaned.
Sources: pkg/controller/controller_ref_manager.go;
pkg/controller/garbagecollector/garbagecollector.go, orphanDependents.
"""

from eventstream.explain.attribution import evidence
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.documented.rule import RuleName
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.vocabulary.registry import maker_of, title
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.text import named, seen
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.images import OwnerReference

_COLLECTOR = "garbage-collector"
_SOURCES = {
    "adopted": sources.ADOPTION,
    "released": sources.ADOPTION,
    "claim-retention": sources.CLAIMS_OF_STATEFULSETS,
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
    if maker is None or not who.built_in:
        return None
    name = f"{owner.kind} {owner.name}"
    return _verdict(
        view,
        who,
        "adopted",
        maker.actor,
        f"adopted {named(view.write.image)} for {name}",
        f"Its labels match the selector of {name}, and no controller owned it.",
        view.last_spec_change(owner.uid),
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
    why = f"Its labels no longer match the selector of {name}."
    return _verdict(view, who, "released", maker.actor, act, why, _relabelled(view))


def _relabelled(view: View) -> Write | None:
    """The write that changed the object's labels; without one, the previous."""
    for write in view.backwards(view.write.log.uid):
        if any(change.path.startswith("metadata.labels") for change in write.changes):
            return write
    return view.previous()


def _verdict(
    view: View, who: Writer, rule: RuleName, actor: str, act: str, why: str, cause: Write | None
) -> Verdict:
    write = view.write
    return Verdict(
        rule=rule,
        actor=actor,
        actor_name=who.manager,
        verb="patch",
        what=f"The {title(actor)} {act}.",
        why=why,
        who_grade="inferred",
        why_grade="inferred",
        causes=(cause,) if cause else (),
        evidence=(evidence.saw(write), *evidence.managed(who), *evidence.owned(write)),
        source_url=_SOURCES.get(rule, sources.COLLECTOR),
        loop=Loop(
            seen(cause) if cause else named(write.image),
            "who owns the object with who should",
            act,
        ),
    )
