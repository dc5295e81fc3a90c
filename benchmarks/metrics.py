"""What metrics cost: counting on the event loop, and an answer with every place taken."""

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import django
import msgspec
from django.core.management import call_command

from benchmarks.decode import PODS, TICK_EVERY, changes
from benchmarks.stream import pod_watch
from eventstream import metrics
from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import ObjectRef, Trace, TraceUpsert, Upsert
from eventstream.metrics import Counting
from eventstream.metrics.places import PLACES_MOST, TYPES_MOST
from eventstream.metrics.traces import STALLS_MOST
from eventstream.objects.inventory import Inventory
from eventstream.objects.observations import Change

PODS_WATCHED, EVENTS = 1_250, 10_000


class Queue:
    """Something that stores nothing."""

    commits = metrics.Commits()
    pending = limit = 0


def counted() -> tuple[float, int]:
    """Return the seconds of CPU that counting took for EVENTS, and how many steps they made."""
    engine = Engine(cluster="benchmark", audited=False)
    taken: list[tuple[Change | None, list[Upsert]]] = []
    for number, change in enumerate(changes(pod_watch(PODS_WATCHED, EVENTS), Inventory(PODS)), 1):
        taken.append((change, engine.apply(change)))
        if number % TICK_EVERY == 0:
            taken.append((None, engine.tick(change.at)))
    counting = Counting()
    began = time.process_time()
    for observation, upserts in taken:
        counting.take(observation, upserts)
    return time.process_time() - began, counting.steps


def trace(number: int, state: str, kind: str, **more: object) -> Trace:
    """A trace in a namespace of its own."""
    root = ObjectRef("example.org/v1", kind, f"namespace-{number}", f"app-{number}", f"{number}")
    fields: dict[str, Any] = {
        **dict.fromkeys(("title", "cause", "holder_name", "waiting_for", "summary"), ""),
        **dict.fromkeys(("holder", "waiting_since", "diagnosis", "ended")),
        "id": f"{number}-{state}",
        "root": root,
        "state": state,
        "holders": {},
        "started": 0.0,
        "steps": 1,
        "sources": (),
    }
    return Trace(**(fields | more))


def fill(counting: Counting) -> None:
    """Take every place that there is."""
    for number in range(PLACES_MOST + TYPES_MOST + 100):
        kind = "Deployment" if number < PLACES_MOST else f"Kind{number}"
        ended = trace(number, "complete", kind, ended=float(number))
        settled = trace(number, "complete", kind, ended=float(number), settled=True)
        for each in (
            ended,
            settled,
            trace(number, "running", kind),
            trace(number, "unknown", kind),
        ):
            counting.take(None, [TraceUpsert(each)])
    for number in range(STALLS_MOST):
        stalled = trace(number % PLACES_MOST, "stalled", "Deployment", diagnosis=f"code-{number}")
        counting.take(None, [TraceUpsert(msgspec.structs.replace(stalled, id=str(number)))])


def answered() -> tuple[float, bytes]:
    """Return what an answer with all names takes (seconds of CPU), and the answer."""
    from dashboard.metrics import gathering, named
    from dashboard.metrics.exposition import text
    from eventstream.history import EVERYTHING

    began = time.process_time()
    read = gathering.known()
    covered = read.covered if read is not None else []
    samples = [*gathering.of_process(read), *named.of_cluster(covered, EVERYTHING)]
    body, _ = text(samples, "")
    return time.process_time() - began, body


def main() -> None:
    """Measure in a temporary directory."""
    with tempfile.TemporaryDirectory() as directory:
        os.environ["BATON_DATA"] = str(Path(directory))
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
        django.setup()
        call_command("migrate", verbosity=0)
        seconds, steps = counted()
        print(f"\n{EVENTS:,} events made {steps:,} steps")
        print(f"  counting       {seconds / EVENTS * 1e6:10.2f} µs/event")
        fill(metrics.observing(Queue()))
        answered()  # What is made once.
        seconds, body = answered()
        series = sum(not line.startswith(b"#") for line in body.splitlines())
        print(f"an answer with every place taken: {series:,} series, {len(body) / 2**10:,.0f} KiB")
        print(f"  made in        {seconds * 1e3:10.0f} ms of CPU, in a thread of its own")


if __name__ == "__main__":
    main()
