"""The smaller writers, and the end of every search: an observed change, not documented yet."""

from eventstream.explain.attribution import evidence
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.records import Loop, Verb
from eventstream.explain.vocabulary.registry import MANAGERS, title
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.text import named, seen, told_changes
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write


def named_component(view: View, who: Writer) -> Verdict | None:
    """A component of Kubernetes that is one actor wrote something no rule knows yet."""
    actor = MANAGERS.get(who.manager) if who.known else None
    write = view.write
    if actor is None:
        return None
    created = write.change.type == "ADDED"
    verb: Verb = "create" if created else "report" if who.subresource == "status" else "patch"
    act = f"created {named(write.image)}"
    if not created:
        act = f"changed {named(write.image)}: {told_changes(write.changes)}"
    return Verdict(
        rule="component",
        actor=actor,
        actor_name=who.manager,
        verb=verb,
        subresource=who.subresource or None,
        what=f"The {title(actor)} {act}.",
        why="Baton has not documented yet why it does so.",
        who_grade="reported",
        why_grade="unknown",
        evidence=(evidence.saw(write), *evidence.managed(who)),
        source_url=sources.FIELD_MANAGEMENT,
        loop=Loop(named(write.image), "what it found with what it wants", act),
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
        evidence=(evidence.saw(write),),
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
        evidence=(evidence.saw(write),),
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
        evidence=(evidence.saw(write), *evidence.managed(who), *evidence.owned(write)),
        source_url=sources.CONTROLLERS,
        loop=None if who.known and not who.built_in else _generic(view, created),
    )


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
