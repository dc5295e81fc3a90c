"""The garbage collector: it deletes the objects whose owners are all gone."""

from eventstream.explain.attribution import evidence
from eventstream.explain.deletions.deciding import cleaner, collects, may_be_emptied
from eventstream.explain.deletions.removals import deletion
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.world.text import named, seen
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write


def by_collector(view: View) -> Verdict | None:
    """All owners are gone, so the garbage collector deletes what they owned (background mode).

    Source: https://kubernetes.io/docs/concepts/architecture/garbage-collection/
    """
    write = view.write
    gone: list[Write] = []
    for owner in write.image.metadata.owner_references:
        latest = view.latest(owner.uid)
        if latest is None or not collects(latest):
            return None
        gone.append(latest)
    if not gone:
        return None
    cause = max(gone, key=lambda found: found.order)
    at = cause.image.version
    state = f"gone ({at})" if cause.gone else f"being deleted in the foreground ({at})"
    why = f"Its owner {named(cause.image)} is {state}, and nothing else owns it."
    other, hidden = cleaner(view), may_be_emptied(view)
    open_ = hidden or bool(other)
    if hidden:
        why = f"{why} The garbage collector, or the namespace controller: {_NOT_SHOWN}"
    elif other:
        why = f"{why} The garbage collector, or {other}."
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
