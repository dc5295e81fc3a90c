"""What a restart needs of a resource whose type left, or is read in another version from now on.

In another version its objects are the same: until their list has come, a restart has to compare
that with what was known before, and to tell since when nothing was seen.
"""

from collections.abc import Mapping

import msgspec

from eventstream.objects.images import Image
from eventstream.objects.observations import Position, Removed
from eventstream.objects.resource import Resource


class SavedImage(msgspec.Struct, frozen=True):
    """The image that an object's row must hold; None when the object is no more.

    A `new` object has no row yet, so that nobody finds it before that is written.
    """

    resource: Resource
    image: Image | None
    new: bool = False


def images_after(removed: Removed, images: Mapping[str, SavedImage]) -> dict[str, SavedImage]:
    """Return what is left of images that have no rows yet, each as of what it is read as now."""
    over, by = removed.resource.key, removed.successor
    if by is None:
        return {uid: saved for uid, saved in images.items() if saved.resource.key != over}
    return {
        uid: SavedImage(by, saved.image, saved.new) if saved.resource.key == over else saved
        for uid, saved in images.items()
    }


def positions_after(removed: Removed, positions: Mapping[str, Position]) -> dict[str, Position]:
    """Return where watches may resume: in another version a list and its diff is asked for."""
    left = dict(positions)
    reached, by = left.pop(removed.resource.key, None), removed.successor
    if reached is not None and by is not None:
        left[by.key] = Position(by, "", reached.at)
    return left
