"""The smaller writers, and the end of every search: an observed change, not documented yet."""

from eventstream.explain.attribution import evidence
from eventstream.explain.attribution.writers import Writer
from eventstream.explain.controllers.client.rules import told_changes
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.records import Loop, Verb
from eventstream.explain.vocabulary.registry import CONTROLLER_MANAGER, MANAGERS, title
from eventstream.explain.world.text import named, seen, sentence
from eventstream.explain.world.verdict import Verdict
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write
from eventstream.objects.observations import Change


def quota_charged(view: View, who: Writer) -> Verdict | None:
    """The API server's admission charged a ResourceQuota for an object that is being created."""
    write = view.write
    if write.image.kind != "ResourceQuota" or who.manager != "kube-apiserver":
        return None
    return Verdict(
        rule="quota-charged",
        actor="api-server",
        actor_name=who.manager,
        verb="report",
        subresource="status",
        what=f"The API server charged {named(write.image)}: {told_changes(write.changes)}.",
        why="Admission counts an object against its namespace's quotas before it is stored.",
        who_grade="reported",
        why_grade="inferred",
        evidence=(evidence.saw(write), *evidence.managed(who)),
        source_url=sources.QUOTA_ADMISSION,
    )


def scaled_by_autoscaler(view: View, who: Writer) -> Verdict | None:
    """The scale subresource was written from within the controller manager: the autoscaler's."""
    write = view.write
    if who.manager != CONTROLLER_MANAGER or who.subresource != "scale":
        return None
    scaler = view.by_target(write.image)
    said = _rescaled(view, scaler) if scaler is not None else []
    return Verdict(
        rule="autoscaled",
        actor="horizontal-pod-autoscaler",
        verb="update",
        subresource="scale",
        what=f"The HorizontalPodAutoscaler scaled {named(write.image)}: "
        f"{told_changes(write.changes)}.",
        why=_measured(scaler, said),
        who_grade="reported",
        why_grade="reported" if said else "unknown",
        begins=True,
        evidence=(evidence.saw(write), *evidence.managed(who), *evidence.all_told(said)),
        source_url=sources.AUTOSCALER,
        loop=Loop(
            named(scaler.image) if scaler is not None else "its HorizontalPodAutoscaler object",
            "what it measured with the target, within its bounds",
            f"scaled {named(write.image)}",
        ),
    )


def _rescaled(view: View, scaler: Write) -> list[Change]:
    """The autoscaler's Events of this new size: it tells of each after it was set."""
    spec = view.write.image.spec
    replicas = spec.get("replicas") if isinstance(spec, dict) else getattr(spec, "replicas", None)
    return [
        note
        for note in view.all_notes(scaler.log.uid, "SuccessfulRescale")
        if (note.after.spec.message or "").startswith(f"New size: {replicas};")
    ]


def _measured(scaler: Write | None, said: list[Change]) -> str:
    if scaler is None:
        return "What it measured is in the status of its HorizontalPodAutoscaler object."
    spec, name = scaler.image.spec, scaler.image.metadata.name
    least = getattr(spec, "min_replicas", None) or 1
    bounds = f"HorizontalPodAutoscaler {name} keeps it between {least} and {spec.max_replicas}"
    if said:
        return f"{bounds}, and says: {sentence(said[-1].after.spec.message)}"
    return f"{bounds}; what it measured is in its status."


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


def namespace_finalized(view: View, who: Writer) -> Verdict | None:
    """The namespace controller took its finalizer from a namespace that others still hold."""
    write = view.write
    held = getattr(getattr(write.before, "spec", None), "finalizers", ())
    holds = getattr(write.image.spec, "finalizers", ())
    if write.image.kind != "Namespace" or not held or len(holds) >= len(held):
        return None
    cause = view.previous()
    return Verdict(
        rule="namespace-finalized",
        actor="namespace-controller",
        actor_name=who.manager,
        verb="update",
        subresource="finalize",
        what=f"The namespace controller finalized {named(write.image)}.",
        why="It has deleted all that was in the namespace.",
        who_grade="inferred",
        why_grade="inferred",
        causes=(cause,) if cause else (),
        evidence=(evidence.saw(write), *evidence.managed(who)),
        source_url=sources.NAMESPACE_DELETE,
        loop=Loop(
            named(write.image),
            "an empty namespace desired, nothing is left in it",
            "took its finalizer away",
        ),
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
