"""What joining audit records costs: a record alone, however many there are, and in a burst.

One Deployment comes up in one namespace: the hardest place, since the requests that make its Pods
name none, and its ReplicaSet and it report all the time. Each Pod relives a recorded one, with
the requests of the recorded audit log. The time is this process's, so that other work on the
machine does not count.
"""

import gc
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from msgspec.structs import replace

from eventstream import collector
from eventstream.explain.attribution.writers import writer
from eventstream.explain.audit.trail import AuditTrail
from eventstream.explain.engine.engine import Engine
from eventstream.explain.world.world import World
from eventstream.explain.world.writes import Write
from eventstream.objects.images import FieldsEntry, Image, Metadata
from eventstream.objects.observations import AuditRecord, Change, Observation
from scripts.accuracy import observations

AIM_MICROSECONDS = 40.0
SIZES = (1_000, 10_000, 100_000)
WINDOW = 120.0
"""Seconds for which requests and versions wait for each other: the records of a size fill them."""

BURST_WRITES = 1_488
BURST_SECONDS = 1.5
TICK = 0.2
REPORT_EVERY = 10

_STARTED = 1_795_392_000.0


class Pair(NamedTuple):
    """One write and the request that made it."""

    change: Change
    record: AuditRecord


def cluster(writes: int, seconds: float) -> list[Observation]:
    """So many writes with their requests within `seconds`, in order of time."""
    history, owners = _recorded()
    each = len(history) * (1 + len(owners) / REPORT_EVERY)
    pods = round(writes / each)
    pairs = [
        pair
        for number in range(pods)
        for pair in _relived(history, number, _STARTED + number * seconds / pods)
    ]
    pairs.sort(key=lambda pair: pair.change.at)
    shown: list[Observation] = []
    for pair in _numbered(pairs, owners):
        shown.extend(pair)
    return sorted(shown, key=lambda observation: observation.at)


def _recorded() -> tuple[list[Pair], list[Pair]]:
    """The history of one Pod, and a report of each of its owners."""
    shown = observations("create", audit=True)
    records = [each for each in shown if isinstance(each, AuditRecord) and not each.refused]
    changes = [each for each in shown if isinstance(each, Change)]
    first = next(each for each in changes if each.after.kind == "Pod")
    made = next(r for r in records if r.resource.plural == "pods" and not r.name)
    own = [each for each in changes if each.after.uid == first.after.uid]
    named = [r for r in records if r.name == first.after.metadata.name]
    history = [Pair(*both) for both in zip(own, [made, *named], strict=True)]
    return history, [_report(changes, records, kind) for kind in ("replicasets", "deployments")]


def _report(changes: list[Change], records: list[AuditRecord], plural: str) -> Pair:
    *_, change = (each for each in changes if each.resource.plural == plural)
    *_, record = (each for each in records if each.resource.plural == plural)
    return Pair(change, record)


def _relived(history: list[Pair], number: int, start: float) -> Iterator[Pair]:
    """The same as another Pod's, from `start` on."""
    later = start - history[0].record.received
    stamps: dict[str, str] = {}
    before: Image | None = None
    made = history[0].change.after.metadata
    name, uid = f"{made.generate_name}{number:06}", f"uid-{number:06}"
    for turn, (change, asked) in enumerate(history):
        record = replace(
            asked,
            audit_id=f"{uid}-{turn}",
            received=asked.received + later,
            at=asked.at + later,
            name=asked.name and name,
            uid=asked.uid and uid,
        )
        after = change.after
        metadata = _stamped(replace(after.metadata, name=name, uid=uid), stamps, record)
        after = replace(after, metadata=metadata)
        yield Pair(replace(change, after=after, before=before, at=change.at + later), record)
        before = after


def _stamped(metadata: Metadata, stamps: dict[str, str], record: AuditRecord) -> Metadata:
    """Each of the server's timestamps as it was first given: in the middle of its request."""
    middle = datetime.fromtimestamp(int((record.received + record.at) / 2), UTC)
    text = f"{middle:%Y-%m-%dT%H:%M:%SZ}"
    entries: list[FieldsEntry] = []
    for entry in metadata.managed_fields:
        key = f"{entry.manager}/{entry.subresource}/{len(bytes(entry.fields))}"
        entries.append(replace(entry, time=stamps.setdefault(key, text)))
    created = stamps.setdefault("created", text)
    return replace(metadata, creation_timestamp=created, managed_fields=tuple(entries))


def _numbered(pairs: list[Pair], owners: list[Pair]) -> Iterator[Pair]:
    """With resourceVersions in order, and a report of each owner after every tenth write."""
    latest: dict[str, Image] = {}
    version = 0
    for number, pair in enumerate(pairs):
        due = [pair]
        if number % REPORT_EVERY == 0:
            due.extend(_reported(owner, pair.change.at, number) for owner in owners)
        for change, record in due:
            version += 1
            before = latest.get(change.after.uid)
            metadata = replace(change.after.metadata, resource_version=str(version))
            after = latest[change.after.uid] = replace(change.after, metadata=metadata)
            kind = "MODIFIED" if before is not None else "ADDED"
            known = before.version if before is not None and record.resource_version else ""
            yield Pair(
                replace(change, type=kind, after=after, before=before),
                replace(record, resource_version=known),
            )


def _reported(owner: Pair, at: float, number: int) -> Pair:
    change, record = owner
    record = replace(record, audit_id=f"{change.after.uid}-{number}", received=at - 0.01, at=at)
    metadata = _stamped(change.after.metadata, {}, record)
    status = replace(change.after.status, replicas=number)
    after = replace(change.after, metadata=metadata, status=status)
    return Pair(replace(change, after=after, at=at + 0.001), record)


class Joined(NamedTuple):
    """What the join alone took: CPU time in µs a record, and how many writes have a request."""

    microseconds: float
    writes: int
    found: int


def joined(shown: list[Observation]) -> Joined:
    """Only the join, at the ticks of a live cluster."""
    world, writes = World(), list[Write]()
    taken: list[AuditRecord | Write] = []
    for observation in shown:
        if isinstance(observation, Change):
            write = world.add(observation, base=False)
            assert write is not None
            write.decision.who = writer(write)  # As the engine has found out by then.
            writes.append(write)
            taken.append(write)
        elif isinstance(observation, AuditRecord):
            taken.append(observation)
    trail = AuditTrail(World())
    gc.collect()
    began = time.process_time()
    _fold(trail, taken)
    spent = time.process_time() - began
    found = sum(write.decision.audit is not None for write in writes)
    return Joined(spent / (len(taken) - len(writes)) * 1e6, len(writes), found)


def _fold(trail: AuditTrail, taken: list[AuditRecord | Write]) -> None:
    due = now = 0.0
    for each in taken:
        now = each.at if isinstance(each, AuditRecord) else each.change.at
        if now >= due:
            trail.join(now)
            due = now + TICK
        if isinstance(each, AuditRecord):
            trail.take(each)
        else:
            trail.note(each)
    trail.join(now + TICK, whole=True)


def explained(shown: list[Observation], tick: float) -> float:
    """CPU seconds of the whole engine."""
    engine, due = Engine(cluster="benchmark"), 0.0
    gc.collect()
    began = time.process_time()
    for observation in shown:
        engine.apply(observation)
        if observation.at >= due:
            engine.tick(observation.at)
            due = observation.at + tick
    engine.tick(shown[-1].at + WINDOW / 4, whole=True)
    return time.process_time() - began


def main() -> None:
    """Print what a record costs at each size, and what a burst does with and without its log."""
    collector.relax()  # As `observe` does.
    sizes = [int(argument) for argument in sys.argv[1:]] or SIZES
    print(f"Joining alone, records over {WINDOW:.0f} s (aim: under {AIM_MICROSECONDS:.0f} µs)")
    print(f"{'records':>10}{'CPU µs/record':>16}{'writes joined':>16}")
    for size in sizes:
        cost, writes, found = joined(cluster(size, WINDOW))
        print(f"{size:>10,}{cost:>16.1f}{found / writes:>16.1%}", flush=True)
    shown = cluster(BURST_WRITES, BURST_SECONDS)
    changes = [each for each in shown if isinstance(each, Change)]
    print(f"\nA burst of {len(changes):,} writes, explained")
    print(f"{'ticks':<24}{'without its log':>17}{'with':>9}")
    for title, tick in {"each 0.2 s": TICK, "after each observation": 0.0}.items():
        without, with_log = explained([*changes], tick), explained(shown, tick)
        print(f"{title:<24}{without:>15.2f} s{with_log:>7.2f} s", flush=True)


if __name__ == "__main__":
    main()
