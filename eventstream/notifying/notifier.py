"""Wires notifying together: traces are noted, what is due is queued, the file is read anew."""

import asyncio
import logging
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import aiohttp
import msgspec

from eventstream import private
from eventstream.explain.vocabulary.records import StepRemoved, TraceUpsert, Upsert
from eventstream.notifying import status
from eventstream.notifying.delivery import TIMEOUT_SECONDS, Outbox
from eventstream.notifying.messages import message
from eventstream.notifying.rules import Rules
from eventstream.notifying.rulesfile import RulesError, read_rules
from eventstream.notifying.standing import Standing
from eventstream.notifying.status import Notifications

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
DUE_AT_ONCE = 20
"""After so many notifications the watch gets its turn."""

READ_SECONDS = 5.0
"""After so long the file is read again: a ConfigMap that changed takes a minute to be mounted."""

FORGOTTEN_SECONDS = 30 * 24 * 3600.0
"""A stall that was told so long ago is not remembered over a restart."""

MEMORY = "notified.json"
"""The file beside the history in which a restart finds what was told."""

Told = dict[str, tuple[float, list[str]]]
_told = msgspec.json.Decoder(Told)


class Notifier:
    """Notifies by the rules of a file, about the cluster of that name.

    Its pages are `below` what the rules call the dashboard, where that has several clusters'.
    `memory` is a file beside the history, in which a restart finds what was told already. Call
    `take` on the event loop that `run` runs in; `run` may be called anew after it was cancelled.
    Raises RulesError where the file can't be used.
    """

    def __init__(self, rules: Path, cluster: str, memory: Path, below: str = "") -> None:
        self._path = rules
        self._rules = read_rules(rules)
        self._cluster = cluster
        self._below = below
        self._memory = memory
        self._saved = _remembered(memory)
        self._standing = Standing(time.time(), self._saved)
        self._outboxes: dict[str, Outbox] = {}
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._problem = ""
        self._note()

    def take(self, upserts: Iterable[Upsert]) -> None:
        """Note what an observation led to."""
        for upsert in upserts:
            if isinstance(upsert, TraceUpsert):
                self._standing.take(upsert.trace, time.time())
            elif isinstance(upsert, StepRemoved) and upsert.kind == "trace":
                self._standing.remove(upsert.id)

    async def run(self) -> None:
        """Look for what is due, and send it, until cancelled."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        jar = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(timeout=timeout, cookie_jar=jar) as session:
            try:
                await self._run(session)
            finally:
                for task in self._workers.values():
                    task.cancel()
                await asyncio.gather(*self._workers.values(), return_exceptions=True)
                self._workers.clear()
                self._outboxes.clear()

    async def _run(self, session: aiohttp.ClientSession) -> None:
        self._appoint(session)
        read_at = time.monotonic()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if time.monotonic() - read_at >= READ_SECONDS:
                read_at = time.monotonic()
                await self._read_again(session)
            await self._look()
            await self._remember()

    async def _look(self) -> None:
        """Queue what is due, and let the watch work in between."""
        for number, due in enumerate(self._standing.due(self._rules, time.time())):
            if due is None or number % DUE_AT_ONCE == 0:
                await asyncio.sleep(0)
            if due is not None:
                told = partial(message, due, self._cluster, self._dashboard())
                for name in due.rule.to:
                    self._outboxes[name].put(told)

    def _dashboard(self) -> str:
        """Where this cluster's pages are, "" where the rules don't say where Baton is."""
        said = self._rules.dashboard
        return said.rstrip("/") + self._below if said else ""

    def _appoint(self, session: aiohttp.ClientSession) -> None:
        """Have a worker for each target; what waits for one that is another now goes there."""
        for name, outbox in list(self._outboxes.items()):
            target = self._rules.targets.get(name)
            if target != outbox.target:
                self._workers.pop(name).cancel()
                if target is None:
                    del self._outboxes[name]
                else:
                    outbox.target = target
        for name, target in self._rules.targets.items():
            if name not in self._outboxes:
                self._outboxes[name] = Outbox(name, target, session, self._note)
            if name not in self._workers:
                run = self._outboxes[name].run()
                self._workers[name] = asyncio.create_task(run, name=f"notify {name}")
        self._note()

    async def _read_again(self, session: aiohttp.ClientSession) -> None:
        try:
            rules: Rules = await asyncio.to_thread(read_rules, self._path)
        except RulesError as error:
            if str(error) != self._problem:
                logger.warning("The rules of notifications stay as they were: %s.", error)
            self._problem = str(error)
            self._note()
            return
        was, self._problem = self._problem, ""
        if rules != self._rules:
            self._rules = rules
            logger.info("Notifications go by %d rules now.", len(rules.rules))
            self._appoint(session)
        elif was:
            self._note()

    async def _remember(self) -> None:
        """Keep what was told once all of it is delivered or given up, so that none is lost."""
        told = self._standing.told()
        if told == self._saved or not all(each.idle for each in self._outboxes.values()):
            return
        kept = msgspec.json.encode(told)
        self._saved = msgspec.json.decode(kept, type=Told)
        try:
            await asyncio.to_thread(private.write_file, self._memory, kept)
        except OSError as error:
            logger.warning(
                "What was notified can't be kept in %s (%s): a restart may tell it again.",
                *(self._memory, error.strerror or error),
            )

    def _note(self) -> None:
        targets = tuple(each.status for each in self._outboxes.values())
        left_out = self._standing.left_out
        status.note(Notifications(len(self._rules.rules), self._problem, targets, left_out))


_tasks: set[asyncio.Task[None]] = set()


def running(rules: Path | None, cluster: str, directory: Path, below: str = "") -> Notifier | None:
    """Return a notifier that runs as long as this loop does, None without rules.

    It runs beside the watch, which goes on whatever becomes of it. Raises RulesError.
    """
    if rules is None:
        status.note(None)
        return None
    notifier = Notifier(rules, cluster, directory / MEMORY, below)
    task = asyncio.create_task(notifier.run(), name="notify")
    _tasks.add(task)
    task.add_done_callback(_ended)
    return notifier


def _ended(task: asyncio.Task[None]) -> None:
    _tasks.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.critical("Notifying ended by an error that nothing expected.", exc_info=error)
        problem = f"it ended by itself ({type(error).__name__}); start Baton again"
        status.note(Notifications(problem=problem))


def _remembered(memory: Path) -> Told:
    """What an earlier process told, as far as its file can be read."""
    try:
        told = _told.decode(memory.read_bytes())
    except FileNotFoundError:
        return {}  # The first process here, or one that told nothing.
    except (OSError, msgspec.MsgspecError) as error:
        logger.warning("%s can't be read (%s): what it tells may be told again.", memory, error)
        return {}
    oldest = time.time() - FORGOTTEN_SECONDS
    return {id_: each for id_, each in told.items() if each[0] > oldest}
