"""What rules about controllers' own deletions share: their finding, and what Events can tell."""

import msgspec

from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image
from eventstream.objects.numbers import whole


class Housekeeper(msgspec.Struct, frozen=True):
    """Who deletes and why; `actor` is "unknown" with the candidates in `why` where it is open."""

    actor: str
    why: str
    source_url: str
    cause: Write | None = None


def either(reason: str, source_url: str) -> Housekeeper:
    """A client could as well have done it as the controller that `reason` tells of."""
    return Housekeeper("unknown", f"A client, or {reason}", source_url)


def ordinal(pod: Image) -> int:
    """The number of a StatefulSet's Pod, from its name; 0 where it has none."""
    return whole(pod.metadata.name.rpartition("-")[2]) or 0


def would_say(view: View, owner: str) -> bool:
    """Whether a deletion by the owner's controller would be told in an Event that is shown.

    It is where other Events about the owner's children are, and not yet so many that clients
    combine like ones (after 10), or stop sending them (after 25 an object).
    Source: staging/src/k8s.io/client-go/tools/record/events_cache.go.
    """
    told = view.all_notes(owner, *_TOLD)
    deletions = [note for note in told if note.after.spec.reason == "SuccessfulDelete"]
    times = sum(note.after.spec.times for note in told)
    return 0 < times < _ALL_SENT and len(deletions) < _TOLD_ONE_BY_ONE


_TOLD = ("SuccessfulCreate", "SuccessfulDelete", "FailedCreate", "SawCompletedJob")
_ALL_SENT = 20
_TOLD_ONE_BY_ONE = 9
