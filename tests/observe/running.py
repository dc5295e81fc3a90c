"""`manage.py observe` as a process of its own, as a person or a Pod runs it, and what it stored."""

import asyncio
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import msgspec
import psycopg

from eventstream.explain.vocabulary.records import ObjectRef, Step, Trace
from eventstream.objects.observations import AuditLog, Coverage, Gap, Position
from eventstream.packing.frames import unpack
from eventstream.packing.ids import id_text, uid_text
from eventstream.packing.steps import StepColumns, unpack_step
from eventstream.packing.traces import unpack_trace

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0
"""Only for what never comes: a busy machine takes its time."""
DASHBOARD = "Dashboard: "
PROBES = "Probes: "

_T = TypeVar("_T", bound=msgspec.Struct)


async def until(what: Callable[[], bool], meaning: str) -> None:
    """Return once `what` is true; fails with `meaning` when it does not become so."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, f"not within {PATIENCE:.0f} s: {meaning}"
        await asyncio.sleep(0.05)


_STEPS = """
select s.id, k.id, s.sort, s.at, n.name, p.namespace, p.kind, o.uid, o.api_version, o.name, s.body
from eventstream_steprow s
join eventstream_tracekeyrow k on k.number = s.trace_id
join eventstream_namerow n on n.id = s.actor_id
join eventstream_placerow p on p.id = s.place_id
join eventstream_objectrow o on o.id = s.object_id
"""
_FRAME = b"\x28\xb5\x2f\xfd"


def _step(row: tuple[Any, ...]) -> Step:
    id_, trace, sort, at, actor, namespace, kind, uid, version, name, body = row
    ref = ObjectRef(version, kind, namespace or None, name, uid_text(uid))
    return unpack_step(body, StepColumns(id_text(id_), id_text(trace), sort, at, actor, ref))


def _text(cell: object) -> str:
    if not isinstance(cell, bytes):
        return str(cell)
    return (unpack(cell) if cell.startswith(_FRAME) else cell).decode("utf-8", "replace")


class History:
    """What an observer has stored, read beside it: in its directory, or the database of a URL."""

    def __init__(self, place: Path | str) -> None:
        self._place = place

    def steps(self) -> dict[str, Step]:
        return {step.id: step for step in map(_step, self._read(_STEPS))}

    def traces(self) -> dict[str, Trace]:
        rows = self._read("select body from eventstream_tracerow")
        return {trace.id: trace for trace in (unpack_trace(body) for (body,) in rows)}

    def gaps(self) -> list[Gap]:
        return self._bodies("gaprow", Gap)

    def coverage(self) -> list[Coverage]:
        return self._bodies("coveragerow", Coverage)

    def audit_logs(self) -> list[AuditLog]:
        return sorted(self._bodies("auditlogrow", AuditLog), key=lambda log: log.path)

    def everything(self) -> str:
        """All that is kept, of every table, as text: what is packed is unpacked."""
        # An index of words keeps no texts: there is nothing to read but in its shadow tables.
        tables = self._read(
            "select name from sqlite_master where type = 'table' and sql not like 'create virtual%'"
        )
        return "\n".join(
            _text(cell)
            for (table,) in tables
            for row in self._read(f'select * from "{table}"')  # noqa: S608 - our own names
            for cell in row
        )

    def positions(self) -> dict[str, Position]:
        found = self._bodies("positionrow", Position)
        return {position.resource.key: position for position in found}

    def installation(self) -> tuple[str, int]:
        """The epoch and the latest seq."""
        epoch, seq = self._read("select epoch, seq from eventstream_installationrow")[0]
        return epoch, seq

    def seqs(self) -> list[int]:
        return [row[0] for row in self._read("select seq from eventstream_steprow")]

    def _bodies(self, table: str, type_: type[_T]) -> list[_T]:
        rows = self._read(f"select body from eventstream_{table}")  # noqa: S608 - our own names
        return [msgspec.json.decode(body, type=type_) for (body,) in rows]

    def _read(self, query: str) -> list[Any]:
        if isinstance(self._place, str):
            with psycopg.connect(self._place) as server, suppress(psycopg.errors.UndefinedTable):
                return server.execute(query.encode()).fetchall()
            return []  # Whoever watches makes the tables.
        with closing(sqlite3.connect(self._place / "baton.sqlite3", timeout=10)) as database:
            return database.execute(query).fetchall()


class Busy:
    """For how long the threads of a process ran or waited for a processor, since it is watched."""

    def __init__(self, pid: int) -> None:
        self._tasks = Path(f"/proc/{pid}/task")
        self._first: dict[str, int] = {}
        self._latest: dict[str, int] = {}
        self._look()

    async def watch(self) -> None:
        """Look until cancelled; a process that has ended can't be looked at any more."""
        while True:
            await asyncio.sleep(0.05)
            self._look()

    def seconds(self) -> float:
        """All threads together; 0 where the system does not tell."""
        return sum(now - self._first.get(task, 0) for task, now in self._latest.items()) / 1e9

    def _look(self) -> None:
        # https://docs.kernel.org/scheduler/sched-stats.html: ran, waited (both ns), times.
        with suppress(OSError):
            for task in self._tasks.iterdir():
                ran, waited, _ = (task / "schedstat").read_text().split()
                self._latest[task.name] = int(ran) + int(waited)
        self._first = self._first or dict(self._latest)


class Ended(msgspec.Struct, frozen=True):
    """How the process ended: its exit code, and all that it said.

    `idle` is how many seconds of its end it did nothing and waited for no processor: what something
    held it. On a busy machine the end takes longer, and no less of it is work.
    """

    code: int
    idle: float
    out: str
    err: str


class Observing:
    """One running `observe`; what it writes is read all the time, so that it never waits for us."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self._lines: list[str] = []
        self._out = asyncio.create_task(self._read_out())
        self._err = asyncio.create_task(self._read_err())

    async def url(self) -> str:
        """Where it serves, once it says so; fails with all that it said when it ended instead."""
        await until(lambda: bool(self._serves()) or self._out.done(), "it says its address")
        if address := self._serves():
            return address
        raise AssertionError(f"it ended by itself: {(await self.ended()).err}")

    async def ended(self) -> Ended:
        """Wait until it has ended."""
        began, busy = time.monotonic(), Busy(self.process.pid)
        watching = asyncio.create_task(busy.watch())
        try:
            code = await asyncio.wait_for(self.process.wait(), PATIENCE)
        except TimeoutError:
            self.process.send_signal(signal.SIGABRT)  # Makes it say where it stands.
            raise AssertionError(f"it does not end:\n{await self._err}") from None
        finally:
            watching.cancel()
        idle = time.monotonic() - began - busy.seconds()
        await self._out
        return Ended(code, idle, "".join(self._lines), await self._err)

    async def end(self, how: signal.Signals = signal.SIGTERM) -> Ended:
        """Send a signal and wait until it has ended."""
        self.process.send_signal(how)
        return await self.ended()

    def _serves(self) -> str:
        said = (line for line in self._lines if line.startswith((DASHBOARD, PROBES)))
        return next(said, "").partition(": ")[2].strip().rstrip("/")

    async def _read_out(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            self._lines.append(line.decode())

    async def _read_err(self) -> str:
        assert self.process.stderr is not None
        return (await self.process.stderr.read()).decode()


async def start(
    *arguments: str, data: Path, environment: dict[str, str] | None = None
) -> Observing:
    """Start `observe` on a free port with its history in `data`, and no cluster but a named one."""
    inherited = {key: value for key, value in os.environ.items() if key != "KUBECONFIG"}
    home = data.parent / "home"
    home.mkdir(exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-X", "faulthandler", "-W", "error", "-W", "ignore::DeprecationWarning"),
        *("manage.py", "observe", "--port", "0", *arguments),
        cwd=ROOT,
        env=inherited
        | {"BATON_DATA": str(data), "HOME": str(home), "PYTHONUNBUFFERED": "1"}
        | (environment or {}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    return Observing(process)


async def get(url: str) -> tuple[int, str]:
    """The status and text of one answer."""
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()
