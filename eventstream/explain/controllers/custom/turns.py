"""Since when it is a custom resource's own controller's turn: what lies below it stands as it is.

Source: https://kubernetes.io/docs/concepts/extend-kubernetes/operator/.
"""

from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.pods import is_ready
from eventstream.explain.world.text import when
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image

_DEEP = 4
"""Levels below a custom resource on which it may wait."""


def reached(snapshot: Snapshot, write: Write, deep: int = _DEEP) -> float:
    """When the last of the objects below it came to be as it is now; 0 where none did.

    Until then it waited for them, and only since then is it its own controller's turn.
    """
    if not deep:
        return 0.0
    below = snapshot.children(write.log)
    times = (max(_so_since(child), reached(snapshot, child, deep - 1)) for child in below)
    return max(times, default=0.0)


def _so_since(child: Write) -> float:
    """Since when an object stands as it does; what only reports on and on does not turn by that."""
    log, since, stands = child.log, when(child), _standing(child.image)
    for index in range(log.position(child.order) - 1, -1, -1):
        if _standing(log.writes[index].image) != stands:
            break
        since = when(log.writes[index])
    return since


def _standing(image: Image) -> tuple[object, ...]:
    health = image.health
    ready = getattr(image.status, "available_replicas", None)
    return health.state if health is not None else None, is_ready(image), ready
