"""Keeps an open page Learn current: each step turns as soon as the trace shows it."""

from dashboard import lessons
from dashboard.feeds import ROWS_MOST, Op, Update
from eventstream import history
from eventstream.explain.vocabulary.records import Trace


class LearnFeed:
    """One tab, with the trace that the reader chose, or with whichever is the newest."""

    shared = None

    def __init__(self, tab: str, trace_id: str | None) -> None:
        self._tab = tab
        self._chosen = trace_id
        self._shown: Trace | None = None
        self._told: dict[str, str] = {}

    def begin(self, since: int) -> None:
        """Remember what the page shows, unless history has changed since."""
        if not self._begun(since, 1).rows:
            self._told = self._draw(0.0)

    def updates(self, since: int, now: float) -> Update:
        """Return each part of the page that reads differently than when last told."""
        begun = self._begun(since, ROWS_MOST)
        if not any(map(self._concerns, begun.rows)) and not self._moved(since):
            return Update(begun.seq, more=begun.more)
        told, self._told = self._told, self._draw(now)
        ops: tuple[Op, ...] = tuple(
            (id_, begun.seq, "part", html)
            for id_, html in self._told.items()
            if told.get(id_) != html
        )
        return Update(begun.seq, ops, more=begun.more)

    def _begun(self, since: int, limit: int) -> history.Changes:
        """Return what changed of the chosen trace, or of any that may be the newest."""
        if self._chosen is not None:
            return history.changes_since(since, limit=limit, trace=self._chosen)
        kind = lessons.KINDS.get(self._tab)
        return history.changes_since(since, limit=limit, filter=history.Filter(kind=kind))

    def _concerns(self, row: history.Row) -> bool:
        """Whether a change can show on the page: it is of its trace, or of one that began later."""
        shown = self._shown
        if self._chosen is not None or shown is None or row[1].id == shown.id:
            return True
        return row[0] == "trace" and row[1].record.started >= shown.started

    def _moved(self, since: int) -> bool:
        """Whether a step of the shown trace changed without its trace: late evidence does that."""
        if self._chosen is not None or self._shown is None:
            return False
        return bool(history.changes_since(since, limit=1, trace=self._shown.id).rows)

    def _draw(self, now: float) -> dict[str, str]:
        shown = lessons.show(self._tab, self._chosen)
        if shown is None:
            return {}
        self._shown = shown.trace
        return dict(lessons.parts(shown, now))
