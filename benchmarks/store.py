"""What history costs: how fast the recorder commits, and how large a step is on disk.

The observer can only follow what it can also store; and retention by size is meaningful only to
one who knows how much a step takes.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import django
from django.core.management import call_command

from benchmarks.decode import PODS, TICK_EVERY, changes
from benchmarks.stream import pod_watch
from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import StepUpsert, Upsert
from eventstream.objects.inventory import Inventory
from eventstream.objects.observations import Change

Put = tuple[Change | None, Sequence[Upsert]]


class Cluster(NamedTuple):
    """Which cluster the rows are about."""

    uid: str = "benchmark"
    name: str = "benchmark"
    server: str = "in this process"
    version: str = "v1.36"


class Cost(NamedTuple):
    """Seconds of CPU and of the clock for all commits."""

    cpu: float
    wall: float


def explained(pods: int, events: int) -> list[list[Put]]:
    """What the recorder is given, in batches of as many events as come between two ticks."""
    engine = Engine(cluster="benchmark", audited=False)
    batches: list[list[Put]] = []
    batch: list[Put] = []
    for number, change in enumerate(changes(pod_watch(pods, events), Inventory(PODS)), 1):
        batch.append((change, engine.apply(change)))
        if number % TICK_EVERY == 0:
            batches.append([*batch, (None, engine.tick(change.at))])
            batch.clear()
    return [*batches, batch] if batch else batches


async def store(batches: list[list[Put]]) -> Cost:
    """Commit each batch in a transaction of its own; an error if one could not be committed."""
    from eventstream.recorder import Recorder  # Django's models, so only after its set-up.

    recorder = Recorder(Cluster(), limit=1_000_000)
    cpu, wall = time.process_time(), time.perf_counter()
    for batch in batches:
        for observation, upserts in batch:
            recorder.put(observation, upserts)
        if not await recorder.flush():
            raise RuntimeError(f"a batch was not committed: {recorder.problem}")
    cost = Cost(time.process_time() - cpu, time.perf_counter() - wall)
    running = asyncio.create_task(recorder.run())
    await asyncio.sleep(0)  # Let it begin, so that cancelling ends its thread.
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return cost


def measure(pods: int, events: int, directory: Path) -> None:
    """Print one line for each number, with everything stored in `directory`."""
    os.environ["BATON_DATA"] = str(directory)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    django.setup()
    call_command("migrate", verbosity=0)
    batches = explained(pods, events)
    upserts = [upsert for batch in batches for _, made in batch for upsert in made]
    steps = len({upsert.step.id for upsert in upserts if isinstance(upsert, StepUpsert)})
    cost = asyncio.run(store(batches))
    stored = sum(path.stat().st_size for path in directory.glob("baton.sqlite3*"))
    print(f"\n{events:,} events made {steps:,} steps, stored by {len(batches)} commits")
    print(f"  CPU           {cost.cpu / events * 1e6:10,.0f} µs/event")
    print(f"  rate          {events / cost.wall:10,.0f} events/s by the clock")
    print(f"  on disk       {stored / steps:10,.0f} bytes/step, traces and images included")


def main() -> None:
    """Measure in a temporary directory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=1_250)
    parser.add_argument("--events", type=int, default=10_000)
    size = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        measure(size.pods, size.events, Path(directory))


if __name__ == "__main__":
    main()
