"""What was counted since a test began: the counts are of the process, and other tests count too."""

from eventstream.metrics import Tally


class Counted:
    """How much a tally rose since the test began."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._before = tally.so_far()

    def __call__(self) -> dict[str, int]:
        now = self._tally.so_far()
        return {name: now[name] - was for name, was in self._before.items() if now[name] != was}
