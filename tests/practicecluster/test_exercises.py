"""The exercises, driven by the real kubectl: each command works, and Baton's steps show it done.

All share one cluster, whose controllers hurry: what they wait for takes a tenth of its time.
"""

import asyncio
import os
import time
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path

import pytest

from dashboard.exercises.declared import BY_SLUG, EXERCISES
from dashboard.exercises.exercise import Exercise, Sign
from dashboard.exercises.progress import Progress, judged
from eventstream.explain.vocabulary.records import Step
from practicecluster.cluster import PracticeCluster
from practicecluster.controllers import running
from practicecluster.controllers.clock import RealClock
from practicecluster.controllers.running import Staff
from practicecluster.kubeconfig import write_kubeconfig
from tests.deploy.programs import program
from tests.practicecluster.folding import Folded

HURRY = 10.0
SOON = 90.0
TOGETHER = (("create", "scale", "break", "kill", "roll"), ("quota",), ("operator", "who"))
"""Exercises that do not meet; of those in one list each goes on with what the one before left."""


BEGAN, _AT = time.time(), time.monotonic()


def hurried() -> float:
    """The time in unix seconds where all goes faster."""
    return BEGAN + (time.monotonic() - _AT) * HURRY


class Hurried(RealClock):
    """A clock of that time."""

    @property
    def now(self) -> float:  # type: ignore[override] # It moves by itself.
        return hurried()

    def at(self, due: float, call: Callable[[], None]) -> None:
        super().at(time.monotonic() + (due - hurried()) / HURRY + self._apart, call)


class Learner:
    """Somebody who types commands, and a Baton that watches."""

    def __init__(self, cluster: PracticeCluster, directory: Path) -> None:
        self._folded = Folded(cluster.store)
        config, kubectl = directory / "kubeconfig", Path(program("kubectl")).parent
        write_kubeconfig(cluster.kubeconfig("kubernetes-admin"), config)
        path = f"{kubectl}{os.pathsep}{os.environ['PATH']}"
        self._environment = {"PATH": path, "KUBECONFIG": str(config), "HOME": str(directory)}

    async def does(self, exercise: Exercise) -> None:
        """Do an exercise, each task when the one before has shown; all in one terminal."""
        shell = await asyncio.create_subprocess_exec(
            "sh", stdin=PIPE, stdout=PIPE, stderr=STDOUT, env=self._environment
        )
        assert shell.stdin is not None
        for number, task in enumerate(exercise.tasks, 1):
            command = task.command.replace("--timeout=15s", "--timeout=1s")
            shell.stdin.write(f"{command}\n".encode())
            if not await self._shows(exercise, number):
                shell.terminate()
                said, _ = await shell.communicate()
                pytest.fail(f"{exercise.slug}: {self.missing(exercise)}; kubectl said: {said!r}")
        shell.stdin.close()
        said, _ = await asyncio.wait_for(shell.communicate(), SOON)
        assert b"unknown" not in said, said

    async def _shows(self, exercise: Exercise, tasks: int) -> bool:
        deadline = time.monotonic() + SOON
        while self.progress(exercise).count < tasks:
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.1)
        return True

    def progress(self, exercise: Exercise) -> Progress:
        self._folded.look(hurried())
        steps = sorted(self._folded.steps.values(), key=lambda step: step.at)
        return judged(exercise, lambda sign, at: first(steps, sign, at))

    def missing(self, exercise: Exercise) -> list[str]:
        found = self.progress(exercise).tasks
        return [seen.expected.words for task in found for seen in task.seen if seen.step is None]


def first(steps: Iterable[Step], sign: Sign, at: float) -> Step | None:
    return next((step for step in steps if step.at >= at and sign.shows(step)), None)


@pytest.fixture
async def learner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Learner]:
    monkeypatch.setattr(running, "RealClock", Hurried)
    async with PracticeCluster(writable=True, tls=True, history=100_000, now=hurried) as cluster:
        staff = Staff(cluster.address())
        await asyncio.to_thread(staff.start)
        yield Learner(cluster, tmp_path)
        await asyncio.to_thread(staff.end)


async def test_whoever_types_what_the_exercises_say_does_them_all(learner: Learner) -> None:
    async def one_after_the_other(slugs: Iterable[str]) -> None:
        for slug in slugs:
            await learner.does(BY_SLUG[slug])

    async with asyncio.TaskGroup() as group:
        for slugs in TOGETHER:
            group.create_task(one_after_the_other(slugs))
    await one_after_the_other({each.slug for each in EXERCISES} - {s for t in TOGETHER for s in t})
    assert [each.slug for each in EXERCISES if not learner.progress(each).done] == []
