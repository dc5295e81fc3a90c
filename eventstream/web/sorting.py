"""The door of several clusters: hands each connection to the process of the one that it asks for.

No byte goes through this process. A request's first line is looked at, not taken, and the socket
goes on as it came: over a Unix socket, to a process that serves it as if it had accepted it.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable

from eventstream.clusters import named_in
from eventstream.web.door import BUSY, HEAD_BYTES, WAITING_MOST, Door, Listener

FIRST_LINE_SECONDS = 10.0
"""So long the rest of a request's first line may take, once there is a byte of it."""
UNUSED_SECONDS = 60.0
"""So long a connection may stay open without a byte; browsers open some ahead of need."""
LOOK_SECONDS = 0.05
"""So often it is looked whether more of a first line has come."""

_SLOW = "408 Request Timeout"
_LONG = "414 URI Too Long"


class Channels:
    """The Unix sockets by which connections go to processes, by cluster; used by two threads."""

    def __init__(self) -> None:
        self._open: dict[str, socket.socket] = {}
        self._lock = threading.Lock()

    def put(self, name: str, channel: socket.socket) -> None:
        """Hand connections for this cluster over here from now on; it must not block."""
        with self._lock:
            self._open[name] = channel

    def drop(self, name: str) -> None:
        """Hand over none any more: the process is gone."""
        with self._lock:
            self._open.pop(name, None)

    def names(self) -> list[str]:
        """The clusters that have a process."""
        with self._lock:
            return list(self._open)

    def hand(self, name: str, connection: socket.socket) -> bool:
        """Hand a connection over; False where there is nobody, or nobody takes it at once."""
        with self._lock:
            channel = self._open.get(name)
            if channel is None:
                return False
            with contextlib.suppress(OSError):
                return bool(socket.send_fds(channel, [b"."], [connection.fileno()]))
            return False


class SortingDoor(Door):
    """The listening socket of several clusters; its own loop serves what is none of theirs."""

    patience = UNUSED_SECONDS

    def __init__(
        self,
        channels: Channels,
        listener: Listener,
        ring: Callable[[], None],
        stuck: Callable[[], str],
    ) -> None:
        super().__init__(listener, ring, stuck)
        self._channels = channels
        self._begun: set[socket.socket] = set()
        """Those whose first line has begun. What is left unread would wake a selector at once."""

    def turn(self) -> None:
        """Do once what there is to do, for first lines that have begun too."""
        super().turn()
        for connection in list(self._begun):
            self._look_at(connection)

    def _patience(self) -> float | None:
        if self._begun:
            return LOOK_SECONDS
        first = min(self._silent.values(), default=None)
        return None if first is None else max(0.0, first - time.monotonic())

    def _sort(self, connection: socket.socket, head: bytes) -> None:
        line, ended, _ = head.partition(b"\n")
        if not line[:1].isalpha():  # No HTTP, such as TLS: the loop says so.
            self._hand_over(connection)
        elif not ended and len(head) >= HEAD_BYTES:
            self._answer(connection, head, "The address is too long.", _LONG)
        elif not ended:
            self._wait_for_more(connection)
        else:
            self._send_on(connection, line)

    def _send_on(self, connection: socket.socket, line: bytes) -> None:
        method, _, rest = line.partition(b" ")
        name = named_in(rest.partition(b" ")[0], self._channels.names())
        if not name:
            self._hand_over(connection)
        elif self._channels.hand(name, connection):
            self._forget(connection)
            connection.close()
        else:
            self._answer(connection, method, BUSY)

    def _wait_for_more(self, connection: socket.socket) -> None:
        if connection in self._begun:
            return
        if len(self._silent) > WAITING_MOST:
            self._run_out(next(iter(self._silent)))
        if connection in self._silent:
            self._begun.add(connection)
            self._silent[connection] = time.monotonic() + FIRST_LINE_SECONDS
            self._selector.unregister(connection)

    def _run_out(self, connection: socket.socket) -> None:
        if connection in self._begun:
            self._answer(connection, b"", "The request did not come in time.", _SLOW)
        else:
            self._forget(connection)
            connection.close()

    def _forget(self, connection: socket.socket) -> None:
        if connection in self._begun:  # The selector has forgotten it already.
            self._begun.remove(connection)
            del self._silent[connection]
        else:
            super()._forget(connection)


class Handed:
    """Stands for a listening socket, where the connections were accepted by another process.

    `gone()` is called when that process is no more: nobody hands over any.
    """

    def __init__(self, channel: socket.socket, gone: Callable[[], None]) -> None:
        self._channel = channel
        self._gone = gone

    def setblocking(self, flag: bool) -> None:
        """Whether `accept` waits."""
        self._channel.setblocking(flag)

    def fileno(self) -> int:
        """For a selector."""
        return self._channel.fileno()

    def accept(self) -> tuple[socket.socket, None]:
        """Return the next connection; raises OSError."""
        said, descriptors, _, _ = socket.recv_fds(self._channel, 1, 1)
        if not said:
            self._gone()
            time.sleep(LOOK_SECONDS)  # It is asked again until all has ended.
            raise BrokenPipeError("nobody hands over connections any more")
        if not descriptors:
            raise ConnectionAbortedError("the connection is gone")
        return socket.socket(fileno=descriptors[0]), None

    def tell(self, message: bytes) -> None:
        """Tell the process in front something, a line; one that is gone need not know."""
        with contextlib.suppress(OSError):
            self._channel.sendall(message + b"\n")

    def close(self) -> None:
        """Take no more."""
        self._channel.close()
