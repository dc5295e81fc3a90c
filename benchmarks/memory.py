"""What a cluster at rest takes: bytes for each Pod that is watched, beside what else keeps them.

Whoever watches a large cluster holds an image of everything in it, all the time. Measured is what
Python allocated once all was read, everything that Pods share included; and, for all of Baton,
what the whole process took at most, reading included.
"""

import argparse
import gc
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

from kubernetes import watch

from benchmarks.decode import KEY, PODS, STARTED, RecordedResponse
from benchmarks.stream import pods_at_rest
from eventstream import collector
from eventstream.explain.engine.engine import Engine
from eventstream.objects.decoding import Decoder
from eventstream.objects.inventory import Inventory

NEXT_DAY = STARTED + 86_400
LISTED_A_SECOND = 10_000
LONG_AFTER = 120.0
"""Seconds without a change, after which all that was going on is settled."""


def typed(lines: Iterator[bytes]) -> object:
    """Every Pod as a `V1Pod`, as an informer of the package would keep it."""

    def list_pod_for_all_namespaces(**_arguments: object) -> RecordedResponse:
        return RecordedResponse(lines)

    stream = watch.Watch(return_type="V1Pod").stream(list_pod_for_all_namespaces, timeout_seconds=1)
    return [seen["object"] for seen in stream]


def untyped(lines: Iterator[bytes]) -> object:
    """Every Pod as a plain dictionary."""
    return [json.loads(line)["object"] for line in lines]


def decoded(lines: Iterator[bytes]) -> object:
    """Every Pod as Baton's narrow image."""
    decoder, inventory = Decoder(KEY), Inventory(PODS)
    for line in lines:
        image = decoder.event(PODS, line).image
        assert image is not None
        inventory.apply("EXISTING", image, STARTED)
    return decoder, inventory


def explained(lines: Iterator[bytes]) -> object:
    """All that Baton holds: images, and what the engine knows of Pods that were there."""
    decoder, inventory = Decoder(KEY), Inventory(PODS)
    engine = Engine(cluster="benchmark", audited=False)
    at = NEXT_DAY
    for number, line in enumerate(lines):
        image = decoder.event(PODS, line).image
        assert image is not None
        at = NEXT_DAY + number / LISTED_A_SECOND
        engine.apply(inventory.apply("EXISTING", image, at))
        if number % 1000 == 0:
            engine.tick(at)
    _settle(engine, at)
    return decoder, inventory, engine


def _settle(engine: Engine, at: float) -> None:
    for seconds in (10.0, LONG_AFTER, 2 * LONG_AFTER):
        engine.tick(at + seconds, whole=True)


WAYS: dict[str, Callable[[Iterator[bytes]], object]] = {
    "kubernetes package, typed (V1Pod)": typed,
    "kubernetes package, untyped (dict)": untyped,
    "Baton: inventory": decoded,
    "Baton: inventory and engine": explained,
}


def bytes_held(way: Callable[[Iterator[bytes]], object], lines: Iterator[bytes]) -> int:
    """What the way still holds when all lines are read."""
    gc.collect()
    tracemalloc.start()
    kept = way(lines)
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return held


def most_resident(pods: int) -> tuple[int, int]:
    """Bytes that a process took at most: before its first Pod, and with so many of them."""
    program = f"from benchmarks.memory import alone; alone({pods})"
    answer = subprocess.run(  # noqa: S603  Our own program, by its own interpreter.
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    before, after = answer.stdout.split()
    return int(before) * 1024, int(after) * 1024


def alone(pods: int) -> None:
    """In a process of its own: print the resident kilobytes before and after."""
    collector.relax()
    before = _resident()
    kept = explained(pods_at_rest(pods))
    print(before, _resident())
    del kept


def _resident() -> int:
    """Kilobytes at most, so far. (What `resource` tells begins with those of the parent.)"""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


def main() -> None:
    """Measure each way once and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=20_000)
    parser.add_argument("--resident", type=int, default=100_000)
    size = parser.parse_args()
    print(f"{size.pods:,} Pods at rest\n")
    print(f"{'':42}{'bytes/Pod':>14}{'of typed':>10}")
    first = 0.0
    for name, way in WAYS.items():
        held = bytes_held(way, pods_at_rest(size.pods)) / size.pods
        first = first or held
        print(f"{name:42}{held:14,.0f}{held / first:10.1%}", flush=True)
    before, most = most_resident(size.resident)
    print(f"\n{size.resident:,} Pods at rest took a process from {before / 1e6:,.0f} MB to at most")
    print(f"{most / 1e6:,.0f} MB, code and the reading of the list included")


if __name__ == "__main__":
    main()
