"""Tells the recordings again and again, each time somewhere else, to fill a large history.

Each telling has names, ids and versions of its own, and is stored as Baton stores what it sees.
"""

import asyncio
import random
import re
import time

import msgspec
from msgspec.structs import replace

from benchmarks.clusters import NAMESPACE, recorded_clusters
from benchmarks.store import tapes_explained
from eventstream.explain.engine.tracelog import as_settled
from eventstream.explain.vocabulary.records import Step, StepUpsert, Trace, TraceUpsert, Upsert

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
        pods = {step.object.name for step in steps.values() if step.object.kind == "Pod"}
        ends = {name.rpartition("-")[2] for name in pods}
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


async def fill(steps: int) -> None:
    """Store so many steps or some more, by the recorder."""
    from benchmarks.store import Cluster
    from eventstream.recorder import Recorder  # Django's models, so only after its set-up.

    tellings, recorder = Tellings(), Recorder(Cluster(), limit=1_000_000)
    stored = number = 0
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
