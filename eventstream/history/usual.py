"""What is usual in this cluster, as history keeps it: how long each kind of wait took."""

import msgspec

from eventstream.explain.records import Usual, WaitsSeen
from eventstream.explain.waits import usual_of
from eventstream.models import WaitsRow

_waits = msgspec.json.Decoder(WaitsSeen)


def usual() -> tuple[Usual, ...]:
    """Every kind of wait that was seen, by key: how many, their median and 95th percentile."""
    rows = WaitsRow.objects.order_by("key").values_list("body", flat=True)
    found = (_waits.decode(bytes(body)) for body in rows)
    return tuple(usual_of(waits.key, waits.seen, waits.samples) for waits in found)
