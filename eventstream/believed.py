"""What time it is for retention, which deletes by it: no single look at the clock is trusted.

The rule: time goes on as the machine's uptime does, which nobody can set, and which counts a
suspend as well (on Linux; elsewhere a suspend is a jump ahead). The clock on the wall is believed
to be further ahead than that only once it was so for LASTS seconds of uptime without a break, and
then by the least that it was ahead in them. It is never believed to go back. So

- a jump ahead that is over within LASTS changes nothing; one that stays is believed then;
- a jump back changes nothing, and what is written meanwhile is no older for it;
- a restart goes on from the latest time that the run before noted in history, whatever the clock
  says. The time between the runs counts once the clock has stood by it for LASTS, so that history
  is kept longer after a pause, and never shorter.

A clock that was wrong for longer leaves this time ahead of the true one for good. That does no
harm: it is compared with nothing but what it said before.
"""

LASTS = 3600.0
"""Seconds for which the clock has to be further ahead without a break to be believed."""


class BelievedTime:
    """The time as this rule has it, in unix seconds; `noted` is the latest of the run before.

    `wall` is the clock's unix seconds, `uptime` seconds that only ever grow, of the same moment.
    """

    def __init__(self, noted: float | None, wall: float, uptime: float) -> None:
        self._offset = (wall if noted is None else noted) - uptime
        self._least = wall - uptime
        self._since = uptime

    def now(self, wall: float, uptime: float) -> float:
        """What time it is believed to be; call it once a minute or so, as it goes by its calls."""
        self._least = min(self._least, wall - uptime)
        if uptime - self._since >= LASTS:
            self._offset = max(self._offset, self._least)
            self._least, self._since = wall - uptime, uptime
        return uptime + self._offset

    def ahead(self, wall: float, uptime: float) -> float:
        """By how many seconds the clock is ahead of what is believed; below 0 it is behind."""
        return wall - uptime - self._offset
