"""Keeps an open page of coverage current.

Coverage replaces itself and has no seq in history, so this feed remembers what it told its one
page, compares once a second and numbers its batches by itself, on from the last one that the
page took in. A page that comes, or comes back, is told everything once.
"""

from dashboard import rendering
from dashboard.coverage import Overview, overview
from dashboard.feeds import Op, Update
from dashboard.kinds import Kind

MINUTE = 60.0
READ_SECONDS = 1.0
"""Coverage is looked at no more often than this, however much else happens."""


class CoverageFeed:
    """A row for each kind, and above and below it what is wrong and what was missed."""

    shared = None

    def __init__(self) -> None:
        self._read_at = 0.0
        self._kinds: dict[str, Kind] | None = None
        self._parts: dict[str, object] = {}

    def begin(self, since: int) -> None:
        """Note nothing: what the page shows is not known, so it will be told everything."""

    def updates(self, since: int, now: float) -> Update:
        """Return what differs from what was told, at most once a second."""
        if 0 <= now - self._read_at < READ_SECONDS:
            return Update(since)
        self._read_at = now
        seen = overview(now)
        ops = (*self._rows(seen, since + 1, now), *self._changed_parts(seen, since + 1, now))
        return Update(since + 1, ops) if ops else Update(since)

    def _rows(self, seen: Overview, seq: int, now: float) -> list[Op]:
        told, self._kinds = self._kinds, {kind.id: kind for kind in seen.kinds}
        before = told or {}
        ops: list[Op] = [(id_, seq, "gone", "") for id_ in before if id_ not in self._kinds]
        if told is None:
            ops.append(("rows", seq, "keep", " ".join(self._kinds)))
        for kind in seen.kinds:
            if before.get(kind.id) != kind:
                html = rendering.shared_kind_row(kind, now)
                ops.append((kind.id, seq, "kind", html))
        return ops

    def _changed_parts(self, seen: Overview, seq: int, now: float) -> list[Op]:
        """Return the parts around the rows whose content, ticking clocks aside, is another."""
        content: dict[str, object] = {
            "totals": (
                seen.totals,
                seen.objects,
                seen.live.state,
                seen.live.word,
                bool(seen.kinds),
                seen.holds,
                seen.let_go,
                seen.extent and (seen.extent.mebibytes, (seen.extent.since or 0.0) // MINUTE),
            ),
            "notices": seen.notices,
            "troubles": seen.troubles,
            "gaps": (seen.gaps, seen.earlier),
            "logs": seen.logs,
        }
        changed = [name for name, shown in content.items() if self._parts.get(name) != shown]
        self._parts = content
        return [
            (name, seq, "part", rendering.draw(f"coverage_{name}", coverage=seen, now=now))
            for name in changed
        ]
