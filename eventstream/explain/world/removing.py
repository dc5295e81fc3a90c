"""What becomes of the objects of a type that is not watched any more."""

from collections.abc import Iterable
from sys import intern

from eventstream.explain.world.writes import ObjectLog
from eventstream.objects.observations import Change, Removed


def ends(logs: Iterable[ObjectLog], removed: Removed) -> list[Change]:
    """Return by which changes objects end with their type, whose end was not seen.

    Where it has only another version now, they go on, and are known by that from now on.
    """
    of_type = [each for each in logs if each.resource_key == removed.resource.key]
    if removed.successor is not None:
        key = intern(removed.successor.key)
        for log in of_type:
            log.resource_key = key
        return []
    latest = [each.latest for each in of_type]
    images = [each.image for each in latest if each is not None and not each.gone]
    return [
        Change(removed.resource, "VANISHED", image, removed.at, image, relisted=True)
        for image in images
    ]
