"""Draws how far an exercise is done, as the parts of the page that change."""

from typing import Any

from django.utils.safestring import SafeString

from dashboard import rendering
from dashboard.exercises.progress import Progress


def parts(found: Progress) -> dict[str, SafeString]:
    """Return what changes as an exercise is done, by the id of its element."""
    exercise = found.exercise
    drawn = {
        f"task-{number}": rendering.draw("exercise_task", number=number, each=each)
        for number, each in enumerate(found.tasks, 1)
    }
    return drawn | {
        f"exercise-{exercise.slug}": item(found, chosen=True),
        "finished": rendering.draw("exercise_finished", done=found.done, exercise=exercise),
    }


def item(found: Progress, *, chosen: bool) -> SafeString:
    """Return an exercise in the list of all."""
    context: dict[str, Any] = {
        "exercise": found.exercise,
        "done": found.done,
        "count": found.count,
        "tasks": len(found.tasks),
        "chosen": chosen,
    }
    return rendering.draw("exercise_item", **context)
