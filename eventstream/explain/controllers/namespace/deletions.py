"""A namespace that is being deleted takes all that is in it along."""

from eventstream.explain.attribution import evidence
from eventstream.explain.controllers.shared import surplus
from eventstream.explain.controllers.shared.housekeeping import housekeeper
from eventstream.explain.deletions.deciding import cleaner, collects
from eventstream.explain.deletions.removals import deletion
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.world.marks import mark_of
from eventstream.explain.world.text import named, seen
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict


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
    orphaned = bool(owners) and all(owner is None or collects(owner) for owner in owners)
    too_many = not orphaned and (surplus.too_many(view) or _kept_house(view))
    other = "" if orphaned or too_many else cleaner(view)
    open_ = orphaned or too_many or bool(other)
    subject = "Somebody" if open_ else "The namespace controller"
    why = f"Namespace {namespace} is being deleted, with all that is in it."
    if orphaned:
        why = f"{why} The namespace controller, or the garbage collector, since its owner is gone."
    elif too_many:
        why = f"{why} The namespace controller, or its own, which had more than desired."
    elif other:
        why = f"{why} The namespace controller, or {other}."
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
