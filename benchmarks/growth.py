"""Whether an event, and a page, cost the same however many Pods and traces there are.

The same watch of Pods is explained beside few Pods at rest and beside a hundred thousand, beside
few and many traces that stay open (of Pods that crash, which others than their own writes may
mend), and stored beside few and many traces of before. Then what pages ask of all traces together.
Printed is what the most cost, as a ratio to the fewest. Rates are those of a busy cluster: a
thousand events a second, with five ticks.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import django
from msgspec.structs import replace

from benchmarks.clusters import recorded_clusters
from benchmarks.databases import use
from benchmarks.decode import KEY, PODS, STARTED, TICK_EVERY, changes
from benchmarks.store import Cluster, pods_explained, tapes_explained
from benchmarks.stream import TAPES, fresh_uid, later, pod_watch, pods_at_rest
from eventstream import collector
from eventstream.explain.engine.engine import Engine
from eventstream.explain.engine.tracelog import as_settled
from eventstream.explain.vocabulary.records import Trace, TraceUpsert
from eventstream.objects.decoding import Decoder
from eventstream.objects.inventory import Inventory
from eventstream.objects.observations import Change

if TYPE_CHECKING:
    from eventstream.recorder import Recorder

EVENTS, PODS_OF_WATCH = 8_000, 1_000
BEFORE, LATELY = STARTED - 300.0, STARTED - 120.0
AT_ONCE = 2_000
NAMESPACES = 400
DAY = 86_400
ROUNDS = 7
_VERSION = re.compile(rb'"resourceVersion":"')
PAGE_MS = 50.0
"""What a page's query may take."""


def beside_pods(pods: int) -> float:
    """µs of CPU to explain an event where so many Pods are at rest."""
    decoder, engine = Decoder(KEY), Engine(cluster="benchmark", audited=False)
    for line in islice(pods_at_rest(pods + PODS_OF_WATCH), PODS_OF_WATCH, None):  # Other Pods.
        image = decoder.event(PODS, later(line, -DAY)).image
        assert image is not None
        engine.apply(Change(PODS, "EXISTING", image, BEFORE))
    for seconds in (10.0, 120.0, 240.0):
        engine.tick(BEFORE + seconds, whole=True)
    return _explained(engine)


def beside_traces(traces: int) -> float:
    """The same where so many traces stay open, each of a Pod that crashes."""
    decoder, engine = Decoder(KEY), Engine(cluster="benchmark", audited=False)
    for line in _crashing(traces):
        engine.apply(Change(PODS, "EXISTING", decoder.image(PODS, line), LATELY))
    for seconds in range(120):  # Until each is looked at in its turn.
        engine.tick(LATELY + seconds, whole=not seconds)
    assert engine.open_traces >= traces
    return _explained(engine)


def _crashing(pods: int) -> Iterator[bytes]:
    text = (TAPES / "crash_loop.jsonl").read_text(encoding="utf-8")
    crashed = [line for line in text.splitlines() if '"v1/pods"' in line and "BackOff" in line][-1]
    pod = json.loads(crashed)["object"]
    body, uid, name = json.dumps(pod), pod["metadata"]["uid"], pod["metadata"]["name"]
    for number in range(pods):
        own = body.replace(uid, fresh_uid(uid, number)).replace(f'"{name}"', f'"crashing-{number}"')
        yield own.encode()


def _explained(engine: Engine) -> float:
    """µs of CPU an event, ticks included."""
    lines = [_VERSION.sub(rb"\g<0>1000000", line) for line in pod_watch(PODS_OF_WATCH, EVENTS)]
    came = list(changes(lines, Inventory(PODS)))  # Later than all that is there.
    collector.relax()
    began = time.process_time()
    for number, change in enumerate(came, 1):
        engine.apply(change)
        if number % TICK_EVERY == 0:
            engine.tick(change.at)
    return (time.process_time() - began) / EVENTS * 1e6


def stored_beside(traces: int) -> float:
    """µs of CPU to store an event where history holds so many traces."""
    return asyncio.run(_stored_beside(traces))


async def _stored_beside(traces: int) -> float:
    from eventstream.recorder import Recorder  # Django's models, so only after its set-up.

    recorder = Recorder(Cluster(), limit=1_000_000)
    await _fill(recorder, traces)
    spent = 0.0
    for batch in pods_explained(pod_watch(PODS_OF_WATCH, EVENTS)):
        began = time.process_time()
        for observation, upserts in batch:
            recorder.put(observation, upserts)
        assert await recorder.flush(), recorder.problem
        spent += time.process_time() - began
    return spent / EVENTS * 1e6


async def _fill(recorder: "Recorder", traces: int) -> None:
    """Store so many settled traces, of as many objects in NAMESPACES."""
    recorded: dict[str, Trace] = {}
    for batch in tapes_explained(list(recorded_clusters(1))):
        for _, upserts in batch:
            told = [each.trace for each in upserts if isinstance(each, TraceUpsert)]
            recorded.update((trace.id, as_settled(trace)) for trace in told)
    kinds = list(recorded.values())
    for number in range(traces):
        recorder.put(None, [TraceUpsert(_another(kinds[number % len(kinds)], number))])
        if number % AT_ONCE == AT_ONCE - 1 or number == traces - 1:
            assert await recorder.flush(), recorder.problem


def _another(trace: Trace, number: int) -> Trace:
    root, name = trace.root, f"{trace.root.name}-{number}"
    root = replace(
        root,
        namespace=root.namespace and f"team-{number % NAMESPACES}",
        name=name,
        uid=fresh_uid(root.uid, number),
    )
    at = STARTED + number * 0.1
    return replace(
        trace,
        id=f"{number:020x}",
        root=root,
        title=f"{root.kind.lower()}/{name}",
        started=at,
        updated=at + 5.0,
    )


def queries() -> dict[str, Callable[[], object]]:
    """What pages ask of all traces together, by what it is called."""
    from eventstream import history

    names = history.namespaces(limit=200).names
    return {
        "began last, of a kind": lambda: history.begun("Deployment", limit=60),
        "began last, of custom resources": lambda: history.begun("", limit=60),
        "namespaces": lambda: history.namespaces(limit=200),
        "traces by namespace and state": lambda: history.trace_states((*names, "")),
        "traces by state": history.states,
        "how many there are": history.counts,
        "what can be filtered by": history.choices,
        "what stands still": lambda: history.traces(history.Filter(state="stalled"), limit=500),
        "the feed": history.traces,
        "what is new": lambda: history.changes_since(history.head() - 50),
    }


def asked() -> dict[str, float]:
    """ms of CPU of each query, of the history that is used."""
    found: dict[str, float] = {}
    for name, ask in queries().items():
        times = []
        for _ in range(ROUNDS):
            began = time.process_time()
            ask()
            times.append((time.process_time() - began) * 1e3)
        found[name] = statistics.median(times)
    return found


def told(what: str, costs: Sequence[float], unit: str, most: float = 0.0) -> None:
    """Print what it costs beside few and beside many, and the ratio."""
    few, many = costs
    over = "  <- over" if most and many > most else ""
    print(f"  {what:36}{few:9.1f}{many:9.1f} {unit}{many / few:8.1f}{over}", flush=True)


def main() -> None:
    """Print each cost beside few and beside many, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, nargs=2, default=(1_000, 100_000))
    parser.add_argument("--open", type=int, nargs=2, default=(100, 20_000))
    parser.add_argument("--stored", type=int, nargs=2, default=(100, 100_000))
    parser.add_argument("--only", choices=["pods", "open", "stored"])
    size = parser.parse_args()
    collector.relax()
    if size.only in (None, "pods"):
        print(f"beside {size.pods[0]:,} and {size.pods[1]:,} Pods at rest")
        told("explain an event", [*map(beside_pods, size.pods)], "µs")
    if size.only in (None, "open"):
        print(f"beside {size.open[0]:,} and {size.open[1]:,} open traces")
        told("explain an event, and judge", [*map(beside_traces, size.open)], "µs")
    if size.only in (None, "stored"):
        _stored(*size.stored)


def _stored(few: int, many: int) -> None:
    print(f"beside {few:,} and {many:,} stored traces")
    spent: list[float] = []
    answered: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as directory:
        os.environ |= {"BATON_DATA": directory, "BATON_RETENTION_MB": "100000"}
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
        django.setup()
        for traces in (few, many):
            use(Path(directory) / f"{traces}.sqlite3")
            spent.append(stored_beside(traces))
            answered.append(asked())
    told("store an event", spent, "µs")
    for name, ms in answered[0].items():
        told(name, [ms, answered[1][name]], "ms", PAGE_MS)


if __name__ == "__main__":
    main()
