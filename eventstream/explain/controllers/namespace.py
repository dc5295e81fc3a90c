"""A Namespace and its controller: how it stands, and that all in it goes with it.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/
"""

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.registry import Behaviour, Rules
from eventstream.explain.controllers.shared import surplus
from eventstream.explain.controllers.shared.conventions import complete, unknown, untaught
from eventstream.explain.controllers.shared.surplus import housekeeper
from eventstream.explain.deletions.deciding import cleaner, collects
from eventstream.explain.deletions.removals import content_left, deletion
from eventstream.explain.outlook.holding import Outlook
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.text import named, seen
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write


def namespace_finalized(view: View, who: Writer) -> Verdict | None:
    """The namespace controller took its finalizer from a namespace that others still hold.

    Others take theirs, and people take even this one to be rid of a namespace that hangs. The
    controller does so only once the namespace is to go.
    Source: pkg/controller/namespace/deletion/namespaced_resources_deleter.go.
    """
    write = view.write
    held = getattr(getattr(write.before, "spec", None), "finalizers", ())
    holds = getattr(write.image.spec, "finalizers", ())
    if write.image.kind != "Namespace" or "kubernetes" in holds or "kubernetes" not in held:
        return None
    if not write.image.metadata.deletion_timestamp or content_left(write.image):
        return None
    if who.known and not (who.controls or who.shared):
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
        evidence=(proofs.saw(write), *proofs.managed(who)),
        source_url=sources.NAMESPACE_DELETE,
        loop=Loop(
            named(write.image),
            "an empty namespace desired, nothing is left in it",
            "took its finalizer away",
        ),
    )


def assess(_snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
    """The outlook of a namespace: done once it is active."""
    phase = getattr(write.image.status, "phase", "")
    if phase == "Active":
        return complete(write, f"{named(write.image)} is active.")
    if not phase:
        return unknown(write, f"{named(write.image)} does not tell its phase.")
    return untaught(write, f"The phase of this one is {phase}.")


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
        causes=(view.mark_of(cause),),
        evidence=(proofs.saw(write), *proofs.owned(write)),
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


BEHAVIOURS = (
    Behaviour(
        kind=kinds.NAMESPACE,
        assess=assess,
        rules={kinds.NAMESPACE: Rules(changes=(namespace_finalized,))},
    ),
)
