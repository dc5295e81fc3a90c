"""Reads the shipped recordings for tests of the engine, and folds them."""

from functools import cache
from pathlib import Path

from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import (
    Step,
    StepRemoved,
    StepUpsert,
    Trace,
    TraceUpsert,
    Upsert,
    WaitsSeen,
)
from eventstream.objects.decoding import Decoder
from eventstream.objects.observations import Change, Observation
from eventstream.tapelines import BadLine
from eventstream.tapes import TapeReader

TAPES = Path(__file__).parents[2] / "practicecluster" / "tapes"
NAMES = sorted(path.stem for path in TAPES.glob("*.jsonl"))
LONG_AFTER = 5.0


@cache
def observations(name: str) -> tuple[Observation, ...]:
    """Everything that a shipped tape shows, in order of arrival."""
    shown: list[Observation] = []
    for number, found in TapeReader(Decoder(b"tests")).read(TAPES / f"{name}.jsonl"):
        assert not isinstance(found, BadLine), (number, found)
        shown.extend(found)
    return tuple(shown)


def streams(name: str) -> dict[str, list[Observation]]:
    """The same, one list a resource: what one watch delivered, in its order."""
    found: dict[str, list[Observation]] = {}
    for observation in observations(name):
        found.setdefault(observation.resource.key, []).append(observation)
    return found


class Result:
    """The final revisions of steps, traces and waits."""

    def __init__(self) -> None:
        self.steps: dict[str, Step] = {}
        self.traces: dict[str, Trace] = {}
        self.waits: dict[str, WaitsSeen] = {}

    def take(self, upserts: list[Upsert]) -> None:
        """Keep the latest revision of each."""
        for upsert in upserts:
            if isinstance(upsert, StepUpsert):
                self.steps[upsert.id] = upsert.step
            elif isinstance(upsert, StepRemoved):
                self.steps.pop(upsert.id, None)
                self.traces.pop(upsert.id, None)
            elif isinstance(upsert, TraceUpsert):
                self.traces[upsert.trace.id] = upsert.trace
            else:
                self.waits[upsert.waits.key] = upsert.waits

    def of(self, kind: str) -> list[Step]:
        """The steps about objects of one kind, in order of resourceVersion."""
        found = [step for step in self.steps.values() if step.object.kind == kind]
        return sorted(found, key=lambda step: int(step.resource_version))


def fold(shown: list[Observation] | tuple[Observation, ...]) -> Result:
    """What the engine says of these observations, judged once at their end."""
    engine = Engine("cluster")
    result = Result()
    for observation in shown:
        result.take(engine.apply(observation))
    result.take(engine.tick(max(observation.at for observation in shown) + LONG_AFTER))
    return result


def changes(name: str) -> list[Change]:
    """The tape's changes alone."""
    return [shown for shown in observations(name) if isinstance(shown, Change)]
