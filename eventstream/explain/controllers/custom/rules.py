"""Custom resources, and what their controllers write and delete.

Custom resources and the controllers that act on them.

A writer counts as a custom controller only on evidence: it owns a custom resource's status or
finalizer, or it made itself the maker of an object by setting its ownerReference to one. A name
alone is no evidence.

What a custom controller deletes of its own, while its finalizer still holds the resource.
"""

from typing import Any

from eventstream.explain.attribution import proofs
from eventstream.explain.attribution.customs import (
    any_of,
    appliers,
    asked_above,
    authors,
    controls,
    custom_owner,
    marked_for,
    namesakes,
    owned,
)
from eventstream.explain.controllers.custom.grounds import grounds
from eventstream.explain.deletions.finalizers import PROMPT, setters
from eventstream.explain.deletions.removals import deletion
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.declared.tools import is_tool
from eventstream.explain.vocabulary.documented.words import RuleName
from eventstream.explain.vocabulary.records import Evidence, Loop, Verb
from eventstream.explain.vocabulary.registry import is_a
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.text import did, listing, named, seen, told_changes
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.health.conditions import newest
from eventstream.objects.images import Image, OwnerReference
from eventstream.objects.kinds import is_built_in

_NAMES: dict[Verb, RuleName] = {
    "create": "custom-create",
    "report": "custom-report",
    "patch": "custom-patch",
}


def acted(view: View, who: Writer) -> Verdict | None:
    """A custom controller wrote its custom resource, or an object that belongs to one."""
    write = view.write
    if not who.known or who.built_in or is_tool(who.manager):
        return None
    ground = grounds(view, who)
    if ground is None:
        return None
    proof, cause, served = ground.proof, ground.cause, ground.served
    owner = custom_owner(write.image)
    own = owner is None and served is None and ground.own
    report = who.subresource == "status"
    created = write.change.type == "ADDED"
    asks = created and is_a(write.image, kinds.DEPLOYMENT)
    verb: Verb = "create" if created else "report" if report else "patch"
    return Verdict(
        rule=_NAMES[verb],
        actor="custom-controller",
        actor_name=who.manager,
        verb=verb,
        subresource=who.subresource or None,
        what=_what(write, who, created, report, served),
        why=ground.why or _why(cause, write if served is None else served, owner),
        who_grade="reported" if proof.grade == "reported" else "inferred",
        why_grade="inferred" if ground.why or (cause and not cause.base) else "unknown",
        causes=(cause,) if cause else (),
        begins=ground.begins,
        evidence=(proofs.saw(write), *proofs.managed(who), proof, *proofs.owned(write)),
        source_url=sources.OPERATOR,
        loop=Loop(
            seen(cause) if cause else named(write.image),
            _compare(write, own, created),
            _act(write, created, report),
        ),
        documented=(1,) if asks else (),
        documented_store=(2,) if asks else (),
        documented_broadcast=(3,) if asks else (),
    )


def undecided(view: View, who: Writer) -> Verdict | None:
    """A custom resource's metadata was written by somebody of whom nothing else is known.

    Controllers and clients both annotate and label; who also sets a spec asks for something.
    """
    write = view.write
    if write.change.type != "MODIFIED" or not who.known or who.built_in:
        return None
    if is_built_in(write.image.api_version) or is_tool(who.manager):
        return None
    if any_of(owned(write.image, who.manager), "spec"):
        return None
    why = f"A client, or a custom controller: {who.manager} has not shown yet which it is."
    return _either(view, who, why)


def namesake(view: View, who: Writer) -> Verdict | None:
    """A manager that is a custom controller elsewhere wrote what nothing ties to its resources.

    Programs that share a client library may share its name, so this one may be another.
    """
    if not who.known or who.built_in or is_tool(who.manager):
        return None
    if not view.is_controller(who.manager):
        return None
    why = (
        f"{who.manager} looks after custom resources here: it is that controller, or a client "
        "that calls itself by the same name."
    )
    return _either(view, who, why)


def taken_away(view: View, who: Writer) -> Verdict | None:
    """Labels or annotations of a custom resource went, which leaves no entry of who did it."""
    write = view.write
    before = write.before
    if write.change.type != "MODIFIED" or before is None:
        return None
    if who.basis not in ("covers", "removed", "none"):
        return None
    if is_built_in(write.image.api_version) or not _lost_keys(before, write.image):
        return None
    entries = write.image.metadata.managed_fields
    names = sorted({e.manager for e in entries if controls(write.image, e.manager)})
    if not names or who.manager in names:
        return None
    why = f"A client, or the custom controller {listing(names)}: a removal leaves no entry behind."
    return _either(view, who, why, anyone=True)


def _lost_keys(before: Image, after: Image) -> bool:
    was, now = before.metadata, after.metadata
    lost = (was.labels or {}).keys() - (now.labels or {}).keys()
    return bool(lost or (was.annotations or {}).keys() - (now.annotations or {}).keys())


def _either(view: View, who: Writer, why: str, *, anyone: bool = False) -> Verdict:
    """Left open: the writer that is named, or `anyone` where none is."""
    write = view.write
    created = write.change.type == "ADDED"
    return Verdict(
        rule="client-or-controller",
        actor="unknown",
        actor_name="" if anyone else who.manager,
        verb="create" if created else "patch",
        subresource=who.subresource or None,
        what=f"{'Somebody' if anyone else who.manager} {did(write)}.",
        why=why,
        who_grade="unknown",
        why_grade="unknown",
        causes=() if created else asked_above(view),
        evidence=(proofs.saw(write), *proofs.managed(who)),
        source_url=sources.OPERATOR,
    )


def _what(write: Write, who: Writer, created: bool, report: bool, served: Write | None) -> str:
    subject = f"The custom controller {who.manager}"
    if created:
        owner = custom_owner(write.image)
        whose = f"{owner.kind} {owner.name}" if owner else named(served.image) if served else ""
        return f"{subject} created {named(write.image)}" + (f" for {whose}." if whose else ".")
    if report or _only_reports(write):
        return f"{subject} reported in the status of {named(write.image)}: {_news(write)}."
    return f"{subject} {did(write)}."


def _only_reports(write: Write) -> bool:
    """Whether nothing but the status changed, of a type whose status is written with the rest."""
    paths = [change.path for change in write.changes]
    return bool(paths) and all(path.startswith("status.") for path in paths)


def _news(write: Write) -> str:
    """What is new in a custom resource's status: its conditions in words, then the rest."""
    conditions = _conditions(write.image.status)
    before = _conditions(write.before.status if write.before else None)
    news = [
        _turned(name, *said, before.get(name))
        for name, said in conditions.items()
        if before.get(name) != said
    ]
    if not news:
        return told_changes(write.changes)
    rest = [c for c in write.changes if not c.path.startswith("status.conditions")]
    return listing([*news, *(told_changes((change,)) for change in rest)], 6)


def _turned(name: str, status: str, reason: str, was: tuple[str, str] | None) -> str:
    """What a condition came to be; one that stands as it did has but another reason."""
    if was is not None and was[0] == status:
        return f"condition {name} is still {status} ({reason or 'no reason'} now)"
    now = "now " if was is not None else ""
    return f"condition {name} is {now}{status}{f' ({reason})' if reason else ''}"


def _conditions(status: Any) -> dict[str, tuple[str, str]]:
    """A custom resource's conditions by type, as far as they are as usual: status and reason."""
    found = status.get("conditions") if isinstance(status, dict) else None
    by_type: dict[str, list[dict[str, Any]]] = {}
    for entry in found if isinstance(found, list) else ():
        if isinstance(entry, dict) and entry.get("type"):
            by_type.setdefault(str(entry["type"]), []).append(entry)
    now = {type_: newest(entries) for type_, entries in by_type.items()}
    return {t: (str(e.get("status", "")), str(e.get("reason", ""))) for t, e in now.items()}


def _why(cause: Write | None, after: Write, owner: OwnerReference | None) -> str:
    if cause is None:
        kind = owner.kind if owner is not None else after.image.kind
        return f"It looks after {kind} objects; what made it act now was not seen."
    if cause.base:
        return f"It looks after {named(cause.image)}; what made it act now was not seen."
    return f"It looks after {named(cause.image)} and had received {seen(cause)}."


def _compare(write: Write, own: bool, created: bool) -> str:
    if created:
        return f"{write.image.kind} {write.image.metadata.name} desired, it did not exist"
    return (
        "what the custom resource asks for with what exists"
        if own
        else "its fields with the desired"
    )


def _act(write: Write, created: bool, report: bool) -> str:
    if created:
        return f"created {named(write.image)}"
    return (
        f"wrote the status of {named(write.image)}" if report else f"changed {named(write.image)}"
    )


def cleaned_up(view: View) -> Verdict | None:
    """The owner is to go and waits for its controller, which now deletes what it had made.

    Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/
    """
    write = view.write
    found = _waiting(view)
    if found is None:
        return None
    latest, name = found
    asked = view.mark_of(latest)
    if asked.base or write.change.at - asked.change.at > PROMPT:
        return None
    return Verdict(
        rule="custom-delete",
        actor="custom-controller",
        actor_name=name,
        verb="delete",
        what=deletion(write, f"The custom controller {name}"),
        why=f"{named(latest.image)} is to be deleted, and {name}, whose finalizer holds it, first "
        "deletes what it had made for it.",
        who_grade="inferred",
        why_grade="inferred",
        causes=(asked,),
        evidence=(
            proofs.saw(write),
            *proofs.owned(write),
            Evidence(
                "inferred",
                "sequence",
                f"the owner waits for {name}, which was quick, and not for the garbage collector",
                "who",
            ),
        ),
        source_url=sources.FINALIZERS,
        loop=Loop(seen(asked), "nothing of it desired, 1 exists", f"deleted {named(write.image)}"),
    )


def _waiting(view: View) -> tuple[Write, str] | None:
    """The custom resource that is to go and waits for its controller, and what that is called.

    That is one to which the object belongs, for which it is marked as applied, or after which it is
    called. Without a reference to an owner only one that waits for a writer of the object counts.
    """
    image = view.write.image
    owner = custom_owner(image)
    if owner is not None:
        latest = view.latest(owner.uid)
        return _held(latest) if latest is not None else None
    if image.metadata.owner_references:
        return None
    for manager in appliers(image):
        marked = marked_for(view, manager)
        of = marked.site.image.metadata if marked is not None else None
        if marked is not None and of is not None and of.deletion_timestamp and of.finalizers:
            return marked.site, manager
    for site in namesakes(view) if is_built_in(image.api_version) else ():
        held = _held(site)
        if held is not None and setters(site.image) <= authors(image):
            return held
    return None


def _held(site: Write) -> tuple[Write, str] | None:
    """A custom resource that is to go, with its controller, whose finalizer alone holds it."""
    if site.gone or not site.image.metadata.deletion_timestamp:
        return None
    names = setters(site.image)
    if len(names) != 1 or not controls(site.image, name := names.pop()):
        return None
    return site, name
