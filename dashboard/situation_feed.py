"""Keeps an open situation current: whether it is started, and whether Baton has an answer."""

from dashboard import clock, practice, rendering
from dashboard.feeds import Op, Update
from dashboard.situations.declared import SITUATIONS
from dashboard.situations.judging import decided
from dashboard.situations.playing import Played, played
from eventstream import history

EVERY_SECONDS = 1.0
QUIET_SECONDS = 5.0
"""How often it is looked at where history has no more: that time has passed counts, too."""


class SituationFeed:
    """How one situation stands, looked at anew when history has more, and now and then."""

    shared = None

    def __init__(self, number: int) -> None:
        there = practice.practised() is not None and 0 < number <= len(SITUATIONS)
        self._number = number if there else None
        self._told = ""
        self._looked = 0.0

    def begin(self, since: int) -> None:
        """Remember what the page shows, unless history has changed since."""
        if self._number is not None and history.head() == since:
            self._told = stage(self._number, played(self._number), clock.now())

    def updates(self, since: int, now: float) -> Update:
        """Return how it stands, if that reads differently than when last told."""
        head = history.head()
        pause = QUIET_SECONDS if head == since else EVERY_SECONDS
        if self._number is None or now - self._looked < pause:
            return Update(since)
        self._looked = now
        told, self._told = self._told, stage(self._number, played(self._number), now)
        ops: tuple[Op, ...] = (("stage", head, "part", self._told),) if told != self._told else ()
        return Update(head, ops)


def stage(number: int, stands: Played, now: float) -> str:
    """Return how a situation stands `now` (unix seconds), as a part of its page."""
    about, trace = SITUATIONS[number - 1], stands.trace
    seconds = stands.seconds(now)
    return rendering.draw(
        "situation_stage",
        about=about,
        stands=stands,
        decided=trace is not None and decided(about, trace, seconds),
        missing=trace is None and seconds > about.minutes * 60,
    )
