"""An observer that was killed goes on as if it had not been, but for gaps, which it declares.

Beside it another one watches the same cluster without a break: what both stored is compared.
"""

import asyncio
import contextlib
import signal
from pathlib import Path

import msgspec
import pytest

from eventstream.explain.vocabulary.records import Step, Trace
from practicecluster.cluster import PracticeCluster
from tests.observe.conftest import StartObserve
from tests.observe.playing import Playing, caught_up
from tests.observe.running import History, Observing, until


class Pair:
    """Two observers of one cluster; `killed` is the one that does not always run."""

    def __init__(self, start: StartObserve, cluster: PracticeCluster, paths: list[Path]) -> None:
        self._start = start
        self._cluster = cluster
        self._kubeconfig, self._without_break, self._with_break = paths
        self._running: Observing | None = None
        self.whole = History(self._without_break)
        self.killed = History(self._with_break)

    async def begin(self) -> None:
        whole = await self._start("--kubeconfig", self._kubeconfig, data=self._without_break)
        await whole.url()
        await self.restart()
        await self.caught_up()

    async def restart(self) -> None:
        started = await self._start("--kubeconfig", self._kubeconfig, data=self._with_break)
        await started.url()
        self._running = started

    async def kill(self) -> None:
        assert self._running is not None
        assert (await self._running.end(signal.SIGKILL)).code == -signal.SIGKILL

    async def caught_up(self) -> None:
        await caught_up(self._cluster, self._without_break)
        await caught_up(self._cluster, self._with_break)


@pytest.fixture
def pair(observe: StartObserve, cluster: PracticeCluster, kubeconfig: Path, tmp_path: Path) -> Pair:
    return Pair(observe, cluster, [kubeconfig, tmp_path / "whole", tmp_path / "killed"])


def told(steps: dict[str, Step]) -> dict[str, Step]:
    """The steps without what is each observer's own: times of arrival, and counted heartbeats."""
    return {
        id_: msgspec.structs.replace(step, at=0.0)
        for id_, step in steps.items()
        if step.verb != "renew"
    }


def standing(traces: dict[str, Trace]) -> dict[str, tuple[object, ...]]:
    """How the traces stand, without times of arrival."""
    return {
        id_: (trace.title, trace.state, trace.holders, trace.diagnosis, trace.steps, trace.cause)
        for id_, trace in traces.items()
    }


async def same_in_the_end(pair: Pair) -> None:
    """Heartbeats and traces follow within a moment; fails with the difference if they do not."""

    def same() -> bool:
        return told(pair.killed.steps()) == told(pair.whole.steps()) and (
            standing(pair.killed.traces()) == standing(pair.whole.traces())
        )

    with contextlib.suppress(AssertionError):
        await until(same, "both have stored the same")
    assert told(pair.killed.steps()) == told(pair.whole.steps())
    assert standing(pair.killed.traces()) == standing(pair.whole.traces())


@pytest.mark.parametrize(("tape", "at"), [("rolling_update", 90), ("create", 25), ("operator", 60)])
async def test_killed_in_the_midst_of_it_nothing_is_doubled_or_missing(
    tape: str, at: int, pair: Pair, cluster: PracticeCluster
) -> None:
    recording = Playing(cluster, tape, seconds=3.0)
    await pair.begin()
    await recording.play(until_write=at - 10)
    going_on = asyncio.create_task(recording.play(until_write=at + 20))
    await recording.reached(at)
    await pair.kill()
    epoch, seq = pair.killed.installation()
    before = pair.killed.traces()
    await going_on
    await pair.restart()
    await recording.play()
    await pair.caught_up()
    await same_in_the_end(pair)
    assert pair.killed.gaps() == []
    assert before.keys() <= pair.killed.traces().keys()
    again, higher = pair.killed.installation()
    assert again == epoch
    assert higher > seq
    seqs = pair.killed.seqs()
    assert len(set(seqs)) == len(seqs)


async def test_what_went_while_history_was_compacted_is_a_gap_and_vanished(
    pair: Pair, cluster: PracticeCluster
) -> None:
    recording = Playing(cluster, "scale", seconds=1.0)
    await pair.begin()
    half = recording.writes // 2
    await recording.play(until_write=half)
    await pair.caught_up()
    await pair.kill()
    before = pair.killed.steps()
    await recording.play()
    cluster.store.compact()
    await pair.restart()
    await pair.caught_up()

    steps, whole = pair.killed.steps(), pair.whole.steps()
    gaps = {gap.resource.key: gap for gap in pair.killed.gaps()}
    assert {"v1/pods", "apps/v1/deployments", "apps/v1/replicasets"} <= gaps.keys()
    missing = [step for id_, step in whole.items() if id_ not in steps]
    assert missing
    for step in missing:
        gap = gaps[plural(step)]
        assert int(gap.from_version) < int(step.resource_version) <= int(gap.to_version), step
    assert before.keys() <= steps.keys()
    vanished = [step for step in steps.values() if step.change_type == "VANISHED"]
    gone = {step.object.name for step in whole.values() if step.change_type == "DELETED"}
    assert {step.object.name for step in vanished} == gone
    assert gone
    assert all(step.verb == "delete" for step in vanished)
    assert pair.whole.gaps() == []


def plural(step: Step) -> str:
    """The resource of a step's object, as gaps name it."""
    return f"{step.object.api_version}/{step.object.kind.lower()}s"
