"""Finds a situation that is played in what Baton stored: whether it runs, and its trace."""

import msgspec

from dashboard.situations.declared import space, subject
from eventstream import history
from eventstream.explain.vocabulary.records import Trace

_LOOKED_THROUGH = 60
STARTED = "SituationStarted"
"""The condition of its namespace that says whether a situation can start."""
_PRESSING = ("stalled", "running", "unknown", "complete", "superseded")


class Played(msgspec.Struct, frozen=True):
    """A situation as it stands; `since` is None where it is not started (unix seconds).

    `why_not` is what its namespace says of why it can't start.
    """

    since: float | None = None
    trace: Trace | None = None
    why_not: str = ""

    def seconds(self, now: float) -> float:
        """Return how long it has been played `now`, for ever where its start was not seen."""
        return now - self.since if self.since else float("inf")


def played(number: int) -> Played:
    """Return how a situation stands, as far as whoever asks may see it."""
    since, uid = _began(space(number))
    if since is None:
        return Played()
    if why_not := _why_not(uid):
        return Played(since, None, why_not)
    kind, namespace, name = subject(number)
    wanted = history.Filter(namespace=namespace, kind=kind, text=name, background=True)
    rows = history.traces(wanted, limit=_LOOKED_THROUGH).rows
    found = [
        row.record
        for row in rows
        if row.record.root.name == name and max(row.record.updated, row.record.started) >= since
    ]
    found.sort(key=lambda trace: (_PRESSING.index(trace.state), -trace.started))
    if not found and not since:
        return Played()  # Nothing was seen of its namespace either.
    return Played(since, found[0] if found else None)


def _why_not(uid: str) -> str:
    """Return what the practice cluster says of why a situation can't start."""
    found = history.kept(uid) if uid else None
    conditions = found.conditions if found is not None else ()
    said = (c.message for c in conditions if (c.type, c.status) == (STARTED, "False"))
    return next(said, "")


def _began(name: str) -> tuple[float | None, str]:
    """Return when the namespace was created, None where it is leaving or gone, and its uid.

    0 where nothing was seen of it: it does not exist, or did before Baton began to watch.
    """
    page = history.ledger(history.LedgerFilter(kind="Namespace", text=name), limit=_LOOKED_THROUGH)
    for row in page.rows:
        if row.record.object.name == name:
            if row.record.verb == "delete" or row.record.change_type in ("DELETED", "VANISHED"):
                return None, ""
            if row.record.verb == "create":
                return row.record.at, row.record.object.uid
    return 0.0, ""
