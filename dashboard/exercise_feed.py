"""Keeps an open exercise current: each line turns as soon as Baton has stored what shows it."""

from dashboard import practice
from dashboard.exercises import drawing
from dashboard.exercises.declared import BY_SLUG
from dashboard.exercises.progress import progress
from dashboard.feeds import Op, Update
from eventstream import history

EVERY_SECONDS = 0.5
"""Judging reads some hundred writes: a busy cluster must not have that done ten times a second."""


class ExerciseFeed:
    """One exercise, judged anew when history has more."""

    shared = None

    def __init__(self, slug: str) -> None:
        self._exercise = BY_SLUG.get(slug) if practice.practised() is not None else None
        self._told: dict[str, str] = {}
        self._judged = 0.0

    def begin(self, since: int) -> None:
        """Remember what the page shows, unless history has changed since."""
        if self._exercise is not None and history.head() == since:
            self._told = dict(drawing.parts(progress(self._exercise)))

    def updates(self, since: int, now: float) -> Update:
        """Return each part of the page that reads differently than when last told."""
        head = history.head()
        if self._exercise is None or head == since or now - self._judged < EVERY_SECONDS:
            return Update(since)
        self._judged = now
        told, self._told = self._told, dict(drawing.parts(progress(self._exercise)))
        ops: tuple[Op, ...] = tuple(
            (id_, head, "part", html) for id_, html in self._told.items() if told.get(id_) != html
        )
        return Update(head, ops)
