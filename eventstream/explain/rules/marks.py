"""Finds the write by which a deletion was asked for: what later writes of it answer."""

from eventstream.explain.world import View
from eventstream.explain.writes import Write


def mark(view: View) -> Write | None:
    """The write that set the deletionTimestamp, below this one; without one, the previous."""
    for write in view.backwards(view.write.log.uid):
        before = write.before
        marked = before is not None and before.metadata.deletion_timestamp
        if write.image.metadata.deletion_timestamp and not marked:
            return write
    return view.previous()
