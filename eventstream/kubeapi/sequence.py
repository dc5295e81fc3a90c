"""Judges where a WatchEvent stands: next in order, told before, late, or out of all order.

A server that keeps its promises only ever sends what is next. One that does not must neither
make us tell anything twice nor believe that we know what we do not.
"""

from typing import Literal

import msgspec

from eventstream.objects.decoding import WatchEvent
from eventstream.objects.images import Image
from eventstream.objects.versions import is_comparable, is_newer

Standing = Literal["next", "late", "unordered", "repeat", "lost"]
"""next, late and unordered are to be taken; only next moves the position by its number.

late: no newer than the position, and yet news about an object that is known.
unordered: its version cannot be compared, so that the order is that of arrival.
repeat: what it says is known.
lost: an unknown object at a version that was passed, so that more may be missing.
"""

NOT_COMPARABLE = "resourceVersion: not comparable, taken in order of arrival"
LATE = "resourceVersion: older than what came before it"


def standing(watched: WatchEvent, image: Image, position: str, held: Image | None) -> Standing:
    """Judge the change that `watched` brings, given the position and the object as it is known."""
    deleted = watched.type == "DELETED"
    if not is_comparable(watched.version):
        return "repeat" if _is_known(image, held, deleted=deleted) else "unordered"
    if is_newer(watched.version, position) is not False:
        return "next"
    if held is None:
        if deleted:
            return "repeat"
        return "late" if watched.version == position else "lost"
    if deleted or is_newer(watched.version, held.version) is not False:
        return "late"
    return "repeat"


def flagged(image: Image, found: Standing) -> Image:
    """The image with what was odd about the place where it came, to be shown with it."""
    flag = {"late": LATE, "unordered": NOT_COMPARABLE}.get(found)
    return msgspec.structs.replace(image, flags=(*image.flags, flag)) if flag else image


def _is_known(image: Image, held: Image | None, *, deleted: bool) -> bool:
    if deleted or held is None:
        return deleted and held is None
    return held in (image, flagged(image, "unordered"))
