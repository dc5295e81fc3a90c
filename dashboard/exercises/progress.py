"""How far somebody is in an exercise: judged from the steps that Baton stored, and nothing else."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable

import msgspec

from dashboard.exercises.exercise import Exercise, Expected, Sign, Task
from eventstream import history
from eventstream.explain.vocabulary.records import Step

WRITES_MOST = 300
"""So many of the newest writes to objects of a name are looked through for one sign."""

Found = Callable[[Sign, float], Step | None]
"""Gives the first step from a time (unix seconds) on that shows a sign."""


class Seen(msgspec.Struct, frozen=True):
    """One expected thing; `step` shows it, None while none does.

    `due` is the first that is still to come. `after` is seconds since the task's first step.
    """

    expected: Expected
    step: Step | None = None
    due: bool = False
    after: float = 0.0


class TaskDone(msgspec.Struct, frozen=True):
    """A task, and how much of it happened."""

    task: Task
    seen: tuple[Seen, ...]

    @property
    def done(self) -> bool:
        """Whether all of it happened."""
        return all(each.step is not None for each in self.seen)

    @property
    def due(self) -> bool:
        """Whether it is the one to do now."""
        return any(each.due for each in self.seen)


class Progress(msgspec.Struct, frozen=True):
    """An exercise, and how far it is done."""

    exercise: Exercise
    tasks: tuple[TaskDone, ...]

    @property
    def done(self) -> bool:
        """Whether all tasks are done."""
        return all(each.done for each in self.tasks)

    @property
    def count(self) -> int:
        """How many tasks are done."""
        return sum(each.done for each in self.tasks)


def progress(exercise: Exercise) -> Progress:
    """Return how far an exercise is done, by what history holds for whoever asks."""
    return judged(exercise, _remembered.found)


def judged(exercise: Exercise, found: Found) -> Progress:
    """Return how far an exercise is done, by the step that `found` gives for each sign."""
    tasks: list[TaskDone] = []
    at, due = float("-inf"), True
    for task in exercise.tasks:
        seen: list[Seen] = []
        for expected in task.expected:
            # What comes before is done: it is this one's turn.
            step = found(expected.sign, at) if due else None
            if step is not None and not seen:
                at = step.at  # Whoever is quick begins the next task while this one's end is due.
            after = step.at - at if step is not None else 0.0
            seen.append(Seen(expected, step, due=due and step is None, after=after))
            due = step is not None
        tasks.append(TaskDone(task, tuple(seen)))
    return Progress(exercise, tuple(tasks))


def _first(steps: Iterable[Step], sign: Sign, at: float) -> Step | None:
    """Return the first step from `at` on that shows a sign."""
    return next((step for step in steps if step.at >= at and sign.shows(step)), None)


class Remembered:
    """Which step showed which sign, so that a busy cluster is not looked through again and again.

    A step is read again all the same: it may have come to be told otherwise, or be gone.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._ids: OrderedDict[Hashable, str] = OrderedDict()
        self._lock = threading.Lock()

    def found(self, sign: Sign, at: float) -> Step | None:
        """Return the first write from `at` on that shows a sign, as far as history is kept."""
        key = history.current(), history.epoch(), history.seen().digest, sign, at
        known = self._known(key)
        if known is not None and sign.shows(known):
            return known
        step = _first(stored(sign), sign, at)
        if step is not None:
            with self._lock:
                self._ids[key] = step.id
                if len(self._ids) > self._size:
                    self._ids.popitem(last=False)
        return step

    def _known(self, key: Hashable) -> Step | None:
        with self._lock:
            id_ = self._ids.get(key)
        kept = history.step(id_) if id_ is not None else None
        return kept.record if kept is not None else None


_remembered = Remembered(1024)


def stored(sign: Sign) -> list[Step]:
    """Return the newest writes that may show a sign, the oldest of them first."""
    wanted = history.LedgerFilter(
        namespace=sign.namespace or None,
        kind=sign.kind,
        actor=sign.actor or None,
        text=sign.name,
    )
    page = history.ledger(wanted, limit=WRITES_MOST)
    return [each.record for each in reversed(page.rows)]
