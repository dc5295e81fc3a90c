"""Draws how far an exercise is done, as the parts of the page that change."""

from typing import Any

from django.utils.safestring import SafeString

from dashboard import rendering
from dashboard.exercises.exercise import Exercise
from dashboard.exercises.progress import Progress, progress


def parts(exercise: Exercise) -> dict[str, SafeString]:
    """Return what changes as the exercise is done, by the id of its element."""
    found = progress(exercise)
    drawn = {
        f"task-{number}": rendering.draw("exercise_task", number=number, each=each)
        for number, each in enumerate(found.tasks, 1)
    }
    return drawn | {
        f"exercise-{exercise.slug}": rendering.draw("exercise_item", **_item(found, chosen=True)),
        "finished": rendering.draw("exercise_finished", done=found.done, exercise=exercise),
    }


def item(exercise: Exercise, *, chosen: bool) -> SafeString:
    """Return an exercise in the list of all."""
    return rendering.draw("exercise_item", **_item(progress(exercise), chosen=chosen))


def _item(found: Progress, *, chosen: bool) -> dict[str, Any]:
    return {
        "exercise": found.exercise,
        "done": found.done,
        "count": found.count,
        "tasks": len(found.tasks),
        "chosen": chosen,
    }
