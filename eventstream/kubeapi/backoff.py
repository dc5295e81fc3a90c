"""How long to wait after a failure, so that a server in trouble is not driven deeper into it."""

from eventstream.kubeapi.clock import Clock

FIRST_SECONDS = 0.8
LONGEST_SECONDS = 30.0
RESET_SECONDS = 120.0
LONGEST_WISH_SECONDS = 300.0
"""A Retry-After beyond this is not believed: nobody asks a watch to stay away for hours."""


class Backoff:
    """0.8 s doubling to 30 s, half of it left to chance; anew after two good minutes.

    What fails for all types at once is then not tried again by all at once. The seconds are
    client-go's, see
    https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/client-go/tools/cache/reflector.go
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._over_at = float("-inf")

    def delay(self, retry_after: float | None = None) -> float:
        """Count one failure; return the seconds to wait, never less than the server asked for.

        It asks many for the same at once, so that up to a quarter more is left to chance.
        """
        now = self._clock.monotonic()
        if now - self._over_at >= RESET_SECONDS:
            self._failures = 0
        longest = min(FIRST_SECONDS * 2.0 ** min(self._failures, 16), LONGEST_SECONDS)
        self._failures += 1
        chance = self._clock.chance()
        wish = min(retry_after or 0.0, LONGEST_WISH_SECONDS)
        seconds = max(longest * (1 - chance / 2), wish * (1 + chance / 4))
        self._over_at = now + seconds
        return seconds

    def retry_forbidden(self) -> float:
        """Return the seconds until a refused permission is tried again: 30 to 60."""
        return 30.0 * (1 + self._clock.chance())
