"""What explaining whole clusters costs, beside the `kubernetes` package's typed watches.

A watch of Pods is the dearest for both. Here are all kinds with their Events and heartbeats, as
they were recorded, and a rollout of thousands of Pods, whose one trace is judged again and again.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import chain, groupby, repeat
from operator import attrgetter
from typing import NamedTuple

from kubernetes import client, watch

from benchmarks.clusters import Line, recorded_clusters
from benchmarks.decode import KEY, RecordedResponse
from benchmarks.rollout import rollout
from benchmarks.rounds import Costs, in_turns, print_table
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


def typed_watches(wires: list[Wire]) -> Iterator[object]:
    """One typed watch for each resource; custom resources, which have no model, as they come."""
    for sent in wires:
        for kind, chunks in sent.watches.items():
            yield from _typed_watch(kind, chunks)


def _typed_watch(kind: str, chunks: list[bytes]) -> Iterator[object]:
    def list_all(**_arguments: object) -> RecordedResponse:
        return RecordedResponse(chunks)

    model = _MODELS.get(kind, f"V1{kind}")
    known = model if hasattr(client, model) else "object"
    # With a timeout the package does not ask again when the stream has ended.
    stream: Iterator[object] = watch.Watch(return_type=known).stream(list_all, timeout_seconds=1)
    return stream


def decoded(wires: list[Wire]) -> Iterator[Change]:
    """Through decoding and the inventories."""
    for sent in wires:
        yield from changes(sent.reads)


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


def explained(wires: list[Wire]) -> Iterator[Change]:
    """Through decoding and one engine a cluster, ticking as live by the recorded time."""
    for sent in wires:
        engine, due = Engine(cluster="benchmark", audited=False), sent.reads[0].lines[0].at + TICK
        for change in changes(sent.reads):
            if change.at >= due:
                engine.tick(change.at)
                due = change.at + TICK
            engine.apply(change)
            yield change


WAYS: dict[str, Callable[[list[Wire]], Iterator[object]]] = {
    "kubernetes package, typed watches": typed_watches,
    "Baton: decode": decoded,
    "Baton: decode + explain": explained,
}


def measured(clusters: list[list[Line]], turns: int) -> Costs:
    """What each way costs that goes through all these clusters in each of so many turns.

    Each in the order in which its streams come, which is not the same for all; so a turn is whole.
    """
    wires = list(map(wire, clusters))
    events = sum(map(len, clusters))
    ways = {name: chain.from_iterable(map(way, repeat(wires, turns))) for name, way in WAYS.items()}
    return in_turns(ways, [events] * turns)


def main() -> None:
    """Measure the ways on each kind of cluster in turns, and print a table for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=20)
    parser.add_argument("--pods", type=int, default=3_000)
    parser.add_argument("--turns", type=int, default=3)
    size = parser.parse_args()
    kinds = {
        f"All tapes, in {size.copies} namespaces each": list(recorded_clusters(size.copies)),
        f"One Deployment with {size.pods:,} Pods": [rollout(size.pods)],
    }
    for title, clusters in kinds.items():
        print(f"\n{title}: {sum(map(len, clusters)):,} events")
        print_table(measured(clusters, size.turns))


if __name__ == "__main__":
    main()
