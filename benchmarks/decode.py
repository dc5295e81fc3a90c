"""What a watch of Pods costs: ours beside the `kubernetes` package's own, on the same bytes.

Decoding decides whether a dashboard can follow a large cluster, so the claim that ours is cheap
is measured, not believed. Every way gets the same bytes, from a response in this process: nothing
but the client's own work is counted. They come in reads of 64 KiB, as a client that has much to
do gets them, and ours once more a line at a time, as from a watch that lets it rest in between.
All take turns of a thousand events, see `rounds`.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator

import msgspec
from kubernetes import watch

from benchmarks.rounds import in_turns, print_table
from benchmarks.stream import pod_watch
from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import StepUpsert, Upsert
from eventstream.kubeapi.bodies import BUFFER_BYTES
from eventstream.kubeapi.lines import LineSplitter
from eventstream.objects.decoding import Decoder
from eventstream.objects.inventory import Inventory
from eventstream.objects.observations import Change
from eventstream.objects.resource import Resource

PODS = Resource("", "v1", "pods", "Pod")
KEY = bytes(32)
STARTED = 1_795_392_456.0
"""Unix seconds of the first event; the others follow one each millisecond."""
TICK_EVERY = 200
"""Events between two of the engine's ticks: one each 200 ms, as when it observes."""


class RecordedResponse:
    """Stands in for urllib3's response to a watch: a stream of chunks that ends."""

    status = 200

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks

    def stream(self, **_options: object) -> Iterator[bytes]:
        """The chunks of the body, in order."""
        return iter(self._chunks)

    def close(self) -> None:
        """Nothing is held."""

    def release_conn(self) -> None:
        """There is no connection."""


def typed_watch(chunks: list[bytes]) -> Iterator[object]:
    """The package's watch as documented, each object made a `V1Pod`."""
    return _package_watch(chunks, deserialize=True)


def untyped_watch(chunks: list[bytes]) -> Iterator[object]:
    """The package's watch with `deserialize=False`: plain dictionaries."""
    return _package_watch(chunks, deserialize=False)


def _package_watch(chunks: list[bytes], *, deserialize: bool) -> Iterator[object]:
    def list_pod_for_all_namespaces(**_arguments: object) -> RecordedResponse:
        return RecordedResponse(chunks)

    # With a timeout the package does not ask again when the stream has ended.
    stream: Iterator[object] = watch.Watch(return_type="V1Pod").stream(
        list_pod_for_all_namespaces, timeout_seconds=1, deserialize=deserialize
    )
    return stream


def changes(chunks: list[bytes], inventory: Inventory) -> Iterator[Change]:
    """Our way from bytes to changes: split, decode, redact, compare with what was known."""
    decoder, splitter = Decoder(KEY), LineSplitter()
    number = 0
    for chunk in chunks:
        # As a reflector does: all that one read brought is decoded first.
        for seen in [decoder.event(PODS, line) for line in splitter.feed(chunk)]:
            number += 1
            assert seen.image is not None
            assert seen.type in {"ADDED", "MODIFIED", "DELETED"}
            yield inventory.apply(seen.type, seen.image, STARTED + number / 1000)


def decoded(chunks: list[bytes]) -> Iterator[Change]:
    """Through decoding and the inventory."""
    return changes(chunks, Inventory(PODS))


def explained(chunks: list[bytes]) -> Iterator[list[Upsert]]:
    """Through decoding and the engine, which judges traces as often as live.

    What the engine made of each event, and of the tick after it where there was one.
    """
    engine = Engine(cluster="benchmark", audited=False)
    for number, change in enumerate(changes(chunks, Inventory(PODS)), 1):
        made = engine.apply(change)
        if number % TICK_EVERY == 0:
            made = [*made, *engine.tick(change.at)]
        yield made


def told(chunks: list[bytes]) -> Iterator[list[Upsert]]:
    """The same, and each step as JSON, as the recorder and the command `explain` have it made."""
    for made in explained(chunks):
        for upsert in made:
            if isinstance(upsert, StepUpsert):
                msgspec.json.encode(upsert.step)
        yield made


def reads(lines: list[bytes]) -> list[bytes]:
    """The same bytes in reads as a busy client gets them: what came meanwhile fills its buffer."""
    stream = b"".join(lines)
    return [stream[at : at + BUFFER_BYTES] for at in range(0, len(stream), BUFFER_BYTES)]


WAYS: dict[str, Callable[[list[bytes]], Iterator[object]]] = {
    "kubernetes package, typed watch (V1Pod)": typed_watch,
    "kubernetes package, untyped watch (dict)": untyped_watch,
    "Baton: decode": decoded,
    "Baton: decode + explain": explained,
    "Baton: decode + explain, steps as JSON": told,
}


def main() -> None:
    """Measure all ways in turns and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=5_000)
    parser.add_argument("--events", type=int, default=40_000)
    parser.add_argument("--turn", type=int, default=1_000, help="events of one turn")
    size = parser.parse_args()
    lines = pod_watch(size.pods, size.events)
    average = sum(map(len, lines)) / len(lines)
    print(f"{size.pods:,} Pods, {len(lines):,} events of {average:,.0f} bytes on average\n")
    busy = reads(lines)
    ways = {name: way(busy) for name, way in WAYS.items()}
    ways["Baton: decode + explain, a line at a time"] = explained(lines)
    print_table(in_turns(ways, [size.turn] * (size.events // size.turn)))


if __name__ == "__main__":
    main()
