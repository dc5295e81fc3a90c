"""What is usual in this cluster: how long each kind of wait took, how often each actor writes."""

from collections import Counter

import msgspec

from eventstream.explain.outlook.waits import usual_of
from eventstream.explain.vocabulary.records import Usual, WaitsSeen
from eventstream.history import permitted
from eventstream.history.answers import ActorRate
from eventstream.history.rights import seen
from eventstream.models import WaitsRow

RATED = 5000
"""The newest steps that rates are counted from: a busy cluster's last minute, a quiet one's day."""

_waits = msgspec.json.Decoder(WaitsSeen)


def usual() -> tuple[Usual, ...]:
    """Every kind of wait that was seen, by key: how many, their median and 95th percentile.

    They are counts of the whole cluster, so only those who may see everything are told.
    """
    if not seen().everything:
        return ()
    rows = WaitsRow.objects.order_by("key").values_list("body", flat=True)
    found = (_waits.decode(bytes(body)) for body in rows)
    return tuple(usual_of(waits.key, waits.seen, waits.samples) for waits in found)


def rates(now: float, window: float = 300.0) -> tuple[ActorRate, ...]:
    """How often each actor wrote in the last `window` seconds before `now`, by actor.

    Where more than `RATED` steps lie in that time, as much of it as they cover. Heartbeats do not
    count: a kubelet that only renews its Lease does nothing.
    """
    columns = ("actor__name", "at", "place__kind")
    newest = [
        (actor, at / 1e6, kind)
        for actor, at, kind in permitted.steps().order_by("-seq").values_list(*columns)[:RATED]
    ]
    since = now - window
    if len(newest) == RATED:
        since = max(since, min(newest[-1][1], now))
    counted = Counter(a for a, at, kind in newest if since <= at <= now and kind != "Lease")
    minutes = max(now - since, 1.0) / 60
    return tuple(ActorRate(actor, n, n / minutes) for actor, n in sorted(counted.items()))
