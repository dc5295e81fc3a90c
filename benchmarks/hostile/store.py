"""Attacks on the store: a flood beside a small limit, locks, full and read-only disks, huge pages.

Everything runs against real files. Full and read-only disks are tmpfs mounts, for which this has
to be root; otherwise those two say that they were not run.
"""

import asyncio
import os
import resource
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import django

from benchmarks.databases import use
from benchmarks.hostile.report import row
from benchmarks.store import Cluster

SECONDS = 20
ROWS_A_SECOND = 3000
LIMIT_MB = 100
NAMESPACES = 60_000
WRITES = 20_000
PAGES = (
    "/",
    "/changes",
    "/changes.csv",
    "/cluster",
    "/coverage",
    "/learn",
    "/traces/t0",
    "/window",
)


class Answer(NamedTuple):
    """How a page was answered: milliseconds until its first and its last byte."""

    status: int
    first_ms: float
    whole_ms: float
    body: bytes


async def ask(path: str) -> Answer:
    """Ask the dashboard for a page, in this process."""
    from dashboard.asgi import application

    began, status, first, body = time.perf_counter(), 0, 0.0, b""
    asked = asyncio.Event()

    async def receive() -> Any:
        if not asked.is_set():
            asked.set()
            return {"type": "http.request", "body": b"", "more_body": False}
        return await asyncio.Event().wait()

    async def send(message: Any) -> None:
        nonlocal status, first, body
        status = message.get("status", status)
        piece = message.get("body", b"")
        first = first or (time.perf_counter() - began if piece else 0.0)
        body += piece

    scope: Any = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "http_version": "1.1",
    }
    await application(scope, receive, send)
    return Answer(status, first * 1e3, (time.perf_counter() - began) * 1e3, body)


async def until(done: Callable[[], bool]) -> None:
    """Return once that is so."""
    while not done():  # noqa: ASYNC110  Nothing tells of it.
        await asyncio.sleep(0.02)


def remount(place: Path, options: str) -> None:
    """Change a disk of ours."""
    subprocess.run(["mount", "-o", f"remount,{options}", str(place)], check=True)  # noqa: S603, S607


def put(recorder: Any, trace: str, first: int, count: int, *, settled: bool = False) -> None:
    """Put so many steps of a trace, of 2 KB each."""
    from tests.store.samples import put_step, put_trace

    steps = [put_step(f"{trace}-{n}", trace, str(n), why="x" * 1200) for n in range(first, count)]
    recorder.put(None, [put_trace(trace, settled=settled), *steps])


def memory_mb() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def disk(size: str) -> Iterator[Path | None]:
    """A disk of that size; None where it can't be had."""
    with tempfile.TemporaryDirectory() as place:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place]
        if os.geteuid() or subprocess.run(mount, check=False).returncode:  # noqa: S603
            yield None
            return
        try:
            yield Path(place)
        finally:
            subprocess.run(["umount", "--lazy", place], check=True)  # noqa: S603, S607


class Loop:
    """The longest time for which the event loop was held."""

    longest = 0.0

    async def watch(self) -> None:
        """Look a hundred times a second."""
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.01)
            self.longest = max(self.longest, time.monotonic() - before - 0.01)


async def flood() -> None:
    """Write ROWS_A_SECOND beside a limit of LIMIT_MB, and look how large the files get."""
    from eventstream.recorder import Recorder
    from eventstream.retention import DAY, MEBIBYTE, Limits, Retention
    from eventstream.sqlite import files

    recorder = Recorder(Cluster(), retention=Retention(Limits(7 * DAY, LIMIT_MB * MEBIBYTE)))
    loop = Loop()
    running = [asyncio.create_task(task) for task in (recorder.run(), loop.watch())]
    began, largest, written, lag = time.monotonic(), 0, 0, 0.0
    while written < SECONDS * ROWS_A_SECOND:
        put(recorder, f"t{written // 100}", 0, 100, settled=written % 1000 < 900)
        written += 100
        await recorder.room()
        largest = max(largest, files.all_bytes())
        late = time.monotonic() - began - written / ROWS_A_SECOND
        lag = max(lag, late)
        await asyncio.sleep(max(0.0, -late))
    await until(lambda: not recorder.pending)
    rate = written / (time.monotonic() - began)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    row(
        f"{ROWS_A_SECOND} rows/s beside {LIMIT_MB} MB",
        memory_mb=memory_mb(),
        longest_hold_ms=loop.longest * 1e3,
        lag_ms=lag * 1e3,
        dropped=0,
        note=f"{rate:,.0f} rows/s stored, at most {largest / MEBIBYTE:.1f} MB of files",
    )


async def locked() -> None:
    """Ask for pages while another program holds the lock for writing."""
    from eventstream.recorder import Recorder
    from eventstream.sqlite import files

    recorder = Recorder(Cluster())
    running = asyncio.create_task(recorder.run())
    put(recorder, "t0", 0, 500)
    await recorder.flush()
    with closing(sqlite3.connect(files.database_path(), isolation_level=None)) as other:
        other.execute("begin immediate")
        put(recorder, "t0", 500, 900)
        await until(lambda: recorder.problem is not None)
        answers = [await ask(path) for path in PAGES]
    await until(lambda: not recorder.pending)
    await tell("another program writes", recorder, running, answers, 900)


async def tell(
    attack: str, recorder: Any, running: asyncio.Task[None], answers: list[Answer], put: int
) -> None:
    """End the recorder, and print how the pages were answered and what was stored."""
    from channels.db import database_sync_to_async

    from eventstream.models import StepRow

    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    stored = await database_sync_to_async(StepRow.objects.count)()
    said = any(b"Not storing" in answer.body for answer in answers)
    good = sum(answer.status == 200 for answer in answers)
    row(
        attack,
        memory_mb=memory_mb(),
        lag_ms=max(answer.whole_ms for answer in answers),
        dropped=put - stored,
        note=f"{good} of {len(answers)} pages answered; they say what is wrong: {said}",
    )


async def full(place: Path) -> None:
    """Fill the disk, ask for pages, and make room."""
    from eventstream.recorder import Recorder

    recorder = Recorder(Cluster())
    running = asyncio.create_task(recorder.run())
    count = 0
    while recorder.problem is None:
        put(recorder, "t0", count, count + 100)
        count += 100
        await asyncio.sleep(0.15)
    answers = [await ask(path) for path in PAGES]
    await asyncio.to_thread(remount, place, "size=64m")
    await until(lambda: not recorder.pending)
    await tell("the disk is full", recorder, running, answers, count)


async def filled() -> None:
    """Store a little, and end."""
    from eventstream.recorder import Recorder

    recorder = Recorder(Cluster())
    running = asyncio.create_task(recorder.run())
    put(recorder, "t0", 0, 500)
    await recorder.flush()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def read_only() -> None:
    """Read from a disk that can't be written, where no file -shm can be made."""
    answers = [await ask(path) for path in PAGES]
    good = sum(answer.status == 200 for answer in answers)
    row(
        "the disk is read-only",
        memory_mb=memory_mb(),
        lag_ms=max(answer.whole_ms for answer in answers),
        dropped=0,
        note=f"{good} of {len(answers)} pages answered",
    )


async def huge() -> None:
    """Ask for the cluster with NAMESPACES, and for a file of changes of WRITES."""
    from channels.db import database_sync_to_async

    from eventstream.models import ImageRow, PlaceRow
    from eventstream.packing.traces import pack_image
    from eventstream.recorder import Recorder

    recorder = Recorder(Cluster())
    running = asyncio.create_task(recorder.run())
    places = [
        PlaceRow(id=-n, namespace=f"n{n:05d}", kind="ConfigMap", type="ConfigMap")
        for n in range(NAMESPACES)
    ]
    images = [
        ImageRow(
            uid=f"u{n}", resource_id=0, place_id=-n, name="c", owner="", body=pack_image(b"{}")
        )
        for n in range(NAMESPACES)
    ]
    for model, rows in ((PlaceRow, places), (ImageRow, images)):
        await database_sync_to_async(model.objects.bulk_create)(rows, batch_size=500)
    for number in range(WRITES // 500):
        put(recorder, f"t{number}", 0, 500)
        await recorder.flush()
    for path in ("/cluster", "/changes.csv", "/"):
        answer = await ask(path)
        row(
            f"{path}: {NAMESPACES} namespaces, {WRITES} writes",
            memory_mb=memory_mb(),
            lag_ms=answer.whole_ms,
            note=f"{len(answer.body) / 1e6:.2f} MB, the first byte after {answer.first_ms:.0f} ms",
        )
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def on_disks(spare: Path) -> None:
    """Run the attacks that need a disk of their own."""
    with disk("3m") as place:
        if place is None:
            row("the disk is full, or read-only", note="not run: this takes root")
            return
        use(place / "baton.sqlite3")
        asyncio.run(full(place))
        use(spare)
    with disk("16m") as place:
        assert place is not None
        use(place / "baton.sqlite3")
        asyncio.run(filled())
        use(spare)
        for suffix in ("-wal", "-shm"):
            (place / f"baton.sqlite3{suffix}").unlink(missing_ok=True)
        remount(place, "ro")
        use(place / "baton.sqlite3")
        asyncio.run(read_only())
        use(spare)


def main() -> None:
    """Print a line for each attack."""
    with tempfile.TemporaryDirectory() as directory:
        os.environ["BATON_DATA"] = directory
        os.environ["BATON_LOG_LEVEL"] = "CRITICAL"
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
        django.setup()
        for attack in (flood, locked, huge):
            use(Path(directory) / f"{attack.__name__}.sqlite3")
            asyncio.run(attack())
        on_disks(Path(directory) / "spare.sqlite3")


if __name__ == "__main__":
    main()
