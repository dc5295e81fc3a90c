"""Decides writes in their order, and then whatever rests on what was decided."""

from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush

from eventstream.explain.world.writes import Write


def decide_all(writes: Iterable[Write], decide: Callable[[Write], Iterable[Write]]) -> None:
    """Call `decide` for each write in order; it returns the writes to decide anew after it."""
    queue = [(write.order, id(write), write) for write in writes]
    heapify(queue)
    queued = {id(write) for _, _, write in queue}
    while queue:
        _, key, write = heappop(queue)
        queued.discard(key)
        for other in decide(write):
            if id(other) not in queued:
                queued.add(id(other))
                heappush(queue, (other.order, id(other), other))
