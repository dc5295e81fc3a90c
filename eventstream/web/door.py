"""Takes connections in a thread of its own, so that `/healthz` is answered while the loop is busy.

A probe asks whether a restart would help. Answered on the event loop it asks instead whether the
loop is busy, and the kubelet restarts what was only working hard. So this thread answers the probe
by what `eventstream.pulse` saw, and hands each other connection to the loop as it came: its first
bytes are only looked at.
"""

import contextlib
import errno
import logging
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from eventstream.metrics import refused

logger = logging.getLogger(__name__)

HEAD_BYTES = 8192
"""A probe that is longer is answered on the loop, as all else."""
SILENT_SECONDS = 1.0
"""A connection that says nothing for so long goes to the loop, which knows how to wait for it."""
WAITING_MOST = 512
"""Connections that are here at once, silent ones and those that the loop has not taken yet. One
more is told to come again; only probes are still answered."""
SENT_BYTES = 256 * 1024
"""So much of what was sent and not read does the system keep for a connection, and twice that with
what it needs itself; without a bound it would keep megabytes of each."""
PAUSE_SECONDS = 0.1
"""Until the next try where the system has no descriptor left for a connection."""

BUSY = "Baton is busy; ask again in a moment."

_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_PROBES = (b"GET /healthz HTTP/1.", b"HEAD /healthz HTTP/1.")
_WITH_MORE = (b"\ncontent-length:", b"\ntransfer-encoding:", b"\nupgrade:")
_END = b"\r\n\r\n"


class Listener(Protocol):
    """Where connections come from: a listening socket, or what stands for one."""

    def accept(self) -> tuple[socket.socket, Any]:
        """Return the next one, and where it comes from; raises OSError."""

    def fileno(self) -> int:
        """For a selector."""

    def setblocking(self, flag: bool, /) -> None:
        """Whether `accept` waits."""

    def close(self) -> None:
        """Take no more."""


class Door:
    """The listening socket of a server whose connections a loop serves.

    `ring()` is called in the door's thread for each connection that is put into `accepted`, where
    the loop takes it away, and when `error` has ended the thread. `stuck()` returns why liveness
    fails, "" while it does not.
    """

    patience = SILENT_SECONDS
    """So long a connection may say nothing."""

    def __init__(
        self, listener: Listener, ring: Callable[[], None], stuck: Callable[[], str]
    ) -> None:
        self.accepted: deque[socket.socket] = deque()
        self.error: Exception | None = None
        self._listener = listener
        self._ring = ring
        self._stuck = stuck
        self._silent: dict[socket.socket, float] = {}
        self._selector = selectors.DefaultSelector()
        self._ending, self._ended = socket.socketpair()
        self._closed = self._exhausted = False
        self._thread = threading.Thread(target=self._run, name="door", daemon=True)

    def open(self) -> None:
        """Let connections in from now on."""
        self._listener.setblocking(False)
        for each in (self._listener, self._ended):
            self._selector.register(each, selectors.EVENT_READ)
        self._thread.start()

    def close(self) -> None:
        """Let in no more, and end those that the loop has not taken."""
        self._closed = True
        self._ending.send(b".")
        self._thread.join()
        self._selector.close()
        left = (*self._silent, *self.accepted)
        for each in (*left, self._listener, self._ending, self._ended):
            each.close()

    def lost(self, error: OSError) -> None:
        """Say that a connection could not be kept, unless it ended by itself."""
        if error.errno in _EXHAUSTED:
            self._say_exhausted(error)

    def _run(self) -> None:
        try:
            while not self._closed:
                self.turn()
        except Exception as error:
            logger.critical("No browser and no probe is let in any more.", exc_info=error)
            self.error = error
            self._ring()

    def turn(self) -> None:
        """Do once what there is to do; wait for it, no longer than the next silent one may stay."""
        for key, _ in self._selector.select(self._patience()):
            if key.fileobj is self._listener:
                self._accept()
            elif isinstance(key.fileobj, socket.socket) and key.fileobj in self._silent:
                self._look_at(key.fileobj)
        now = time.monotonic()
        for connection in [each for each, until in self._silent.items() if until <= now]:
            self._run_out(connection)

    def _patience(self) -> float | None:
        first = next(iter(self._silent.values()), None)
        return None if first is None else max(0.0, first - time.monotonic())

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError as error:
            if error.errno in _EXHAUSTED:
                self._say_exhausted(error)
                time.sleep(PAUSE_SECONDS)
            return  # Else it went away before it was let in.
        self._exhausted = False
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SENT_BYTES)
        self._silent[connection] = time.monotonic() + self.patience
        self._selector.register(connection, selectors.EVENT_READ)
        self._look_at(connection)

    def _look_at(self, connection: socket.socket) -> None:
        """Answer a probe, hand over what is none, and leave what has said nothing yet."""
        try:
            head = connection.recv(HEAD_BYTES, socket.MSG_PEEK)
        except BlockingIOError:
            if len(self._silent) > WAITING_MOST:
                self._run_out(next(iter(self._silent)))
            return
        except OSError:
            head = b""
        if is_probe(head):
            self._answer(connection, head, self._stuck())
        elif head:
            self._sort(connection, head)
        else:  # It went away without a word.
            self._forget(connection)
            connection.close()

    def _sort(self, connection: socket.socket, head: bytes) -> None:
        """Decide who serves a connection that begins like this."""
        self._hand_over(connection)

    def _run_out(self, connection: socket.socket) -> None:
        """Decide what becomes of one that has said too little for too long."""
        self._hand_over(connection)

    def _hand_over(self, connection: socket.socket) -> None:
        if len(self.accepted) >= WAITING_MOST:
            refused.count("connection")
            self._answer(connection, b"", BUSY)
            return
        self._forget(connection)
        self.accepted.append(connection)
        self._ring()

    def _answer(
        self, connection: socket.socket, head: bytes, failure: str, status: str = ""
    ) -> None:
        self._forget(connection)
        # A client that went away, or sent more than is read here, misses its answer.
        with contextlib.suppress(OSError):
            connection.recv(SENT_BYTES)  # What is left unread would reset the connection.
            connection.send(answer(failure, status, body=not head.startswith(b"HEAD")))
            connection.shutdown(socket.SHUT_WR)
        connection.close()

    def _forget(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        del self._silent[connection]

    def _say_exhausted(self, error: OSError) -> None:
        """Log it once, until a connection is let in again."""
        if not self._exhausted:
            self._exhausted = True
            logger.error(
                "A browser can't be let in: %s. The process or the machine has as many files and "
                "sockets open as it may. Pages are answered again once some are closed; a higher "
                "limit (ulimit -n) helps.",
                error.strerror,
            )


def is_probe(head: bytes) -> bool:
    """Whether this is one whole request for `/healthz` and nothing else."""
    return (
        head.startswith(_PROBES)
        and head.find(_END) == len(head) - len(_END)
        and not any(name in head.lower() for name in _WITH_MORE)
    )


def answer(failure: str, status: str = "", *, body: bool = True) -> bytes:
    """Return the whole answer to a probe, which ends its connection: 503 with `failure`, or 200.

    Another `status` is that of a failure of another kind.
    """
    status = status or ("503 Service Unavailable" if failure else "200 OK")
    text = f"{failure or 'alive'}\n".encode()
    head = (
        f"HTTP/1.1 {status}\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(text)}\r\n"
        "Cache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + (text if body else b"")
