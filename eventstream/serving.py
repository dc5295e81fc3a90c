"""Serves the dashboard with Daphne beside one coroutine, in one event loop, until told to end.

Daphne has no life cycle for such a coroutine: it leaves a taken port with exit code 0, does not
notice a task that died, and waits for a slow view when told to end. This module does all three;
`eventstream.web` takes the requests.
"""

import asyncio
import contextlib
import ipaddress
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import Any, NamedTuple

from daphne.server import reactor  # Twisted's, which Daphne has set up for asyncio.

from eventstream import listening, pulse
from eventstream.pulse import Pulse
from eventstream.web import sockets
from eventstream.web.door import Door, Listener
from eventstream.web.ruling import Admit
from eventstream.web.server import Server

logger = logging.getLogger(__name__)

END_SECONDS = 4.5
"""After so long the process is ended regardless: a stuck view must not hold it."""
END_SIGNALS = (signal.SIGINT, signal.SIGTERM)
MESSAGE_BYTES = 1024 * 1024
"""Bounds what a page is sent in one message: a step that stands for hundreds is one row."""

SWITCH_SECONDS = 0.001
"""A thread waits no longer for another one's Python to pause: probes and pages are short."""


class Shared(NamedTuple):
    """How an address is served that several processes have: see `eventstream.web.sorting`.

    A connection ends with its first answer, as the next request may be for another process.
    """

    door: Callable[[Any, Callable[[], None], Callable[[], str]], Door] = Door
    end_seconds: float = END_SECONDS


class ServingError(Exception):
    """The dashboard cannot be served; the message says where, why and what to do."""


def listen(host: str, port: int) -> socket.socket:
    """Take the address to serve on (port 0: any free one), so that nobody else can any more.

    Requests wait there until `serve`. Raises ServingError.
    """
    try:
        return listening.taken(host, port)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise ServingError(
            f"Cannot serve the dashboard on {host}:{port}: {why}. Another program, perhaps another "
            "Baton, may be using that port. End it, or choose another port with --port, another "
            "address of this machine with --host."
        ) from error


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what is served on `host`; a name that is none is not."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        return all(ipaddress.ip_address(each[4][0]).is_loopback for each in found)
    except (OSError, UnicodeError, ValueError):
        return False


def address(listener: socket.socket) -> str:
    """Return the URL by which a browser on this machine finds what is served."""
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - only told, not bound  # nosec B104
        host = "localhost"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def serve(
    application: Any,
    listener: Listener,
    main: Callable[[], Coroutine[Any, Any, None]],
    admit: Admit,
    shared: Shared | None = None,
) -> None:
    """Serve for as long as `main` runs; SIGINT and SIGTERM cancel it. Once in a process.

    Takes `listener` over; `admit` says which requests may bring a body. Pages are served until
    `main` has ended, so that it can store what it has. Raises what ended `main` by itself, and
    ServingError. From the signal on, at most END_SECONDS are left, or what `shared` says, where the
    address is that of several processes.
    """
    server = Server(
        application,
        admit,
        once=shared is not None,
        endpoints=["door"],
        signal_handlers=False,
        application_close_timeout=2,
        server_name="",
        websocket_max_message_size=MESSAGE_BYTES,
        websocket_max_frame_size=MESSAGE_BYTES,
    )
    server.endpoints = []  # It asks for one; connections come by the door instead.
    server.ready_callable = lambda: sockets.bound(server.ws_factory)
    loop: asyncio.AbstractEventLoop = reactor._asyncioEventloop
    beating = pulse.watched(loop)
    left = shared.end_seconds if shared is not None else END_SECONDS
    ending = _Ending(loop, loop.create_task(main(), name="main"), left)
    ending.task.add_done_callback(lambda _: server.stop())
    for number in END_SIGNALS:
        signal.signal(number, lambda *_: ending.begin())
    sys.setswitchinterval(SWITCH_SECONDS)
    make = shared.door if shared is not None else Door
    with _open_door(partial(make, listener), server, loop, ending, beating) as door:
        server.run()
    _end_what_is_left(loop)
    if door.error is not None:
        raise ServingError(
            f"The dashboard can't be served any more: {door.error}. This is a defect in Baton; "
            "please report it with the traceback above. Start Baton again to go on."
        )
    if not ending.task.cancelled():
        ending.task.result()


@contextlib.contextmanager
def _open_door(
    make: Callable[[Callable[[], None], Callable[[], str]], Door],
    server: Server,
    loop: asyncio.AbstractEventLoop,
    ending: "_Ending",
    beating: Pulse,
) -> Iterator[Door]:
    """Let the server have what comes by the door, from when it runs until the block ends."""

    def take() -> None:
        if door.error is not None:
            ending.begin()
            return
        with contextlib.closing(door.accepted.popleft()) as taken:
            try:
                reactor.adoptStreamConnection(taken.fileno(), taken.family, server.http_factory)
            except OSError as error:
                door.lost(error)

    def ring() -> None:
        loop.call_soon_threadsafe(take)

    def begin() -> None:
        server.http_factory.doStart()
        door.open()

    door = make(ring, lambda: beating.stuck)
    reactor.callWhenRunning(begin)
    yield door
    door.close()
    server.http_factory.doStop()


class _Ending:
    """The end of the process: asked for once, by a signal, or begun by the end of `task`."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, task: asyncio.Task[None], seconds: float
    ) -> None:
        self.task = task
        self._loop = loop
        self._seconds = seconds
        self._begun = False
        task.add_done_callback(lambda _: self._limit())

    def begin(self) -> None:
        """Cancel the task; a second Ctrl-C must not cut off what it still stores."""
        if not self._begun:
            self._limit()
            self._loop.call_soon_threadsafe(self.task.cancel)

    def _limit(self) -> None:
        """Set the deadline in a thread, which fires whatever holds the loop."""
        if not self._begun:
            self._begun = True
            deadline = threading.Timer(self._seconds, self._cut_off)
            deadline.daemon = True
            deadline.start()

    def _cut_off(self) -> None:
        well = self.task.cancelled() or (self.task.done() and self.task.exception() is None)
        logger.warning(
            "Ending took longer than %s s; what still runs is cut off%s.",
            self._seconds,
            "" if self.task.done() else ", and what was seen last is read again after a restart",
        )
        os._exit(0 if well else 1)


def _end_what_is_left(loop: asyncio.AbstractEventLoop) -> None:
    """Let the tasks of pages end, as `asyncio.run` does; Daphne leaves them where they are.

    A thread in which a page is still made may yet ask something of the loop, and the process does
    not end before the thread: so the loop goes on beside it, until there is nothing to wait for.
    """
    left = asyncio.all_tasks(loop)
    for task in left:
        # In its turn, when each has begun: asgiref's can't tell the thread that waits for it
        # that it was cancelled before, and that thread would wait for ever.
        loop.call_soon(task.cancel)
    if left:
        loop.run_until_complete(asyncio.wait(left))
    loop.run_until_complete(loop.shutdown_asyncgens())
    threading.Thread(target=loop.run_forever, name="pages", daemon=True).start()
