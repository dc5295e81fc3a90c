"""Joins large bursts less often than small ones, so that joining takes a small part of the time."""

_SHARE = 2e-3
"""Seconds for each thing that was looked at in one go, until that may be done again."""


class Patience:
    """When something was last done, and how much that was."""

    __slots__ = ("_at", "_size")

    def __init__(self) -> None:
        self._at = 0.0
        self._size = 0

    def is_over(self, now: float) -> bool:
        """Whether it may be done again by `now` (unix seconds)."""
        return not 0 <= now - self._at < _SHARE * self._size

    def spend(self, now: float, size: int) -> None:
        """Take note that so much was looked at."""
        self._at, self._size = now, size
