"""What the namespace controller writes to a namespace."""

from eventstream.explain.attribution import evidence
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.text import named
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict


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
