"""Situations: what people are stuck on, started with kubectl, to find out who holds the baton.

An answer is part of the address, compared with what Baton says, and kept nowhere here.
"""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard import clock, commands, learntabs, practice, status
from dashboard.pages.exercises import elsewhere
from dashboard.pages.lost import lost
from dashboard.pages.page import Page
from dashboard.picture import shown_steps
from dashboard.situation_feed import stage
from dashboard.situations.declared import GROUPS, SITUATIONS, space
from dashboard.situations.judging import (
    HOLDERS,
    NOTHING,
    Answer,
    Verdict,
    diagnosis_words,
    holder_words,
    judged,
)
from dashboard.situations.playing import Played, played
from eventstream import history
from eventstream.explain.vocabulary.diagnoses import DIAGNOSES

_HOLDERS = [(actor, holder_words(actor)) for actor in HOLDERS]
_DIAGNOSES = [(code, diagnosis_words(code)) for code in (NOTHING, *sorted(DIAGNOSES))]


@require_safe
def situations(request: HttpRequest, page: Page) -> HttpResponse:
    """All situations, by number."""
    if practice.shown(request) is None:
        return elsewhere(request)
    groups, number = [], 1
    for title, members in GROUPS:
        groups.append((title, list(enumerate(members, number))))
        number += len(members)
    context = {
        "groups": groups,
        "total": len(SITUATIONS),
        "tabs": learntabs.tabs(request, "situations"),
    }
    return page.drawn(request, status.context(clock.now()) | context)


@require_safe
def situation(request: HttpRequest, page: Page, number: int) -> HttpResponse:
    """One situation: how to start it, the questions, and what came of `?holder=&diagnosis=`."""
    if practice.shown(request) is None:
        return elsewhere(request)
    if not 0 < number <= len(SITUATIONS):
        return lost(request, 404, "No such situation", _NONE.format(len(SITUATIONS)), str(number))
    epoch, seq, now = history.epoch(), history.head(), clock.now()
    stands = played(number)
    answer = Answer(request.GET.get("holder", ""), request.GET.get("diagnosis", ""))
    context = {
        "epoch": epoch,
        "seq": seq,
        "follow": page.follow(str(number)),
        "number": number,
        "about": SITUATIONS[number - 1],
        "space": space(number),
        "commands": commands.for_situation(space(number)),
        "stage": stage(number, stands, now),
        "started": stands.since is not None,
        "answer": answer,
        "verdict": _verdict(number, answer, stands, now),
        "trace": stands.trace,
        "holders": _HOLDERS,
        "diagnoses": _DIAGNOSES,
        "next": number + 1 if number < len(SITUATIONS) else None,
        "tabs": learntabs.tabs(request, "situations"),
    }
    return page.drawn(request, status.context(now) | context)


def _verdict(number: int, answer: Answer, stands: Played, now: float) -> Verdict | None:
    """Return how the answer compares, None without one, or with nothing to compare it with."""
    known = answer.holder in HOLDERS and answer.diagnosis in (NOTHING, *DIAGNOSES)
    if not known or stands.trace is None:
        return None
    steps = shown_steps(stands.trace.id).records
    return judged(SITUATIONS[number - 1], answer, stands.trace, steps, stands.seconds(now))


_NONE = "They have the numbers from 1 to {}. The page Learn lists them."
