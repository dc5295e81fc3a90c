"""Says on every page whether what it shows is current, and what it cannot show.

A timeline that silently stopped is worse than none: so the cluster's name, whether it is live,
how far behind, and which kinds are not watched, are judged here once for pages, socket and probe.
"""

from collections import Counter
from typing import Any

import msgspec

from dashboard import wording
from dashboard.auditlogs import followed
from dashboard.kinds import FAILING, FORBIDDEN, PARTLY, WATCHED, kinds_of, troubles_of
from eventstream import history

FRESH_SECONDS = 10.0
"""The observer writes a heartbeat every second; after this long without one, nobody watches."""

BEHIND_SECONDS = 5.0
"""Commits that take longer than this to follow an arrival are worth a warning."""

NAMED_MOST = 3
"""Kinds that a probe's reason names; a page of coverage has them all."""


class Liveness(msgspec.Struct, frozen=True):
    """`state` is live, late or down; `word` and `detail` say it; `reason` explains a `down`.

    `problem` is why what is seen can't be stored.
    """

    state: str
    word: str
    detail: str
    cluster: str
    reason: str = ""
    problem: history.Problem | None = None


def liveness(
    cluster: history.ClusterStatus | None, covered: list[history.Coverage], now: float
) -> Liveness:
    """Judge whether the page shows the cluster as it is at `now` (unix seconds)."""
    if cluster is None:
        reason = "No cluster has been watched yet: the observer has not reached one."
        return Liveness("down", "Not connected", "", "no cluster", reason)
    name, silent = cluster.name or cluster.server, now - cluster.heartbeat
    if silent > FRESH_SECONDS:
        reason = f"The observer was last heard of {wording.duration(silent)} ago."
        return Liveness(
            "down", "Not watching", f"stopped {wording.duration(silent)} ago", name, reason
        )
    if cluster.problem is not None:
        problem = cluster.problem
        reason = f"{problem.message} {problem.cause} {problem.action}"
        return Liveness("late", "Not storing", _within(problem.cause), name, reason, problem)
    return _watching(name, cluster.lag, covered)


def _watching(name: str, lag: float, covered: list[history.Coverage]) -> Liveness:
    """Judge a cluster whose observer is alive by how its watches do."""
    states = {each.state for each in covered}
    if "watching" not in states:
        problems = [each.problem for each in covered if each.problem is not None]
        if "listing" in states or not problems:
            return Liveness("late", "Listing", "what exists is being read", name)
        reason = f"{problems[0].message} {problems[0].action}"
        return Liveness("down", "Not connected", "", name, reason)
    behind = f"{lag:.1f} s behind" if lag >= 0.1 else "less than 0.1 s behind"
    if lag > BEHIND_SECONDS:
        return Liveness("late", "Behind", behind, name)
    return Liveness("live", "Live", behind, name)


def _within(sentence: str) -> str:
    """A sentence as the end of another one."""
    return f"{sentence[:1].lower()}{sentence[1:].rstrip('.')}"


def _recorded(cluster: history.ClusterStatus | None) -> Liveness:
    """A recording is as its file has it: it shows nothing new, and says until when it goes."""
    if cluster is None:
        return Liveness("recorded", "Recording", "", "an empty recording")
    return Liveness(
        "recorded", "Recording", f"until {wording.moment(cluster.heartbeat)}", cluster.name
    )


def unlisted() -> str:
    """Return which kinds no page can show yet, "" once each was listed, or could not be.

    How the observer or the disk does meanwhile is for the pages to say: they can be served.
    """
    if history.cluster() is None:
        return "No cluster has been watched yet: the observer has not reached one."
    covered = history.watching()
    waiting = [each.resource.key for each in covered if _unseen(each)]
    if not covered:
        return "The cluster was reached; which kinds it has is being asked for."
    if waiting:
        more = f" and {len(waiting) - NAMED_MOST} more" if len(waiting) > NAMED_MOST else ""
        return f"Being listed for the first time: {', '.join(waiting[:NAMED_MOST])}{more}."
    return ""


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
        "live": _recorded(cluster) if recorded else liveness(cluster, whole, now),
        "troubles": troubles_of(kinds),
        "troubled": ranks[FORBIDDEN] + ranks[FAILING],
        "partly": ranks[PARTLY],
        "watched": ranks[WATCHED],
        "unread_log": unread[0] if unread else None,
        "all_forbidden": bool(covered) and all(each.state == "forbidden" for each in covered),
        "now": now,
    }
