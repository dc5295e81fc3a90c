"""What a custom controller answers where nothing new was asked of its custom resource.

It compares what exists with what is desired whenever either changes: so it sets back what somebody
else changed of an object that it made, and makes anew what was deleted.
Source: https://kubernetes.io/docs/concepts/architecture/controller/#desired-vs-current
"""

from collections.abc import Iterator
from itertools import islice

from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.registry import group_kind
from eventstream.explain.world.families import owner_of
from eventstream.explain.world.text import seen
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write
from eventstream.objects.changes import FieldChange
from eventstream.objects.images import Image

_LOOKED = 32
"""Writes of one object, or dependents of one owner, the newest first, that are looked at for it."""


def restored(view: View, manager: str, asked: Write | None) -> Write | None:
    """The write that this one undoes, or the end of the object in whose place it makes another.

    It came after what was last `asked` of the custom resource, else it is no reason.
    """
    found = _made_anew(view) if view.write.change.type == "ADDED" else _set_back(view, manager)
    return found if found is not None and (asked is None or found.order > asked.order) else None


def said(found: Write) -> str:
    """Why it wrote, in a sentence."""
    if found.gone:
        return f"It had received {seen(found)}, and made it anew."
    return f"It had received {seen(found)}, and set back what had changed there."


def _made_anew(view: View) -> Write | None:
    """The deletion of an object of the same kind and name that had the same owner."""
    image = view.write.image
    owner = image.metadata.controller
    if owner is None:
        return None
    ends = [end for end in _namesakes(view, owner.uid) if end.gone]
    return max(ends, key=lambda end: end.order, default=None)


def _namesakes(view: View, owner: str) -> Iterator[Write]:
    """What an owner had of this kind and name before; of what nobody names, lately."""
    image, own = view.write.image, view.write.log
    if group_kind(image.api_version, image.kind) in kinds.REFERRED_TO_BY_NAME:
        found = view.by_name(image.kind, image.metadata.namespace, image.metadata.name)
        if found is not None and owner_of(found.image) == owner:
            yield found
        return
    for log in islice(reversed(view.family(owner).children.values()), _LOOKED):
        if log is not own and (log.ref.kind, log.ref.name) == (image.kind, image.metadata.name):
            latest = view.latest(log.uid)
            if latest is not None:
                yield latest


def _set_back(view: View, manager: str) -> Write | None:
    """The newest write of another that changed the same, if all of that is as it was before it."""
    write = view.write
    mine = {change.path: change for change in write.changes if _desired(change)}
    if not mine:
        return None
    for other in islice(view.backwards(write.log.uid), _LOOKED):
        verdict = other.decision.verdict
        if other.before is None or (verdict is not None and verdict.actor_name == manager):
            return None
        both = [change for change in other.changes if change.path in mine]
        if both:
            undone = all(_undone(mine[each.path], each, write.image, other.before) for each in both)
            return other if undone else None
    return None


def _desired(change: FieldChange) -> bool:
    return not change.path.startswith("status")


def _undone(mine: FieldChange, other: FieldChange, now: Image, was: Image) -> bool:
    """Whether a field is as it was before the other write; hidden ones are compared in the whole.

    What is kept of a hidden value differs where the value does.
    """
    if not (mine.hidden or other.hidden):
        return mine.after == other.before
    labels = now.metadata.labels == was.metadata.labels
    marks = labels and now.metadata.annotations == was.metadata.annotations
    return marks and bool(now.spec == was.spec) and now.other == was.other
