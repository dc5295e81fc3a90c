"""A large body on its way from the event loop, where it comes, to the thread that reads it."""

import threading
from collections.abc import Callable

HELD_MOST = 256 * 1024
"""So many bytes wait for their reader before no more are read from the socket."""
HELD_LEAST = 64 * 1024
"""Once so few are left, reading goes on."""


class BodyLostError(ConnectionError):
    """The rest of a body will not come."""


class Body:
    """A file of bytes that are still coming: the loop puts them, one thread reads them.

    `go_on` is called by the reading thread when a body that was full has room again.
    """

    def __init__(self, go_on: Callable[[], None]) -> None:
        self._go_on = go_on
        self._changed = threading.Condition()
        self._held = bytearray()
        self._full = False
        self._over = False
        self._lost = ""

    def put(self, data: bytes) -> bool:
        """Add what came; returns False when nothing more should be read until `go_on`."""
        with self._changed:
            if not self._over:
                self._held += data
                self._full = len(self._held) >= HELD_MOST
            self._changed.notify_all()
            return not self._full

    def end(self) -> None:
        """Say that all of it came."""
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def lose(self, why: str) -> None:
        """Say that no more will come; has no effect on a body that is whole."""
        with self._changed:
            if not self._over:
                self._over, self._lost, self._full = True, why, False
                self._held.clear()
            self._changed.notify_all()

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes, and wait for the first of them; b"" once all were read.

        Without a size, returns all that is left. Raises BodyLostError, which is an OSError.
        """
        if size < 0:
            return b"".join(iter(lambda: self.read(HELD_MOST), b""))
        with self._changed:
            self._changed.wait_for(lambda: self._held or self._over)
            if self._lost:
                raise BodyLostError(self._lost)
            data = bytes(self._held[:size])
            del self._held[:size]
            room = self._full and len(self._held) <= HELD_LEAST
            self._full = self._full and not room
        if room:
            self._go_on()
        return data

    def readline(self, _: int = -1) -> bytes:
        """Return some bytes, whatever lines they are: who asks so only wants to get to the end."""
        return self.read(HELD_MOST)

    def close(self) -> None:
        """Say that nobody reads on."""
        self.lose("nobody reads the rest of the body")
