"""Scores the engine's explanation of a simulated cluster against what the cluster truly did."""

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from eventstream.explain.vocabulary.records import Step
from practicecluster.controllers.api import Written
from tests.explain.simulation.cluster import Cluster, Streams, merged
from tests.explain.tapes import Result, fold


class Score(msgspec.Struct):
    """How many writes there were, how many got an unknown writer, and what is plainly wrong."""

    writes: int = 0
    unknown: int = 0
    wrong: list[str] = msgspec.field(default_factory=list)
    unknowns: Counter[str] = msgspec.field(default_factory=Counter)

    def add(self, other: "Score") -> None:
        """Take in another run."""
        self.writes += other.writes
        self.unknown += other.unknown
        self.wrong += other.wrong
        self.unknowns.update(other.unknowns)


def total(lives: Iterable[tuple[Cluster, Streams]], *, complete: bool = True) -> Score:
    """The score of several clusters' histories, each told in the order of arrival."""
    score = Score()
    for cluster, shown in lives:
        score.add(scored(cluster, fold(merged(shown)), complete=complete))
    return score


def scored(cluster: Cluster, told: Result, *, complete: bool = True) -> Score:
    """The score of one telling; `complete` says that each write was shown."""
    score = Score()
    steps: dict[tuple[str, str], Step] = {}
    for step in told.steps.values():
        if step.change_type == "VANISHED":
            continue  # It has the version that was last seen, and tells of no write.
        key = step.object.uid, step.resource_version
        if key in steps and step.resource_version:
            score.wrong.append(f"two steps for {key}")
        steps[key] = step
    for key, written in cluster.truth().items():
        found = steps.get(key)
        if found is None:
            if complete:
                score.wrong.append(f"no step for {described(written)}")
            continue
        score.writes += 1
        if found.actor == "unknown" and written.who.actor != "unknown":
            score.unknown += 1
            score.unknowns[f"{written.who.actor} {written.type} {written.kind}: {found.rule}"] += 1
        elif found.actor != written.who.actor:
            score.wrong.append(
                f"{described(written)}: {found.actor}, by {found.rule}: {found.what} / {found.why}"
            )
    score.wrong += disconnected(told)
    return score


def described(written: Written) -> str:
    """One write as a line of a story."""
    metadata = written.thing["metadata"]
    version = metadata["resourceVersion"]
    at = written.at - 1_800_000_000
    who = f"{written.who.actor} ({written.who.manager})"
    return f"{at:.3f} {version} {written.type} {written.kind} {metadata['name']} by {who}"


def disconnected(told: Result) -> Iterator[str]:
    """What of the traces is no tree: a cause that is not there, is elsewhere or comes later."""
    roots: Counter[str] = Counter()
    for step in told.steps.values():
        if step.trace not in told.traces:
            yield f"{step.what}: no trace {step.trace}"
            continue
        if step.cause is None:
            roots[step.trace] += 1
            continue
        cause = told.steps.get(step.cause)
        if cause is None:
            yield f"{step.what}: its cause has no step"
        elif cause.trace != step.trace:
            yield f"{step.what}: its cause is of another trace"
        elif step.resource_version and int(cause.resource_version) >= int(step.resource_version):
            yield f"{step.what}: its cause comes after it"
    for key, trace in told.traces.items():
        if not trace.existing and roots[key] != 1:
            yield f"trace {trace.title}: {roots[key]} steps without a cause"


def story(cluster: Cluster, uid: str) -> list[str]:
    """The writes of one object, for a person to see what happened."""
    return [described(w) for w in cluster.written if w.thing["metadata"]["uid"] == uid]
