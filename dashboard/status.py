"""Says on every page whether what it shows is current, and what it cannot show.

A timeline that silently stopped is worse than none: so the cluster's name, whether it is live (see
`liveness`) and which kinds are not watched are told here once for pages, socket and probe.
"""

from collections import Counter
from typing import Any

import msgspec

from dashboard import wording
from dashboard.auditlogs import followed
from dashboard.kinds import FAILING, FORBIDDEN, PARTLY, WATCHED, kinds_of, troubles_of
from dashboard.liveness import Liveness, liveness
from eventstream import history

NAMED_MOST = 3
"""Kinds that a probe's reason names; a page of coverage has them all."""


def _recorded(cluster: history.ClusterStatus | None) -> Liveness:
    """A recording is as its file has it: it shows nothing new, and says until when it goes."""
    if cluster is None:
        return Liveness("recorded", "Recording", "", "an empty recording")
    return Liveness(
        "recorded", "Recording", f"until {wording.moment(cluster.heartbeat)}", cluster.name
    )


class Unready(msgspec.Struct, frozen=True):
    """Why pages can't be served: `plain` for anyone, `whole` with names for who may know them."""

    plain: str
    whole: str


def unlisted() -> Unready | None:
    """Return that kinds can't be shown yet, None once each was listed, or could not be.

    How the observer or the disk does meanwhile is for the pages to say: they can be served.
    """
    if history.cluster() is None:
        return _unready("No cluster has been watched yet: the observer has not reached one.")
    covered = history.watching()
    waiting = [each.resource.key for each in covered if _unseen(each)]
    if not covered:
        return _unready("The cluster was reached; which kinds it has is being asked for.")
    if waiting:
        more = f" and {len(waiting) - NAMED_MOST} more" if len(waiting) > NAMED_MOST else ""
        first = "Being listed for the first time"
        count = f"{first}: {len(waiting)} kind{'s' * (len(waiting) != 1)}."
        return Unready(count, f"{first}: {', '.join(waiting[:NAMED_MOST])}{more}.")
    return None


def _unready(words: str) -> Unready:
    return Unready(words, words)


def _unseen(covered: history.Coverage) -> bool:
    """Whether the kind is in its first list, which nothing has held up so far."""
    return covered.state == "listing" and covered.last_contact is None and not covered.errors


def context(now: float) -> dict[str, Any]:
    """Return what the header of every page shows."""
    covered, whole = history.coverage(), history.watching()
    kinds = kinds_of(covered)
    ranks = Counter(kind.manner.rank for kind in kinds)
    cluster = history.cluster()
    unread = [log for log in followed(history.audit_logs()) if log.manner.rank <= FAILING]
    recorded = history.current() != "default"
    return {
        "live": _recorded(cluster) if recorded else liveness(cluster, whole, now, covered),
        "troubles": troubles_of(kinds),
        "troubled": ranks[FORBIDDEN] + ranks[FAILING],
        "partly": ranks[PARTLY],
        "watched": ranks[WATCHED],
        "unread_log": unread[0] if unread else None,
        "all_forbidden": bool(covered) and all(each.state == "forbidden" for each in covered),
        "now": now,
    }
