"""Prints what the engine decides of recordings, flows and clusters: `python -m … [--renamed]`."""

import json
import sys
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

CLUSTERS = range(3)


def decisions() -> Iterator[list[Any]]:
    """What was decided, one of all steps and traces after the other, and sentences between."""
    from tests.explain.flow import APART, Flow
    from tests.explain.simulation.cluster import merged, streams
    from tests.explain.simulation.weeks import lived_whole
    from tests.explain.tapes import NAMES, observations
    from tests.explain.test_flows import FLOWS

    for name in NAMES:
        yield from _decided(name, observations(name))
    for tell in FLOWS:
        flow = Flow(APART)
        tell(flow)
        yield from _decided(tell.__name__, flow.shown)
    for seed in CLUSTERS:
        cluster = streams(lived_whole(seed), Random(seed))
        yield from _decided(f"cluster {seed}", merged(cluster))


def _decided(name: str, shown: Sequence[Any]) -> Iterator[list[Any]]:
    """The last decision about each step, and all judgements of each trace, in time."""
    from eventstream.explain.engine.engine import Engine
    from eventstream.explain.vocabulary.records import StepUpsert, TraceUpsert

    engine, steps, judged = Engine("cluster"), {}, []
    for observation in shown:
        for upsert in (*engine.apply(observation), *engine.tick(observation.at)):
            if isinstance(upsert, StepUpsert):
                steps[upsert.id] = upsert.step
            elif isinstance(upsert, TraceUpsert):
                trace = upsert.trace
                stood = (trace.state, trace.holder, trace.diagnosis, trace.waiting_since)
                judged.append([trace.id, *stood, trace.holders, trace.background, trace.ended])
    for step in sorted(steps.values(), key=lambda step: step.id):
        decided = (step.trace, step.rule, step.actor, step.verb, step.causes, step.documented)
        yield [step.id, *decided, step.grades.who, step.grades.why]
    yield from judged
    yield ["said", name, next(iter(steps.values())).what]


def main() -> None:
    """Print each decision, a line each."""
    if "--renamed" in sys.argv:
        from tests.explain.renaming import words

        words.install()
    for decision in decisions():
        sys.stdout.write(f"{json.dumps(decision)}\n")


if __name__ == "__main__":
    main()
