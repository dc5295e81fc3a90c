"""The reference: all that Baton can say of a cluster, from the data by which the engine decides.

Nothing is written twice, so no entry can be out of date; each links what it rests on.
"""

import msgspec
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard import clock, status
from dashboard.pages.page import Page
from eventstream.explain.vocabulary.diagnoses import DIAGNOSES
from eventstream.explain.vocabulary.documented import creation, operators, words
from eventstream.explain.vocabulary.documented.creation import DocumentedStep
from eventstream.explain.vocabulary.documented.rules import RULE_GROUPS
from eventstream.explain.vocabulary.registry import ACTORS


class StepGroup(msgspec.Struct, frozen=True):
    """Documented steps under one heading."""

    title: str
    lead: str
    steps: tuple[DocumentedStep, ...]


STEP_GROUPS = (
    StepGroup(
        "Creating a Deployment: sixteen steps",
        "What follows when a client asks for a Deployment of three replicas.",
        creation.CREATION,
    ),
    StepGroup(
        "Within step 12: how a node starts a Pod",
        "The parts of the kubelet's work, as far as it tells of them.",
        creation.START,
    ),
    StepGroup(
        "What follows the sixteen",
        "In the same trace, until the Deployment is available.",
        creation.FOLLOWING,
    ),
    StepGroup(
        "Operators",
        "A new type, an object of it, and the controller that acts.",
        (*operators.TYPE, operators.REQUEST, *operators.LOOP, operators.BUILT_IN),
    ),
)


@require_safe
def reference(request: HttpRequest, page: Page) -> HttpResponse:
    """Every documented step, actor, grade, verb, diagnosis and rule, each with an anchor."""
    context = status.context(clock.now()) | {
        "step_groups": STEP_GROUPS,
        "actors": sorted(ACTORS.values(), key=lambda actor: actor.lane),
        "grades": words.GRADES,
        "verbs": words.VERBS,
        "diagnoses": DIAGNOSES.values(),
        "rule_groups": RULE_GROUPS.items(),
        "rules": sum(map(len, RULE_GROUPS.values())),
    }
    return page.drawn(request, context)
