"""Judges how well each audit log is followed, as the page of coverage and its JSON show it."""

from collections.abc import Iterable
from typing import Any

import msgspec

from dashboard import wording
from dashboard.kinds import FAILING, FORBIDDEN, PARTLY, WATCHED, Manner
from eventstream.history import AuditLog

_MANNERS = {
    "following": Manner(WATCHED, "live", "following"),
    "behind": Manner(PARTLY, "late", "behind"),
    "missing": Manner(FAILING, "down", "missing"),
    "unreadable": Manner(FORBIDDEN, "forbidden", "unreadable"),
}
_IN_PART = Manner(PARTLY, "late", "following in part")


class FollowedLog(msgspec.Struct, frozen=True):
    """One audit log as it is shown; a report that is only later is equal."""

    log: AuditLog
    manner: Manner
    behind: float

    @property
    def id(self) -> str:
        """Its path, with nothing invisible in it."""
        return wording.visible(self.log.path)


def followed(logs: Iterable[AuditLog]) -> tuple[FollowedLog, ...]:
    """Return each audit log as it is shown."""
    return tuple(
        FollowedLog(
            msgspec.structs.replace(log, at=0.0, reached=0.0, resume=None),
            _manner(log),
            round(log.at - log.reached) if log.state == "behind" and log.reached else 0.0,
        )
        for log in logs
    )


def as_json(each: FollowedLog) -> dict[str, Any]:
    """One audit log as `/coverage.json` tells it."""
    log = each.log
    return {
        "path": log.path,
        "state": log.state,
        "word": each.manner.word,
        "needs_attention": each.manner.rank <= PARTLY,
        "behind_seconds": each.behind,
        "last_line": wording.json_time(log.last_line),
        "records": log.records,
        "corrupt": log.corrupt,
        "last_corrupt": log.last_corrupt,
        "last_corrupt_at": wording.json_time(log.last_corrupt_at),
        "missed": log.missed,
        "last_missed": log.last_missed,
        "last_missed_at": wording.json_time(log.last_missed_at),
        "problem": None if log.problem is None else msgspec.structs.asdict(log.problem),
    }


def _manner(log: AuditLog) -> Manner:
    if log.state == "following" and (log.corrupt or log.missed):
        return _IN_PART
    return _MANNERS[log.state]
