"""What pages ask of a history of many steps: how long each query takes, beside what it may.

The history is the recordings told again in many namespaces (`benchmarks.tellings`), in a file of
SQLite or on a PostgreSQL. Each query is asked many times, each time about something else that is
stored. Two numbers are printed: by the clock, which counts what else the machine does meanwhile,
and of CPU, of this process and of the server's own for this connection. `--keep FILE` leaves the
history for the next run, and so does a database that `--database` names.
"""

import argparse
import asyncio
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import django
from django.core.management import call_command

from benchmarks.databases import use
from eventstream import collector
from eventstream.readonly import only_reading

MOST_MS = 50.0
"""What the 95th percentile of a query may take."""
SAMPLES = 1000
"""So many steps, from anywhere in history, are asked about."""
TYPES = frozenset({"Pod", "Deployment.apps", "ReplicaSet.apps"})
"""What somebody may see in a namespace."""
ACTORS = ("client", "kubelet", "scheduler", "deployment-controller")


class Times(NamedTuple):
    """Milliseconds that each time took, sorted: by the clock, and of CPU."""

    wall: list[float]
    cpu: list[float]

    def at(self, share: float) -> tuple[float, float]:
        """Both at this share of the times."""
        place = min(len(self.wall) - 1, int(share * len(self.wall)))
        return self.wall[place], self.cpu[place]


Query = Callable[[random.Random], object]


class Sample(NamedTuple):
    """A step that is stored: of what, of which trace, and when (unix seconds)."""

    trace: str
    uid: str
    name: str
    kind: str
    namespace: str
    at: float


class Asked:
    """What is asked about: something that is stored, something else each time."""

    def __init__(self) -> None:
        from eventstream.models import InstallationRow, StepRow

        chance, last = random.Random(1), InstallationRow.the_one().seq  # noqa: S311
        columns = ("trace__id", "object__uid", "object__name", "place__kind", "place__namespace")
        told = StepRow.objects.exclude(place__namespace="").order_by("seq")
        rows: Any = told.values_list(*columns, "at")
        self._all: list[Sample] = []
        for _ in range(SAMPLES):
            for row in rows.filter(seq__gte=chance.randrange(last))[:1]:
                self._all.append(Sample._make((*row[:5], row[5] / 1e6)))
        self._pods = [each for each in self._all if each.kind == "Pod"]

    def space(self, chance: random.Random) -> str:
        """A namespace."""
        return chance.choice(self._all).namespace

    def pod(self, chance: random.Random) -> str:
        """The name of a Pod."""
        return chance.choice(self._pods).name

    def trace(self, chance: random.Random) -> str:
        """The id of a trace."""
        return chance.choice(self._all).trace

    def uid(self, chance: random.Random) -> str:
        """The uid of an object."""
        return chance.choice(self._all).uid

    def moment(self, chance: random.Random) -> float:
        """When something was written, in unix seconds."""
        return chance.choice(self._all).at


def queries(asked: Asked) -> Iterator[tuple[str, Query]]:
    """Each query by what it is called."""
    yield from _lists(asked)
    yield from _ledgers(asked)
    yield from _searches(asked)


def _lists(asked: Asked) -> Iterator[tuple[str, Query]]:
    from eventstream import history
    from eventstream.history import Filter, Rights

    def deep(chance: random.Random, wanted: Filter | None = None) -> object:
        return history.traces(wanted, before=f"2/{asked.moment(chance)!r}/ab")

    def viewed(ask: Callable[[], object], chance: random.Random, spaces: int = 1) -> object:
        with history.seeing(Rights(within={asked.space(chance): TYPES for _ in range(spaces)})):
            return ask()

    def opened(chance: random.Random) -> object:
        trace = asked.trace(chance)
        return history.trace(trace), history.steps(trace)

    def window(chance: random.Random, namespace: str | None = None) -> object:
        since = asked.moment(chance)
        return history.between(since, since + 300, namespace, limit=1001)

    yield "feed", lambda _: history.traces()
    yield "feed, further on", deep
    yield "feed of a namespace", lambda c: history.traces(Filter(asked.space(c)))
    yield "feed of a namespace, further on", lambda c: deep(c, Filter(asked.space(c)))
    yield "feed of kind Deployment", lambda _: history.traces(Filter(kind="Deployment"))
    yield "feed of kind ResourceQuota", lambda _: history.traces(Filter(kind="ResourceQuota"))
    yield "feed of kind Node", lambda _: history.traces(Filter(kind="Node"))
    yield "500 that are stalled", lambda _: history.traces(Filter(state="stalled"), limit=500)
    yield "500 that are running", lambda _: history.traces(Filter(state="running"), limit=500)
    yield "feed of state complete", lambda _: history.traces(Filter(state="complete"))
    yield "feed of state superseded", lambda _: history.traces(Filter(state="superseded"))
    yield "feed of state unknown", lambda _: history.traces(Filter(state="unknown"))
    yield "feed with background", lambda _: history.traces(Filter(background=True))
    yield "feed of an actor", lambda c: history.traces(Filter(actor=c.choice(ACTORS)))
    yield "feed of an actor that is rare", lambda _: history.traces(Filter(actor="autoscaler"))
    yield "feed, of one namespace seen", lambda c: viewed(history.traces, c)
    yield "feed, of ten namespaces seen", lambda c: viewed(history.traces, c, 10)
    yield "what can be filtered by", lambda _: history.choices()
    yield "feed by a common text", lambda _: history.traces(Filter(text="nginx"))
    yield "feed by a rare text", lambda c: history.traces(Filter(text=f"{asked.space(c)} flak"))
    yield "feed by a text that none has", lambda _: history.traces(Filter(text="zebra"))
    yield (
        "feed by a text that no Node has",
        lambda _: history.traces(Filter(None, "Node", text="nginx")),
    )
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

    def strange(chance: random.Random) -> object:
        return listed(actor="scheduler", kind="Deployment", namespace=asked.space(chance))

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
    yield (
        "changes by a name that no Deployment has",
        lambda _: listed(text="db-1", kind="Deployment"),
    )
    yield "changes by an actor", lambda _: listed(actor="client")
    yield "changes by an actor never seen there", strange


def _searches(asked: Asked) -> Iterator[tuple[str, Query]]:
    from eventstream import history
    from eventstream.history import Rights, Terms

    beginnings = ("kube", "creat", "ngin", "sched", "pod")
    common = ("kubelet", "created", "nginx", "Deployment controller", "scaled", "pod ready")

    def steps(text: str) -> object:
        return history.search_steps(Terms.of(text), limit=10)

    def traces(text: str) -> object:
        return history.search_traces(Terms.of(text), limit=10)

    def objects(text: str) -> object:
        return history.search_objects(Terms.of(text), limit=10)

    def viewed(search: Callable[[str], object], text: str, chance: random.Random) -> object:
        with history.seeing(Rights(within={asked.space(chance): TYPES})):
            return search(text)

    yield "search steps: common words", lambda c: steps(c.choice(common))
    yield "search steps: the beginning of a word", lambda c: steps(c.choice(beginnings))
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


def measured(query: Query, rounds: int, spent: Callable[[], float]) -> Times:
    """Ask so many times, once before that counts; `spent` tells the seconds of CPU so far."""
    chance, wall, cpu = random.Random(1), [], []  # noqa: S311  The same each time.
    for round_ in range(rounds + 1):
        clock, before = time.perf_counter(), spent()
        query(chance)
        if round_:
            cpu.append((spent() - before) * 1e3)
            wall.append((time.perf_counter() - clock) * 1e3)
    return Times(sorted(wall), sorted(cpu))


def spending() -> Callable[[], float]:
    """Returns what tells the seconds of CPU of this process, and of a server for it on Linux."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return time.process_time
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        told = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")  # Its first number is nanoseconds.
    if not told.exists():
        print("The server is elsewhere: CPU is that of this process alone.")
        return time.process_time
    return lambda: time.process_time() + int(told.read_text().split()[0]) / 1e9


def main() -> None:
    """Measure in a temporary directory, in the file to keep, or on a server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--live", type=int, default=20_000, help="Pods that exist (%(default)s)")
    parser.add_argument("--only", default="", help="part of the names of queries to ask")
    parser.add_argument("--keep", type=Path, help="file of a history to use, or to make")
    parser.add_argument("--database", help="URL of a PostgreSQL's database to use, or to fill")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        os.environ |= {"BATON_DATA": directory, "BATON_RETENTION_MB": "100000"}
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
        if asked.database:
            os.environ["DATABASE_URL"] = asked.database
        django.setup()
        collector.relax()
        if asked.database:
            call_command("migrate", verbosity=0)
        else:
            use(asked.keep or Path(directory) / "queries.sqlite3")
        _measure(asked)


def _measure(asked: Any) -> None:
    from django.db import connection

    from benchmarks import large, tellings
    from eventstream.dialects import dialect
    from eventstream.models import InstallationRow, StepRow

    if not InstallationRow.the_one().seq:
        large.fill(0, asked.live)
        asyncio.run(tellings.fill(asked.steps))
    stored, size = StepRow.objects.count(), dialect().stored_bytes()
    print(
        f"{stored:,} steps in {size / 2**20:,.0f} MiB, {size / stored:,.0f} bytes each", flush=True
    )
    print(f"{'ms':40}{'p50':>8}{'p95':>8}{'CPU p50':>10}{'CPU p95':>10}   may be {MOST_MS:g}")
    connection.close()
    with only_reading():  # As pages ask.
        _ask_all(asked)


def _ask_all(asked: Any) -> None:
    spent = spending()
    for name, query in queries(Asked()):
        if asked.only in name:
            times = measured(query, asked.rounds, spent)
            (p50, cpu50), (p95, cpu95) = times.at(0.5), times.at(0.95)
            over = "  <- over" if cpu95 > MOST_MS else ""
            print(f"{name:40}{p50:8.1f}{p95:8.1f}{cpu50:10.1f}{cpu95:10.1f}{over}", flush=True)


if __name__ == "__main__":
    main()
