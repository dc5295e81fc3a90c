"""Judges whether what is shown is the cluster as it is now: once, for pages, sockets and metrics.

"Live" is said when every kind that matters is watched: of one that was being followed and is not,
the page shows an old state, whatever becomes of the others.
"""

from collections.abc import Iterable, Sequence

import msgspec

from dashboard import wording
from eventstream import history

FRESH_SECONDS = 10.0
"""The observer writes a heartbeat every second; after this long without one, nobody watches."""

BEHIND_SECONDS = 5.0
"""Commits that take longer than this to follow an arrival are worth a warning."""


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
    cluster: history.ClusterStatus | None,
    covered: Sequence[history.Coverage],
    now: float,
    named: Iterable[history.Coverage],
) -> Liveness:
    """Judge whether the page shows the cluster as it is at `now` (unix seconds).

    By how each kind is `covered`; only those that are `named` too, which whoever looks may see, are
    told of by name.
    """
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
    return _watching(name, cluster.lag, covered, named)


def _watching(
    name: str, lag: float, covered: Sequence[history.Coverage], named: Iterable[history.Coverage]
) -> Liveness:
    """Judge a cluster whose observer is alive by how its watches do."""
    states = {each.state for each in covered}
    told = {each.resource.key for each in named}
    if "watching" not in states:
        problems = [each.problem for each in covered if each.problem is not None]
        if "listing" in states or not problems:
            return Liveness("late", "Listing", "what exists is being read", name)
        seen = [each.problem for each in covered if each.problem and each.resource.key in told]
        reason = f"{seen[0].message} {seen[0].action}" if seen else _UNTOLD
        return Liveness("down", "Not connected", "", name, reason)
    behind = [each for each in covered if history.is_behind(each)]
    if behind:
        return Liveness("late", "Partly live", f"without {_named(behind, told)}", name)
    unread = [each for each in covered if each.state == "listing" and each.problem is None]
    if unread:
        return Liveness("late", "Listing", f"{_named(unread, told)} being read", name)
    if lag > BEHIND_SECONDS:
        return Liveness("late", "Behind", f"by {wording.duration(lag)}", name)
    lagging = f"{lag:.1f} s behind" if lag >= 0.1 else "less than 0.1 s behind"
    return Liveness("live", "Live", lagging, name)


_UNTOLD = "No kind can be watched. Whoever may see the whole cluster is told why."


def _named(kinds: Sequence[history.Coverage], told: set[str]) -> str:
    """Name the one kind, if whoever looks may see it, or count them; coverage has all of them."""
    if len(kinds) == 1 and kinds[0].resource.key in told:
        return kinds[0].resource.plural
    return f"{len(kinds)} kind{'s' * (len(kinds) != 1)}"


def _within(sentence: str) -> str:
    """A sentence as the end of another one."""
    return f"{sentence[:1].lower()}{sentence[1:].rstrip('.')}"
