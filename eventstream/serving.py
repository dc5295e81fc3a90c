"""Serves the dashboard with Daphne and runs a background task, in one event loop, until told to end.

Daphne has no life cycle of its own for such a task, leaves a taken port with exit code 0, and
does not notice a task that died: this module does all three.
"""

import asyncio
import logging
import os
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server
from twisted.internet import defer, reactor

logger = logging.getLogger(__name__)

END_SECONDS = 4.5
"""How long ending may take before the process is ended regardless: a stuck view must not hold it."""


class ServingError(Exception):
    """The dashboard cannot be served; the message says where, why and what to do."""


def event_loop() -> asyncio.AbstractEventLoop:
    """The loop that Daphne will run in; use it before `serve` for what must live in that loop."""
    loop: asyncio.AbstractEventLoop = reactor._asyncioEventloop  # type: ignore[attr-defined]
    asyncio.set_event_loop(loop)
    return loop


def serve(
    application: Any,
    host: str,
    port: int,
    background: Callable[[], Awaitable[None]],
    ready: Callable[[], None],
) -> None:
    """Serve until SIGINT or SIGTERM; `background` is started with it and cancelled before its end.

    `ready` is called once requests are taken. Raises ServingError where the port cannot be had,
    and whatever ended `background` by itself.
    """
    server = Server(
        application,
        endpoints=build_endpoint_description_strings(host=host, port=port),
        application_close_timeout=2,
        server_name="",
        websocket_max_message_size=64 * 1024,
        websocket_max_frame_size=64 * 1024,
    )
    task: asyncio.Task[None] = event_loop().create_task(_as_task(background), name="observe")
    task.add_done_callback(lambda _: server.stop())
    reactor.addSystemEventTrigger("before", "shutdown", _end, task)  # type: ignore[attr-defined]
    reactor.callWhenRunning(_announce, server, ready)  # type: ignore[attr-defined]
    server.run()
    if not server.listening_addresses:
        raise ServingError(
            f"Cannot serve the dashboard on {host}:{port}. Another program may be using that "
            "port. End it, or choose another port with --port."
        )
    if task.done() and not task.cancelled():
        error = task.exception()
        if error is not None:
            raise error


async def _as_task(background: Callable[[], Awaitable[None]]) -> None:
    await background()


def _announce(server: Server, ready: Callable[[], None]) -> None:
    if server.listening_addresses:
        ready()


def _end(task: asyncio.Task[None]) -> Any:
    """Cancel the background task and let the reactor wait for it, but not for ever."""
    deadline = threading.Timer(END_SECONDS, _end_regardless)
    deadline.daemon = True
    deadline.start()
    task.cancel()
    ended = asyncio.gather(task, return_exceptions=True)
    return defer.Deferred.fromFuture(ended)  # type: ignore[no-untyped-call]


def _end_regardless() -> None:
    logger.warning("Ending took longer than %s s; what still runs is cut off.", END_SECONDS)
    os._exit(0)
