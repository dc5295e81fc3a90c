"""Finds the write by which a deletion was asked for: what later writes of it answer."""

from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write


def mark_of(view: View, latest: Write) -> Write:
    """The write by which an object's deletion was asked for; its latest where that is unknown."""
    for write in view.backwards(latest.log.uid):
        before = write.before
        marked = before is not None and before.metadata.deletion_timestamp
        if write.image.metadata.deletion_timestamp and not marked:
            return write
    return latest


def mark(view: View) -> Write | None:
    """The write that set the deletionTimestamp, below this one; without one, the previous."""
    for write in view.backwards(view.write.log.uid):
        before = write.before
        marked = before is not None and before.metadata.deletion_timestamp
        if write.image.metadata.deletion_timestamp and not marked:
            return write
    return view.previous()
