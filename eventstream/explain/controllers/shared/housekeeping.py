"""Deletions that controllers make on their own account: old revisions, replaced and failed Pods.

Where a client could as well have done it, the verdict names both and the actor stays unknown: a
wrong name is a defect.
"""

from eventstream.explain.attribution import evidence
from eventstream.explain.controllers.registry import behaviour_of
from eventstream.explain.deletions.deciding import Housekeeper
from eventstream.explain.deletions.removals import deletion
from eventstream.explain.vocabulary.registry import group_kind, title
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict


def housekeeper(view: View) -> Housekeeper | None:
    """Who, besides a client, has a reason to delete this object now; None if nobody has."""
    image = view.write.image
    expires = behaviour_of(image).expires
    expired = expires(view) if expires is not None else None
    owner = image.metadata.controller
    if expired is not None or owner is None:
        return expired
    rule = behaviour_of(owner).keeps.get(group_kind(image.api_version, image.kind))
    parent = view.latest(owner.uid)
    return rule(view, parent) if rule and parent is not None and not parent.gone else None


def kept_house(view: View) -> Verdict | None:
    """A controller's own housekeeping, or a case in which it cannot be told from a client's."""
    keeper = housekeeper(view)
    if keeper is None:
        return None
    known = keeper.actor != "unknown"
    return Verdict(
        rule="housekeeping",
        actor=keeper.actor,
        verb="delete",
        what=deletion(view.write, f"The {title(keeper.actor)}" if known else "Somebody"),
        why=keeper.why,
        who_grade="inferred" if known else "unknown",
        why_grade="inferred" if known else "unknown",
        causes=(keeper.cause,) if keeper.cause else (),
        evidence=(evidence.saw(view.write), *evidence.owned(view.write)),
        source_url=keeper.source_url,
    )
