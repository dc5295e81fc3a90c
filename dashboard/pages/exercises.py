"""Exercises: what to type into kubectl in the practice cluster, and what Baton saw of it.

No button runs anything: people do. What is done is judged from the steps in history, and the
browser remembers it; nothing is stored here.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard import clock, learntabs, practice, status
from dashboard.exercises import drawing
from dashboard.exercises.declared import BY_SLUG, EXERCISES
from dashboard.exercises.progress import Progress, progress
from dashboard.pages.lost import lost
from dashboard.pages.page import Page
from eventstream import history


@require_safe
def exercises(request: HttpRequest, page: Page) -> HttpResponse:
    """All exercises, and how far each is done."""
    if practice.shown(request) is None:
        return elsewhere(request)
    now = clock.now()
    return page.drawn(request, status.context(now) | _around(request, None))


@require_safe
def exercise(request: HttpRequest, page: Page, slug: str) -> HttpResponse:
    """One exercise: its tasks, and what happened of each."""
    if practice.shown(request) is None:
        return elsewhere(request)
    chosen = BY_SLUG.get(slug)
    if chosen is None:
        return lost(request, 404, "No such exercise", _NO_EXERCISE, slug)
    epoch, seq, now = history.epoch(), history.head(), clock.now()
    number, found = EXERCISES.index(chosen) + 1, progress(chosen)
    parts = drawing.parts(found)
    context = status.context(now) | _around(request, found)
    context |= {
        "epoch": epoch,
        "seq": seq,
        "follow": page.follow(slug),
        "exercise": chosen,
        "number": number,
        "tasks": [(task, parts[f"task-{n}"]) for n, task in enumerate(chosen.tasks, 1)],
        "finished": parts["finished"],
        "next": EXERCISES[number] if number < len(EXERCISES) else None,
    }
    return page.drawn(request, context)


def elsewhere(request: HttpRequest) -> HttpResponse:
    """Return the page that stands here wherever no practice cluster is watched."""
    return lost(request, 404, "Only in the practice cluster", _ELSEWHERE)


def _around(request: HttpRequest, shown: Progress | None) -> dict[str, Any]:
    """Return what stands around an exercise: all of them, with what is done."""
    chosen = shown.exercise if shown is not None else None
    found = (shown if shown and each is chosen else progress(each) for each in EXERCISES)
    return {
        "listed": [drawing.item(each, chosen=each is shown) for each in found],
        "total": len(EXERCISES),
        "tabs": learntabs.tabs(request, "exercises"),
    }


_ELSEWHERE = (
    "Exercises ask you to change and to break things, so they are shown only where Baton watches "
    "the practice cluster that you drive yourself: start it with make practice."
)
_NO_EXERCISE = "There is no exercise of this name. The page Learn lists those that there are."
