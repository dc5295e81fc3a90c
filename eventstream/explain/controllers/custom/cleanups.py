"""What a custom controller deletes of its own, while its finalizer still holds the resource."""

from eventstream.explain.attribution import evidence
from eventstream.explain.attribution.customs import authors, controls, custom_owner, namesakes
from eventstream.explain.deletions.finalizers import PROMPT, setters
from eventstream.explain.deletions.removals import deletion
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.records import Evidence, Loop
from eventstream.explain.world.marks import mark_of
from eventstream.explain.world.text import named, seen
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.kinds import is_built_in


def cleaned_up(view: View) -> Verdict | None:
    """The owner is to go and waits for its controller, which now deletes what it had made.

    Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/
    """
    write = view.write
    latest = _waiting(view)
    if latest is None or latest.gone or not latest.image.metadata.deletion_timestamp:
        return None
    names = setters(latest.image)
    asked = mark_of(view, latest)
    if len(names) != 1 or not controls(latest.image, name := names.pop()):
        return None
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
            evidence.saw(write),
            *evidence.owned(write),
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


def _waiting(view: View) -> Write | None:
    """The custom resource that the object belongs to, or whose controller made it and named it so.

    Without a reference to an owner only one that waits for a writer of the object counts.
    """
    image = view.write.image
    owner = custom_owner(image)
    if owner is not None:
        return view.latest(owner.uid)
    if image.metadata.owner_references or not is_built_in(image.api_version):
        return None
    for site in namesakes(view):
        if not site.gone and site.image.metadata.deletion_timestamp:
            names = setters(site.image)
            if names and names <= authors(image):
                return site
    return None
