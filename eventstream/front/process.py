"""The process of one cluster, as the one in front sees it: started, looked after, started again."""

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Callable, Mapping, Sequence

from eventstream.clusters import Named, Standing, board, restarts
from eventstream.front import telling
from eventstream.serving import END_SECONDS
from eventstream.web.sorting import Channels

logger = logging.getLogger(__name__)

FIRST_SECONDS = 1.0
AGAIN_SECONDS = 60.0
"""A process that ended is started again after the first, then after twice as long, up to this."""
STEADY_SECONDS = 60.0
"""One that was up for so long is started again after FIRST_SECONDS, as if it never had ended."""

PROBE_SECONDS = 10.0
"""So often it is asked whether it is alive, once it is up; and so long it may take to answer."""
MISSED_MOST = 3
"""After so many questions without an answer it is killed: only a restart helps."""

_PROBE = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
_ALIVE = b"HTTP/1.1 200 "

Command = Callable[[int], Sequence[str]]
"""What starts a process that has this descriptor as its channel."""


class ClusterProcess:
    """Keeps a process for a cluster running, and `board` true of it."""

    def __init__(
        self,
        cluster: Named,
        command: Command,
        environment: Mapping[str, str],
        channels: Channels,
    ) -> None:
        self._cluster = cluster
        self._command = command
        self._environment = dict(environment)
        self._channels = channels
        self._why = ""
        self._down: float | None = None
        """Since when it is not up, from its first end on (unix seconds)."""
        board[cluster] = Standing("starting", time.time())

    async def run(self) -> None:
        """Run until cancelled; then end the process, in time."""
        pause = FIRST_SECONDS
        while True:
            began = time.monotonic()
            code = await self._once()
            pause = FIRST_SECONDS if time.monotonic() - began >= STEADY_SECONDS else pause
            why = self._why or f"It ended with exit code {code}; its last lines in the log say why."
            now = time.time()
            self._down = self._down or now
            board[self._cluster] = Standing("down", self._down, why, now + pause)
            said = why.rstrip(". ")
            logger.error("%s: %s. It is started again in %.0f s.", self._cluster.title, said, pause)
            await asyncio.sleep(pause)
            board[self._cluster] = Standing("starting", self._down, why)
            restarts.count += 1
            pause = min(2 * pause, AGAIN_SECONDS)

    async def _once(self) -> int:
        """Start a process and return its exit code once it has ended."""
        self._why = ""
        ours, theirs = socket.socketpair()
        with contextlib.closing(ours):
            ours.setblocking(False)
            process = await self._started(theirs)
            return -1 if process is None else await self._over(process, ours)

    async def _started(self, channel: socket.socket) -> asyncio.subprocess.Process | None:
        """Start a process that has this channel, which is its own from then on."""
        with channel:
            try:
                return await asyncio.create_subprocess_exec(
                    *self._command(channel.fileno()),
                    env=self._environment,
                    pass_fds=(channel.fileno(),),
                    stdin=asyncio.subprocess.DEVNULL,
                    start_new_session=True,  # Ctrl-C is for the one in front, which ends all.
                )
            except OSError as error:
                self._why = f"No process can be started: {error.strerror}."
                return None

    async def _over(self, process: asyncio.subprocess.Process, channel: socket.socket) -> int:
        """Look after a process, and return its exit code once it has ended."""
        beside = [
            asyncio.create_task(self._hear(channel)),
            asyncio.create_task(self._look(process)),
        ]
        try:
            return await process.wait()
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await asyncio.shield(_ended(process))
            self._heard(channel)
            self._channels.drop(self._cluster.name)

    async def _hear(self, channel: socket.socket) -> None:
        """Note what the process tells, until it tells no more."""
        loop, there = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(channel, there.set)
        try:
            while True:
                await there.wait()
                there.clear()
                if not self._heard(channel):
                    return
        finally:
            loop.remove_reader(channel)

    def _heard(self, channel: socket.socket) -> bool:
        """Take in what was told, which comes whole; False once there comes no more."""
        try:
            said = channel.recv(telling.LINE_MOST)
        except BlockingIOError:
            return True
        except OSError:
            return False
        for told in map(telling.understood, said.splitlines()):
            if told is not None and told.up:
                self._down = None
                board[self._cluster] = Standing("up", time.time())
                # Not before: who asks a process that ends then would hear nothing.
                self._channels.put(self._cluster.name, channel)
            elif told is not None:
                self._why = told.why
        return bool(said)

    async def _look(self, process: asyncio.subprocess.Process) -> None:
        """Kill a process that is up and answers no more."""
        missed = 0
        while missed < MISSED_MOST:
            await asyncio.sleep(PROBE_SECONDS)
            up = board[self._cluster].state == "up"
            missed = missed + 1 if up and not await self._is_alive() else 0
        self._why = (
            f"It was ended, as it did not say that it is alive {MISSED_MOST} times in a row."
        )
        process.kill()

    async def _is_alive(self) -> bool:
        ours, theirs = socket.socketpair()
        with contextlib.closing(ours), theirs:
            ours.setblocking(False)
            loop = asyncio.get_running_loop()
            ours.send(_PROBE)
            if not self._channels.hand(self._cluster.name, theirs):
                return False
            theirs.close()
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(PROBE_SECONDS):
                    return (await loop.sock_recv(ours, 1024)).startswith(_ALIVE)
        return False


async def _ended(process: asyncio.subprocess.Process) -> None:
    """End a process that still runs: by itself, or else at once."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
        try:
            async with asyncio.timeout(END_SECONDS + 0.5):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
