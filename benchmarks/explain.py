"""What explaining whole clusters costs, beside the `kubernetes` package's typed watches.

A watch of Pods is the dearest for both. Here are all kinds with their Events and heartbeats, as
they were recorded, and a rollout of thousands of Pods, whose one trace is judged again and again.
"""

import argparse
import gc
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from kubernetes import client, watch

from benchmarks.clusters import Line, recorded_clusters
from benchmarks.decode import KEY, RecordedResponse
from benchmarks.rollout import rollout
from eventstream import collector
from eventstream.explain.engine.engine import Engine
from eventstream.kubeapi.lines import LineSplitter
from eventstream.objects.decoding import Decoder
from eventstream.objects.inventory import Inventory
from eventstream.objects.observations import Change
from eventstream.objects.resource import Resource


class Read(NamedTuple):
    """What one read of a resource's watch brought: the bytes, and the lines that they are."""

    resource: Resource
    text: bytes
    lines: list[Line]


class Wire(NamedTuple):
    """One cluster as clients get it: a watch for each kind, and in the order of arrival."""

    watches: dict[str, list[bytes]]
    reads: list[Read]


TICK = 0.2
"""Seconds of recorded time between two of the engine's ticks, as when it observes."""
_MODELS = {"Event": "CoreV1Event"}


def wire(lines: list[Line]) -> Wire:
    """The lines as they are sent; those of one watch that come together are one read."""
    watches: dict[str, list[bytes]] = defaultdict(list)
    for line in lines:
        watches[line.resource.kind].append(line.text)
    groups = [(key, list(group)) for key, group in groupby(lines, key=attrgetter("resource"))]
    texts = [b"".join(line.text for line in group) for _, group in groups]
    found = zip(groups, texts, strict=True)
    return Wire(watches, [Read(resource, text, group) for (resource, group), text in found])


def typed_watches(wires: list[Wire]) -> int:
    """One typed watch for each resource; custom resources, which have no model, as they come."""
    return sum(_typed_watch(*watched) for sent in wires for watched in sent.watches.items())


def _typed_watch(kind: str, chunks: list[bytes]) -> int:
    def list_all(**_arguments: object) -> RecordedResponse:
        return RecordedResponse(chunks)

    model = _MODELS.get(kind, f"V1{kind}")
    known = model if hasattr(client, model) else "object"
    # With a timeout the package does not ask again when the stream has ended.
    return sum(1 for _ in watch.Watch(return_type=known).stream(list_all, timeout_seconds=1))


def decoded(wires: list[Wire]) -> int:
    """Through decoding and the inventories; returns how many."""
    return sum(1 for sent in wires for _ in changes(sent.reads))


def changes(reads: list[Read]) -> Iterator[Change]:
    """Our way from the bytes of all watches to changes."""
    decoder, splitter = Decoder(KEY), LineSplitter()
    inventories: dict[str, Inventory] = {}
    for resource, text, lines in reads:
        inventory = inventories.setdefault(resource.kind, Inventory(resource))
        # As a reflector does: all that one read brought is decoded first.
        decoded = [decoder.event(resource, line) for line in splitter.feed(text)]
        for line, seen in zip(lines, decoded, strict=True):
            assert seen.image is not None
            assert seen.type in {"ADDED", "MODIFIED", "DELETED"}
            first = line.type == "EXISTING"
            yield inventory.apply("EXISTING" if first else seen.type, seen.image, line.at)


def explained(wires: list[Wire]) -> int:
    """Through decoding and one engine a cluster, ticking as live by the recorded time."""
    seen = 0
    for sent in wires:
        engine, due = Engine(cluster="benchmark", audited=False), sent.reads[0].lines[0].at + TICK
        for change in changes(sent.reads):
            if change.at >= due:
                engine.tick(change.at)
                due = change.at + TICK
            engine.apply(change)
            seen += 1
    return seen


WAYS: dict[str, Callable[[list[Wire]], int]] = {
    "kubernetes package, typed watches": typed_watches,
    "Baton: decode": decoded,
    "Baton: decode + explain": explained,
}


def cpu_microseconds(way: Callable[[list[Wire]], int], clusters: list[list[Line]]) -> float:
    """CPU time of this process for each line, in µs; an error if one was lost."""
    expected = sum(map(len, clusters))
    wires = list(map(wire, clusters))
    gc.collect()
    began = time.process_time()
    seen = way(wires)
    spent = time.process_time() - began
    if seen != expected:
        raise RuntimeError(f"{way.__name__} saw {seen} of {expected} lines")
    return spent / seen * 1e6


def main() -> None:
    """Measure each way once on each kind of cluster, and print a table for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=20)
    parser.add_argument("--pods", type=int, default=3_000)
    size = parser.parse_args()
    measured = {
        f"All tapes, in {size.copies} namespaces each": list(recorded_clusters(size.copies)),
        f"One Deployment with {size.pods:,} Pods": [rollout(size.pods)],
    }
    collector.relax()  # As `observe` does; it helps every way here alike.
    for title, clusters in measured.items():
        print(f"\n{title}: {sum(map(len, clusters)):,} events")
        print(f"{'':42}{'CPU µs/event':>14}{'events/s':>12}{'of typed':>10}")
        typed = 0.0
        for name, way in WAYS.items():
            cost = cpu_microseconds(way, clusters)
            typed = typed or cost
            print(f"{name:42}{cost:14.1f}{1e6 / cost:12,.0f}{cost / typed:10.1%}", flush=True)


if __name__ == "__main__":
    main()
