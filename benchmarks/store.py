"""What history costs: CPU to store an event, and bytes on disk of a settled step, by table.

The observer can only follow what it can also store; and retention by size is meaningful only to
one who knows how much a step takes. Both are measured on a watch of thousands of Pods and on all
tapes, and printed beside what they may be.

A round stores everything afresh, telling each step in words as that is part of storing it; the
rounds of the two streams take turns, and the smallest of each counts, so that what else the
machine does matters little. Bytes are those of the pages of each table and index, without the ones
that an empty database has and without the memos, which go when a trace settles.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import django

from benchmarks.clusters import Line, recorded_clusters
from benchmarks.databases import Bytes, use
from benchmarks.decode import PODS, TICK_EVERY, changes
from benchmarks.explain import TICK, wire
from benchmarks.explain import changes as changes_of
from benchmarks.stream import pod_watch
from eventstream import collector
from eventstream.explain.engine.engine import Engine
from eventstream.explain.engine.tracelog import as_settled
from eventstream.explain.vocabulary.records import StepUpsert, Trace, TraceUpsert, Upsert
from eventstream.objects.inventory import Inventory
from eventstream.objects.observations import Change

CPU_MOST = 40.0
"""µs of CPU that storing an event may cost."""
BYTES_MOST = 700
"""Bytes that a settled step may take."""
LINES = 12
"""So many tables and indexes are printed, the largest first."""

Put = tuple[Change | None, Sequence[Upsert]]
Batches = Iterator[list[Put]]


class Cluster(NamedTuple):
    """Which cluster the rows are about."""

    uid: str = "benchmark"
    name: str = "benchmark"
    server: str = "in this process"
    version: str = "v1.36"


class Stored:
    """One round: how many events and steps these were, and what storing them took."""

    def __init__(self) -> None:
        self.events = 0
        self.commits = 0
        self.cpu = 0.0
        self.wall = 0.0
        self.steps: set[str] = set()
        self.traces: dict[str, Trace] = {}
        self.sizes: dict[str, float] = {}

    def see(self, batch: list[Put]) -> None:
        """Count what is in a batch."""
        self.commits += 1
        for observation, upserts in batch:
            self.events += observation is not None
            for upsert in upserts:
                if isinstance(upsert, StepUpsert):
                    self.steps.add(upsert.id)
                elif isinstance(upsert, TraceUpsert):
                    self.traces[upsert.trace.id] = upsert.trace


def pods_explained(chunks: list[bytes]) -> Batches:
    """What the recorder is given, in batches of as many events as come between two ticks."""
    engine = Engine(cluster="benchmark", audited=False)
    batch: list[Put] = []
    for number, change in enumerate(changes(chunks, Inventory(PODS)), 1):
        batch.append((change, engine.apply(change)))
        if number % TICK_EVERY == 0:
            yield [*batch, (None, engine.tick(change.at))]
            batch.clear()
    if batch:
        yield batch


def tapes_explained(clusters: list[list[Line]]) -> Batches:
    """The same of recorded clusters, one after the other, by their recorded time."""
    for number, lines in enumerate(clusters):
        engine, due = Engine(cluster=f"benchmark-{number}", audited=False), lines[0].at + TICK
        batch: list[Put] = []
        for change in changes_of(wire(lines).reads):
            if change.at >= due:
                yield [*batch, (None, engine.tick(change.at))]
                batch, due = [], change.at + TICK
            batch.append((change, engine.apply(change)))
        yield [*batch, (None, engine.tick(due, whole=True))]


async def store(batches: Batches) -> Stored:
    """Commit each batch in a transaction of its own; an error if one could not be committed.

    Only that is measured, and not how the batch came about just before, as when Baton observes.
    """
    # Django's models, so only after its set-up.
    from eventstream.recorder import Recorder
    from eventstream.recorder.commit import empty_journal
    from eventstream.retention import Retention

    now = 0.0
    recorder = Recorder(Cluster(), limit=1_000_000, clock=lambda: now, retention=Retention())
    stored = Stored()
    for batch in batches:
        stored.see(batch)
        # By the recorded time, which is what images wait by.
        now = max((change.at for change, _ in batch if change is not None), default=now)
        cpu, wall = time.process_time(), time.perf_counter()
        for observation, upserts in batch:
            recorder.put(observation, upserts)
        if not await recorder.flush():
            raise RuntimeError(f"a batch was not committed: {recorder.problem}")
        stored.cpu += time.process_time() - cpu
        stored.wall += time.perf_counter() - wall
    for trace in stored.traces.values():
        recorder.put(None, [TraceUpsert(as_settled(trace))])
    await recorder.flush()
    cpu = time.process_time()
    await asyncio.to_thread(empty_journal)  # Each row of it goes, be it later.
    stored.cpu += time.process_time() - cpu
    running = asyncio.create_task(recorder.run())
    await asyncio.sleep(0)  # Let it begin, so that cancelling ends its thread.
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return stored


def measured(batches: Batches, name: str) -> Stored:
    """Store all of it in a database of its own, beside the others in BATON_DATA."""
    use(Path(os.environ["BATON_DATA"]) / f"{name}.sqlite3")
    empty = Bytes.now()
    stored = asyncio.run(store(batches))
    stored.sizes = Bytes.now().beyond(empty)
    return stored


def told(title: str, rounds: list[Stored]) -> None:
    """Print one line for each number of one stream."""
    last = rounds[-1]
    steps = len(last.steps)
    cpu = min(each.cpu for each in rounds) / last.events * 1e6
    wall = min(each.wall for each in rounds)
    each_step = sum(last.sizes.values()) / steps
    print(f"\n{title}: {last.events:,} events made {steps:,} steps, by {last.commits} commits")
    print(f"  CPU           {cpu:10,.1f} µs/event, may be {CPU_MOST:g} ({len(rounds)} rounds)")
    print(f"  rate          {last.events / wall:10,.0f} events/s by the clock")
    print(f"  on disk       {each_step:10,.0f} bytes a settled step, may be {BYTES_MOST}; of them")
    largest = sorted(last.sizes.items(), key=lambda size: -size[1])
    for name, size in largest[:LINES]:
        print(f"    {size / steps:8,.1f} {name}")
    print(f"    {sum(size for _, size in largest[LINES:]) / steps:8,.1f} all others")


def main() -> None:
    """Measure in a temporary directory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=5_000)
    parser.add_argument("--events", type=int, default=40_000)
    parser.add_argument("--copies", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    size = parser.parse_args()
    chunks = pod_watch(size.pods, size.events)
    clusters = list(recorded_clusters(size.copies))
    streams: dict[str, Callable[[], Batches]] = {
        f"A watch of {size.pods:,} Pods": lambda: pods_explained(chunks),
        f"All tapes, in {size.copies} namespaces each": lambda: tapes_explained(clusters),
    }
    with tempfile.TemporaryDirectory() as directory:
        os.environ |= {"BATON_DATA": directory, "BATON_RETENTION_MB": "4096"}
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
        django.setup()
        collector.relax()  # As `observe` does.
        rounds: dict[str, list[Stored]] = {title: [] for title in streams}
        for number in range(size.rounds):
            for place, (title, explained) in enumerate(streams.items()):
                # Made anew, as a write remembers which fields it changed.
                rounds[title].append(measured(explained(), f"{number}-{place}"))
        for title, each in rounds.items():
            told(title, each)


if __name__ == "__main__":
    main()
