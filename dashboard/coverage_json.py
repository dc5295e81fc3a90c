"""The page of coverage as JSON, for scripts and alerts: the same judgement, the same data.

```
{"at": "2026-11-23T00:07:01.823Z",
 "cluster": {"name", "server", "version", "uid", "heartbeat": time} or null,
 "holds": how often and long Baton itself stood still, {"count": 0, "longest_seconds": 0.0},
 "history": what it takes of its disk, and since when it is whole,
            {"bytes": 0, "bytes_most": 536870912, "since": time}, or null of a recording,
 "let_go": what was not followed to its end for want of room, and how many earlier revisions are
           not told, {"versions": 0, "traces": 0, "revisions": 0},
 "live": {"state": "live|late|down", "word": "Live", "detail": "…", "reason": "…"},
 "counts": {"watching": 57, "forbidden": 1, …}, by word,
 "resources": [{
   "resource": "batch/v1/cronjobs", "group", "version", "plural", "kind", "namespaced",
   "state": "listing|watching|polling|backing-off|forbidden|gone",
   "word": what the page says for it, "needs_attention": true,
   "objects": 0, "relists": 0, "resource_version": "16022",
   "last_event": time, "last_contact": time, "retry_at": time, "lag_seconds": 0.012,
   "unordered": false, "gap_count": 1, "gaps": [the latest, as below],
   "errors": 3, "last_error": problem, "last_error_at": time,
   "problem": {"code", "message", "cause", "action", "rule": RBAC rule as YAML or ""}}, …],
 "gaps": [{"resource", "from_version", "to_version", "from": time, "to": time, "reason"}, …],
 "audit_logs": [{
   "path", "state": "following|behind|missing|unreadable", "word", "needs_attention": false,
   "behind_seconds": 0, "last_line": time of the newest line that was read, "records": 812,
   "corrupt": 0, "last_corrupt": "byte 16022: …", "last_corrupt_at": time,
   "missed": 0, "last_missed": "…", "last_missed_at": time, "problem": as above}, …],
 "notifications": null without rules, or for whoever may not see everything, else
   {"rules": 3, "problem": what is wrong with their file or "", "left_out": 0,
    "targets": [{"name", "waiting": 0, "delivered": 12, "failed": 0, "dropped": 0,
                 "error": why the last attempt failed or "", "error_at": time}, …]}}
```
A time is ISO 8601 in UTC, and null where there is none; so are `lag_seconds` and the problems.
Resources are in the page's order, gaps the latest first and at most 50. `gap_count` and `errors`
count since Baton was started; the gaps at the end reach back as far as history does.
"""

from typing import Any

import msgspec

from dashboard import wording
from dashboard.auditlogs import as_json
from dashboard.coverage import Overview
from dashboard.kinds import PARTLY, Kind
from eventstream.history import ClusterStatus, Extent, Gap, Notifications, Problem


def document(seen: Overview, now: float) -> bytes:
    """Return `seen`, as it was at `now` (unix seconds), as the JSON that this module describes."""
    return msgspec.json.encode(
        {
            "at": wording.json_time(now),
            "cluster": _cluster(seen.cluster),
            "holds": {"count": seen.holds.count, "longest_seconds": seen.holds.longest},
            "history": _extent(seen.extent),
            "let_go": msgspec.to_builtins(seen.let_go),
            "live": {
                "state": seen.live.state,
                "word": seen.live.word,
                "detail": seen.live.detail,
                "reason": seen.live.reason,
            },
            "counts": {manner.word: count for manner, count in seen.totals},
            "resources": [_resource(kind) for kind in seen.kinds],
            "gaps": [_gap(gap) for gap in seen.gaps],
            "audit_logs": [as_json(log) for log in seen.logs],
            "notifications": _notifications(seen.notices),
        }
    )


def _cluster(cluster: ClusterStatus | None) -> dict[str, Any] | None:
    if cluster is None:
        return None
    return {
        "name": cluster.name,
        "server": cluster.server,
        "version": cluster.version,
        "uid": cluster.uid,
        "heartbeat": wording.json_time(cluster.heartbeat),
    }


def _extent(extent: Extent | None) -> dict[str, Any] | None:
    if extent is None:
        return None
    since = wording.json_time(extent.since)
    return {"bytes": extent.bytes, "bytes_most": extent.most, "since": since}


def _notifications(seen: Notifications | None) -> dict[str, Any] | None:
    if seen is None:
        return None
    targets = [
        msgspec.structs.asdict(each) | {"error_at": wording.json_time(each.error_at)}
        for each in seen.targets
    ]
    return msgspec.structs.asdict(seen) | {"targets": targets}


def _resource(kind: Kind) -> dict[str, Any]:
    covered, resource = kind.coverage, kind.coverage.resource
    return {
        "resource": resource.key,
        "group": resource.group,
        "version": resource.version,
        "plural": resource.plural,
        "kind": resource.kind,
        "namespaced": resource.namespaced,
        "state": covered.state,
        "word": kind.manner.word,
        "needs_attention": kind.manner.rank <= PARTLY,
        "objects": covered.objects,
        "relists": covered.relists,
        "resource_version": covered.resource_version,
        "last_event": wording.json_time(covered.last_event),
        "last_contact": wording.json_time(covered.last_contact),
        "retry_at": wording.json_time(covered.retry_at),
        "lag_seconds": covered.lag,
        "unordered": covered.unordered,
        "gap_count": covered.gap_count,
        "gaps": [_gap(gap) for gap in covered.gaps],
        "errors": covered.errors,
        "last_error": _problem(covered.last_error),
        "last_error_at": wording.json_time(covered.last_error_at),
        "problem": _problem(covered.problem),
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "resource": gap.resource.key,
        "from_version": gap.from_version,
        "to_version": gap.to_version,
        "from": wording.json_time(gap.since),
        "to": wording.json_time(gap.at),
        "reason": gap.reason,
    }


def _problem(problem: Problem | None) -> dict[str, str] | None:
    return None if problem is None else msgspec.structs.asdict(problem)
