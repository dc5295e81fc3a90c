"""What pages ask of a history of many steps: how long each query takes, beside what it may.

The history is the recordings told again in many namespaces, each time with names, ids and versions
of its own, stored as Baton stores them. Each query is asked many times, each time about something
else. Two numbers are printed: by the clock, which counts what else the machine does meanwhile, and
of this process's CPU. `--keep FILE` leaves the history for the next run.
"""

import argparse
import asyncio
import os
import random
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import django
import msgspec
from msgspec.structs import replace

from benchmarks.clusters import NAMESPACE, recorded_clusters
from benchmarks.databases import use
from benchmarks.store import tapes_explained
from eventstream import collector
from eventstream.explain.engine.tracelog import as_settled
from eventstream.explain.vocabulary.records import Step, StepUpsert, Trace, TraceUpsert, Upsert

MOST_MS = 50.0
"""What the 95th percentile of a query may take."""
NAMESPACES = 400
APART = 7.0
"""Seconds from the beginning of one telling to that of the next."""
NOW = 1_800_000_000.0
FIVE = "bcdfghjklmnpqrstvwxz2456789"
"""The letters of which Kubernetes makes the ends of names."""


class Told(msgspec.Struct):
    """One telling of all recordings."""

    steps: list[Step]
    traces: list[Trace]


class Tellings:
    """Tells the recordings again, by number; the same each time."""

    def __init__(self) -> None:
        steps: dict[str, Step] = {}
        traces: dict[str, Trace] = {}
        for batch in tapes_explained(list(recorded_clusters(1))):
            for _, upserts in batch:
                for upsert in upserts:
                    if isinstance(upsert, StepUpsert):
                        steps[upsert.id] = upsert.step
                    elif isinstance(upsert, TraceUpsert):
                        traces[upsert.trace.id] = as_settled(upsert.trace)
        self._first = min(step.at for step in steps.values())
        self.whole = Told(list(steps.values()), list(traces.values()))
        self._text = msgspec.json.encode(self.whole).decode()
        self.pods = sorted({s.object.name for s in steps.values() if s.object.kind == "Pod"})
        ends = {name.rpartition("-")[2] for name in self.pods}
        random_ends = "|".join(sorted(end for end in ends if len(end) == 5))
        self._own = re.compile(
            r'(?<=")[0-9a-f]{20}(?=")|(?<=")[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=")'
            rf"|(?<=\()\d{{3,6}}(?=\))|(?<=-)(?:{random_ends})\b"
        )

    def tell(self, number: int) -> Told:
        """All recordings as they went the time of this number."""
        namespace = f"team-{number % NAMESPACES}"
        text = self._own.sub(lambda found: renamed(found[0], number), self._text)
        told = msgspec.json.decode(text.replace(f'"{NAMESPACE}"', f'"{namespace}"'), type=Told)
        later = NOW + number * APART - self._first
        return Told(
            [replace(step, at=step.at + later) for step in told.steps],
            [
                replace(each, started=each.started + later, updated=each.updated + later)
                for each in told.traces
            ],
        )


def renamed(own: str, number: int) -> str:
    """An id, a uid, a version or the end of a name, of the telling of this number."""
    if own.isdigit() and len(own) < 7:
        return str(int(own) + number * 10_000)
    if len(own) == 5:
        chance = random.Random(f"{own}{number}")  # noqa: S311  The same each time.
        return "".join(chance.choices(FIVE, k=5))
    kept = own[:-8]
    return kept + f"{int(own[-8:], 16) ^ (number * 2_654_435_761 % 2**32):08x}"


async def fill(tellings: Tellings, steps: int) -> int:
    """Store so many steps or some more; returns the number of tellings."""
    from benchmarks.store import Cluster
    from eventstream.recorder import Recorder

    recorder, stored, number = Recorder(Cluster(), limit=1_000_000), 0, 0
    began = time.monotonic()
    while stored < steps:
        told = tellings.tell(number)
        upserts: list[Upsert] = [StepUpsert(step) for step in told.steps]
        upserts += [TraceUpsert(trace) for trace in told.traces]
        recorder.put(None, upserts)
        if not await recorder.flush():
            raise RuntimeError(f"a telling was not stored: {recorder.problem}")
        stored, number = stored + len(told.steps), number + 1
        if number % 200 == 0:
            print(f"  {stored:,} steps after {time.monotonic() - began:,.0f} s", flush=True)
    running = asyncio.create_task(recorder.run())
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return number


class Times(NamedTuple):
    """Milliseconds that each time took, sorted: by the clock, and of CPU."""

    wall: list[float]
    cpu: list[float]

    def at(self, share: float) -> tuple[float, float]:
        """Both at this share of the times."""
        place = min(len(self.wall) - 1, int(share * len(self.wall)))
        return self.wall[place], self.cpu[place]


Query = Callable[[random.Random], object]


class Asked:
    """What is asked for: about one of the tellings, another one each time."""

    def __init__(self, tellings: Tellings, stored: int) -> None:
        self._whole, self._pods, self._stored = tellings.whole, tellings.pods, stored

    def _telling(self, chance: random.Random) -> int:
        return chance.randrange(self._stored)

    def space(self, chance: random.Random) -> str:
        """A namespace."""
        return f"team-{chance.randrange(NAMESPACES)}"

    def pod(self, chance: random.Random) -> str:
        """The name of a Pod."""
        head, dash, end = chance.choice(self._pods).rpartition("-")
        return head + dash + (renamed(end, self._telling(chance)) if len(end) == 5 else end)

    def trace(self, chance: random.Random) -> str:
        """The id of a trace."""
        return renamed(chance.choice(self._whole.traces).id, self._telling(chance))

    def uid(self, chance: random.Random) -> str:
        """The uid of an object."""
        return renamed(chance.choice(self._whole.steps).object.uid, self._telling(chance))

    def moment(self, chance: random.Random) -> float:
        """When something began, in unix seconds."""
        return NOW + self._telling(chance) * APART


def queries(asked: Asked) -> Iterator[tuple[str, Query]]:
    """Each query by what it is called."""
    yield from _lists(asked)
    yield from _ledgers(asked)
    yield from _searches(asked)


def _lists(asked: Asked) -> Iterator[tuple[str, Query]]:
    from eventstream import history
    from eventstream.history import Filter

    def deep(chance: random.Random) -> object:
        return history.traces(before=f"2/{asked.moment(chance)!r}/ab")

    def opened(chance: random.Random) -> object:
        trace = asked.trace(chance)
        return history.trace(trace), history.steps(trace)

    def window(chance: random.Random, namespace: str | None = None) -> object:
        since = asked.moment(chance)
        return history.between(since, since + 300, namespace, limit=1001)

    yield "feed", lambda _: history.traces()
    yield "feed, further on", deep
    yield "feed of a namespace", lambda c: history.traces(Filter(asked.space(c)))
    yield "feed by a common text", lambda _: history.traces(Filter(text="nginx"))
    yield "feed by a rare text", lambda c: history.traces(Filter(text=f"{asked.space(c)} flak"))
    yield "feed by a text that none has", lambda _: history.traces(Filter(text="zebra"))
    yield "trace and its steps", opened
    yield "steps of an object", lambda c: history.steps_about(asked.uid(c))
    yield "traces of an object", lambda c: history.traces_about(asked.uid(c))
    yield "window of five minutes", window
    yield "window, one namespace", lambda c: window(c, asked.space(c))
    yield "what is new", lambda _: history.changes_since(history.head() - 200)


def _ledgers(asked: Asked) -> Iterator[tuple[str, Query]]:
    from eventstream import history
    from eventstream.history import LedgerFilter

    def listed(before: str | None = None, **wanted: str) -> object:
        return history.ledger(LedgerFilter(**wanted), limit=100, before=before)

    def deep(chance: random.Random) -> object:
        return listed(f"{int(asked.moment(chance) * 1e6)}/ab", kind="Job")

    yield "changes", lambda _: listed()
    yield "changes of a namespace", lambda c: listed(namespace=asked.space(c))
    yield "changes of kind Pod", lambda _: listed(kind="Pod")
    yield "changes of kind CronJob", lambda _: listed(kind="CronJob")
    yield "changes of kind ResourceQuota", lambda _: listed(kind="ResourceQuota")
    yield "changes of kind Node", lambda _: listed(kind="Node")
    yield "changes of kind Job, further on", deep
    yield "changes by a common text", lambda _: listed(text="nginx")
    yield "changes by a Pod's name", lambda c: listed(text=asked.pod(c))
    yield "changes by a namespace as text", lambda c: listed(text=asked.space(c))
    yield "changes by a text that none has", lambda _: listed(text="zebra")
    yield "changes by an actor", lambda _: listed(actor="client")


def _searches(asked: Asked) -> Iterator[tuple[str, Query]]:
    from eventstream import history
    from eventstream.history import Rights, Terms

    types = frozenset({"Pod", "Deployment.apps", "ReplicaSet.apps"})
    common = ("kubelet", "created", "nginx", "Deployment controller", "scaled", "pod ready")

    def steps(text: str) -> object:
        return history.search_steps(Terms.of(text), limit=10)

    def traces(text: str) -> object:
        return history.search_traces(Terms.of(text), limit=10)

    def objects(text: str) -> object:
        return history.search_objects(Terms.of(text), limit=10)

    def viewed(search: Callable[[str], object], text: str, chance: random.Random) -> object:
        with history.seeing(Rights(within={asked.space(chance): types})):
            return search(text)

    yield "search steps: common words", lambda c: steps(c.choice(common))
    yield "search steps: a Pod's name", lambda c: steps(asked.pod(c))
    yield "search steps: two words", lambda c: steps(f"{asked.space(c)} killed")
    yield "search steps: none", lambda _: steps("zebra")
    yield "search steps: words never together", lambda _: steps("scheduler cronjob")
    yield "search steps, of one namespace", lambda c: viewed(steps, c.choice(common), c)
    yield "search traces", lambda c: traces(c.choice(common))
    yield "search traces, of one namespace", lambda c: viewed(traces, "nginx", c)
    yield "search objects: a Pod's", lambda c: objects(asked.pod(c))
    yield "search objects: common", lambda _: objects("nginx")
    yield "search objects: none", lambda _: objects("zebra")
    yield "search objects, of one namespace", lambda c: viewed(objects, "nginx", c)


def measured(query: Query, rounds: int) -> Times:
    """Ask so many times, once before that counts."""
    chance, wall, cpu = random.Random(1), [], []  # noqa: S311  The same each time.
    for round_ in range(rounds + 1):
        clock, spent = time.perf_counter(), time.process_time()
        query(chance)
        if round_:
            cpu.append((time.process_time() - spent) * 1e3)
            wall.append((time.perf_counter() - clock) * 1e3)
    return Times(sorted(wall), sorted(cpu))


def main() -> None:
    """Measure in a temporary directory, or in the file to keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--live", type=int, default=20_000, help="Pods that exist (%(default)s)")
    parser.add_argument("--only", default="", help="part of the names of queries to ask")
    parser.add_argument("--keep", type=Path, help="file of a history to use, or to make")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        os.environ |= {"BATON_DATA": directory, "BATON_RETENTION_MB": "100000"}
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
        django.setup()
        collector.relax()
        _measure(asked, asked.keep or Path(directory) / "queries.sqlite3")


def _measure(asked: Any, path: Path) -> None:
    from benchmarks import large
    from eventstream.models import StepRow

    tellings, made = Tellings(), path.exists()
    use(path)
    if not made:
        large.fill(0, asked.live)
        asyncio.run(fill(tellings, asked.steps))
    stored = StepRow.objects.count()
    size = path.stat().st_size
    print(
        f"{stored:,} steps in {size / 2**20:,.0f} MiB, {size / stored:,.0f} bytes each", flush=True
    )
    print(f"{'ms':36}{'p50':>8}{'p95':>8}{'CPU p50':>10}{'CPU p95':>10}   may be {MOST_MS:g}")
    for name, query in queries(Asked(tellings, stored // len(tellings.whole.steps))):
        if asked.only in name:
            times = measured(query, asked.rounds)
            (p50, cpu50), (p95, cpu95) = times.at(0.5), times.at(0.95)
            over = "  <- over" if cpu95 > MOST_MS else ""
            print(f"{name:36}{p50:8.1f}{p95:8.1f}{cpu50:10.1f}{cpu95:10.1f}{over}", flush=True)


if __name__ == "__main__":
    main()
