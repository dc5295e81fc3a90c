"""Deletions that follow from another: of the namespace, of the owners, or of the type itself."""

from eventstream.explain.attribution import evidence
from eventstream.explain.controllers.custom.rules import custom_keeper, custom_owner
from eventstream.explain.deletions import doubts, surplus
from eventstream.explain.deletions.finalizers import PROPAGATION
from eventstream.explain.deletions.housekeeping import housekeeper
from eventstream.explain.deletions.removals import deletion
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.world.marks import mark_of
from eventstream.explain.world.text import named, seen
from eventstream.explain.world.verdict import Verdict
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write
from eventstream.objects.kinds import is_built_in


def by_namespace(view: View) -> Verdict | None:
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
    too_many = not orphaned and (surplus.too_many(view) or _kept_house(view))
    cleaner = "" if orphaned or too_many else _cleaner(view)
    open_ = orphaned or too_many or bool(cleaner)
    subject = "Somebody" if open_ else "The namespace controller"
    why = f"Namespace {namespace} is being deleted, with all that is in it."
    if orphaned:
        why = f"{why} The namespace controller, or the garbage collector, since its owner is gone."
    elif too_many:
        why = f"{why} The namespace controller, or its own, which had more than desired."
    elif cleaner:
        why = f"{why} The namespace controller, or {cleaner}."
    return Verdict(
        rule="namespace-emptied",
        actor="unknown" if open_ else "namespace-controller",
        verb="delete",
        what=deletion(write, subject),
        why=why,
        who_grade="unknown" if open_ else "inferred",
        why_grade="inferred",
        causes=(mark_of(view, cause),),
        evidence=(evidence.saw(write), *evidence.owned(write)),
        source_url=sources.NAMESPACE_DELETE,
        loop=None
        if open_
        else Loop(
            seen(cause),
            "an empty namespace desired, not empty yet",
            f"deleted {named(write.image)}",
        ),
    )


def _kept_house(view: View) -> bool:
    """Whether a controller would have deleted it anyhow: old revisions, old and replaced Jobs."""
    keeper = housekeeper(view)
    return keeper is not None and (keeper.actor != "unknown" or view.write.image.kind == "Job")


def _cleaner(view: View) -> str:
    """Who else cleans up in a namespace that goes: whose finalizer still holds a custom resource.

    Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/
    """
    owner = custom_owner(view.write.image)
    latest = view.latest(owner.uid) if owner is not None else None
    if latest is None:
        return custom_keeper(view)
    metadata = latest.image.metadata
    busy = metadata.deletion_timestamp and not latest.gone
    return custom_keeper(view) if busy and set(metadata.finalizers) - PROPAGATION else ""


def by_type(view: View) -> Verdict | None:
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
        causes=(mark_of(view, cause),),
        evidence=(evidence.saw(write),),
        source_url=sources.DEFINITION_FINALIZER,
        loop=Loop(seen(cause), "no object of this type desired, 1 found", "deleted it"),
    )


def by_collector(view: View) -> Verdict | None:
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
    why = f"Its owner {named(cause.image)} is {state}, and nothing else owns it."
    cleaner, hidden = _cleaner(view), doubts.may_be_emptied(view)
    open_ = hidden or bool(cleaner)
    if hidden:
        why = f"{why} The garbage collector, or the namespace controller: {_NOT_SHOWN}"
    elif cleaner:
        why = f"{why} The garbage collector, or {cleaner}."
    return Verdict(
        rule="collected",
        actor="unknown" if open_ else "garbage-collector",
        verb="delete",
        what=deletion(write, "Somebody" if open_ else "The garbage collector"),
        why=why,
        who_grade="unknown" if open_ else "inferred",
        why_grade="inferred",
        causes=(cause,),
        evidence=(evidence.saw(write), *evidence.owned(write)),
        source_url=sources.GARBAGE_COLLECTION,
        loop=None
        if open_
        else Loop(seen(cause), "1 owner named, 0 exist", f"deleted {named(write.image)}", 1, 0),
    )


_NOT_SHOWN = "whether its namespace is being deleted is not shown."


def _collects(owner: Write) -> bool:
    """Gone, or waiting in foreground mode for exactly this."""
    return owner.gone or "foregroundDeletion" in owner.image.metadata.finalizers
