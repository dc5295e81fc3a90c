"""Gathers all that is known of how the cluster is watched, as its page and its JSON show it."""

from collections import Counter

import msgspec

from dashboard.auditlogs import FollowedLog, followed
from dashboard.kinds import Kind, Manner, Trouble, kinds_of, troubles_of
from dashboard.liveness import Liveness, liveness
from eventstream import history
from eventstream.history import Gap

GAPS_MOST = 50
"""So many of the latest gaps are shown, of all kinds together."""


class Overview(msgspec.Struct, frozen=True):
    """All that is known of how the cluster is watched, in the order in which it is shown.

    `earlier` says that there are gaps before the latest, which `gaps` are.
    """

    cluster: history.ClusterStatus | None
    live: Liveness
    kinds: tuple[Kind, ...]
    troubles: tuple[Trouble, ...]
    gaps: tuple[Gap, ...]
    logs: tuple[FollowedLog, ...]
    holds: history.Holds = history.Holds()
    let_go: history.LetGo = history.LetGo()
    extent: history.Extent | None = None
    notices: history.Notifications | None = None
    earlier: bool = False

    @property
    def totals(self) -> tuple[tuple[Manner, int], ...]:
        """How many kinds there are of each manner."""
        counts = Counter(kind.manner for kind in self.kinds)
        return tuple(sorted(counts.items(), key=lambda each: (each[0].rank, each[0].word)))

    @property
    def objects(self) -> int:
        """How many objects are held, of all kinds."""
        return sum(kind.coverage.objects for kind in self.kinds)


def overview(now: float) -> Overview:
    """Read history and judge it as of `now` (unix seconds)."""
    cluster, covered = history.cluster(), history.coverage()
    judged = kinds_of(covered)
    gaps = tuple(stored.record for stored in history.gaps(limit=GAPS_MOST + 1))
    return Overview(
        cluster,
        liveness(cluster, history.watching(), now, covered),
        judged,
        troubles_of(judged),
        gaps[:GAPS_MOST],
        followed(history.audit_logs()),
        history.holds(),
        history.let_go(),
        history.extent() if history.current() == "default" else None,
        _notices(),
        earlier=len(gaps) > GAPS_MOST,
    )


def _notices() -> history.Notifications | None:
    """How notifying goes, for whoever may see everything: targets are named by who runs Baton."""
    here = history.current() == "default" and history.seen().everything
    return history.notifications() if here else None
