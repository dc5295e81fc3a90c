"""What hostile objects cost the decoder and the engine: memory, and time a write as they go on.

Each attack runs in a process of its own, from the bytes of a watch through the inventory and the
engine into the rows that a commit would write, ticking as live by the attack's own time.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import msgspec

from benchmarks.hostile import report
from eventstream import collector
from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import StepUpsert, TraceUpsert, Upsert
from eventstream.objects.decoding import Decoder
from eventstream.objects.inventory import Inventory
from eventstream.objects.resource import Resource

PODS = Resource("", "v1", "pods", "Pod")
DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment")
MAPS = Resource("", "v1", "configmaps", "ConfigMap")

TICK, COMMIT = 0.2, 0.1
STARTED = 1_795_392_456.0
EDITS_A_SECOND = 600

Json = dict[str, Any]


class Sent(NamedTuple):
    """One line of a watch, and when it came."""

    resource: Resource
    type: str
    at: float
    content: Json


def _object(resource: Resource, name: str, version: int, **metadata: Any) -> Json:
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": f"uid-{resource.kind}-{name}",
            "resourceVersion": str(version),
            "creationTimestamp": "2026-11-27T08:00:00Z",
        }
        | metadata,
    }


_LABELS: Json = {"f:metadata": {"f:labels": {"f:n": {}}}}


def _managed(manager: str, fields: Json = _LABELS) -> Json:
    return {
        "manager": manager,
        "operation": "Update",
        "apiVersion": "v1",
        "time": "2026-11-28T08:00:00Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }


def large_labels(size: int) -> Iterator[Sent]:
    """One Pod whose labels, 1.4 MB of them, are patched again and again, four times a second."""
    random = Random(1)  # noqa: S311  An attack that is the same each time.
    for number in range(size):
        labels = {f"l{i}-{random.random()}": f"{random.random()}" * 3 for i in range(16_000)}
        type_ = "MODIFIED" if number else "ADDED"
        body = _object(PODS, "web", 100 + number, labels=labels)
        yield Sent(PODS, type_, STARTED + number / 4, body)


def random_labels(size: int) -> Iterator[Sent]:
    """Writes of three hundred Pods, each with twenty labels that were never there before."""
    random = Random(2)  # noqa: S311  An attack that is the same each time.
    for number in range(size):
        labels = {f"label-{random.random()}": f"{random.random()}" for _ in range(20)}
        type_ = "MODIFIED" if number >= 300 else "ADDED"
        body = _object(PODS, f"web-{number % 300}", 100 + number, labels=labels)
        yield Sent(PODS, type_, STARTED + number / EDITS_A_SECOND, body)


def random_managers(size: int) -> Iterator[Sent]:
    """Writes of a hundred objects, each by a field manager that nobody has heard of."""
    for number in range(size):
        managers = [_managed(f"manager-{number - back}-{'x' * 60}") for back in range(10)]
        type_ = "MODIFIED" if number >= 100 else "ADDED"
        body = _object(PODS, f"m-{number % 100}", 100 + number, managedFields=managers)
        body["metadata"]["labels"] = {"n": str(number)}
        yield Sent(PODS, type_, STARTED + number / EDITS_A_SECOND, body)


def many_managers(size: int) -> Iterator[Sent]:
    """One object that 45,000 field managers have written, other ones each time."""
    for number in range(size):
        managers = [_managed(f"manager-{number}-{index}") for index in range(45_000)]
        body = _object(
            PODS, "held", 100 + number, managedFields=managers, labels={"n": f"{number}"}
        )
        yield Sent(PODS, "MODIFIED" if number else "ADDED", STARTED + number, body)


def chain(size: int) -> Iterator[Sent]:
    """Objects of which each owns the next, and one edit of the last for each."""
    for number in range(size):
        body = _object(PODS, f"c-{number}", 100 + number)
        if number:
            body["metadata"]["ownerReferences"] = [_owner(PODS, f"c-{number - 1}")]
        yield Sent(PODS, "ADDED", STARTED + number / EDITS_A_SECOND, body)


def _owner(resource: Resource, name: str) -> Json:
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "name": name,
        "uid": f"uid-{resource.kind}-{name}",
        "controller": True,
    }


def wide(size: int) -> Iterator[Sent]:
    """One Deployment that owns so many Pods, which it has made one after the other."""
    root = _object(DEPLOYMENTS, "wide", 99, generation=1)
    yield Sent(DEPLOYMENTS, "ADDED", STARTED, root | {"spec": {"replicas": size}})
    for number in range(size):
        body = _object(PODS, f"w-{number}", 100 + number)
        body["metadata"]["ownerReferences"] = [_owner(DEPLOYMENTS, "wide")]
        yield Sent(PODS, "ADDED", STARTED + number / 3000, body)


def edits(size: int) -> Iterator[Sent]:
    """One Deployment that is scaled up and down six hundred times a second."""
    for number in range(size):
        body = _object(DEPLOYMENTS, "web", 100 + number, generation=1 + number)
        body["metadata"]["managedFields"] = [_managed("kubectl", {"f:spec": {"f:replicas": {}}})]
        body["spec"] = {"replicas": number % 7}
        type_ = "MODIFIED" if number else "ADDED"
        yield Sent(DEPLOYMENTS, type_, STARTED + number / EDITS_A_SECOND, body)


def labelled(size: int) -> Iterator[Sent]:
    """One Deployment whose one label is set six hundred times a second."""
    for number in range(size):
        body = _object(DEPLOYMENTS, "web", 100 + number, generation=1, labels={"n": str(number)})
        body["metadata"]["managedFields"] = [_managed("kubectl")]
        body["spec"] = {"replicas": 1}
        type_ = "MODIFIED" if number else "ADDED"
        yield Sent(DEPLOYMENTS, type_, STARTED + number / EDITS_A_SECOND, body)


ATTACKS: dict[str, tuple[Callable[[int], Iterator[Sent]], int]] = {
    "1.4 MB of labels, patched": (large_labels, 196),
    "random labels": (random_labels, 60_000),
    "random field managers": (random_managers, 45_000),
    "45,000 field managers of one object": (many_managers, 20),
    "a chain of owners": (chain, 6_000),
    "a wide family": (wide, 100_000),
    "one object scaled 600 times a second": (edits, 25_000),
    "one object labelled 600 times a second": (labelled, 25_000),
}


class Run:
    """One attack on one engine: how long a write took, early and late, and the longest hold."""

    def __init__(self) -> None:
        self.decoder = Decoder(b"")
        self.engine = Engine("hostile", audited=False)
        self.inventories: dict[str, Inventory] = {}
        self.batch: dict[str, Upsert] = {}
        self.rows = self.stored = 0
        self.longest = 0.0
        self.tick_at = self.commit_at = STARTED

    def take(self, sent: Sent) -> float:
        """Take in one line; returns the seconds that it took, the ticks before it included."""
        line = json.dumps({"type": sent.type, "object": sent.content}).encode()
        began = time.perf_counter()
        self._until(sent.at)
        self._held(began)
        start = time.perf_counter()
        image = self.decoder.event(sent.resource, line).image
        assert image is not None
        inventory = self.inventories.setdefault(sent.resource.key, Inventory(sent.resource))
        change = inventory.apply(sent.type, image, sent.at)  # type: ignore[arg-type]
        self._add(self.engine.apply(change))
        self._held(start)
        return time.perf_counter() - began

    def _until(self, now: float) -> None:
        if now >= self.tick_at:
            self.tick_at = now + TICK
            self._add(self.engine.tick(now))
        if now >= self.commit_at:
            self.commit_at = now + COMMIT
            for upsert in self.batch.values():
                if isinstance(upsert, StepUpsert):
                    self.stored += len(upsert.memo) + len(msgspec.json.encode(upsert.step))
                    self.rows += 1
            self.batch.clear()

    def _add(self, upserts: list[Upsert]) -> None:
        for upsert in upserts:
            if isinstance(upsert, StepUpsert | TraceUpsert):
                key = upsert.id if isinstance(upsert, StepUpsert) else upsert.trace.id
                self.batch[key] = upsert

    def settle(self, now: float) -> None:
        """Let all that is over settle."""
        for seconds in (0.0, 10.0, 120.0, 800.0):
            self.engine.tick(now + seconds, whole=True)
        self.batch.clear()

    def _held(self, since: float) -> None:
        self.longest = max(self.longest, time.perf_counter() - since)


def alone(name: str, size: int) -> None:
    """Run one attack in this process and print its line."""
    collector.relax()
    run, spent, at = Run(), [], STARTED
    before = _resident("VmRSS")
    for sent in ATTACKS[name][0](size):
        spent.append(run.take(sent))
        at = sent.at
    most = _resident("VmHWM")
    run.settle(at)
    tenth = max(len(spent) // 10, 1)
    report.row(
        f"{name} ({size:,})",
        memory_mb=most / 1024,
        longest_hold_ms=run.longest * 1e3,
        dropped=sum(run.engine.left_out.values()),
        first_us=sum(spent[:tenth]) / tenth * 1e6,
        last_us=sum(spent[-tenth:]) / tenth * 1e6,
        seconds=sum(spent),
        rows=run.rows,
        stored_mb=run.stored / 1e6,
        before_mb=before / 1024,
        settled_mb=_resident("VmRSS") / 1024,
    )


def _resident(what: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition(f"{what}:")[2].split()[0])


def main() -> None:
    """Run each attack, or the ones named, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the full size")
    parser.add_argument("names", nargs="*", help="parts of the attacks' names")
    asked = parser.parse_args()
    for name, (_, size) in ATTACKS.items():
        if asked.names and not any(part in name for part in asked.names):
            continue
        program = (
            "from benchmarks.hostile.engine import alone; "
            f"alone({name!r}, {max(int(size * asked.share), 1)})"
        )
        subprocess.run([sys.executable, "-c", program], check=True)  # noqa: S603  Our own program.


if __name__ == "__main__":
    main()
