"""How often somebody may try to sign in: who guesses is slowed down, and costs little."""

import threading
import time
from collections import OrderedDict

BY_ADDRESS = 10
IN_ALL = 100
SECONDS = 60.0
"""So many attempts from one address, and so many in all, within so many seconds."""

ADDRESSES_MOST = 10_000


class Attempts:
    """The attempts of late, by address; used by all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_address: OrderedDict[str, list[float]] = OrderedDict()
        self._all: list[float] = []

    def spend(self, address: str, now: float | None = None) -> float:
        """Note an attempt; returns 0.0, or after how many seconds another one may be made."""
        now = time.monotonic() if now is None else now
        with self._lock:
            self._all = _late(self._all, now)
            own = _late(self._by_address.pop(address, []), now)
            self._by_address[address] = own
            if len(self._by_address) > ADDRESSES_MOST:
                self._by_address.popitem(last=False)
            for made, most in ((own, BY_ADDRESS), (self._all, IN_ALL)):
                if len(made) >= most:
                    return made[0] + SECONDS - now
            own.append(now)
            self._all.append(now)
        return 0.0

    def forget(self) -> None:
        """Begin anew."""
        with self._lock:
            self._by_address.clear()
            self._all = []


def _late(made: list[float], now: float) -> list[float]:
    return [at for at in made if now - at < SECONDS]


attempts = Attempts()
