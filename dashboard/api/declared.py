"""The addresses of the API, a declaration each: what it takes, what it answers, whom it is for.

Addresses, their decisions and the description of it all (`dashboard.api.openapi`) derive from it.
"""

import logging
from collections.abc import Callable

import msgspec
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.api import answering, asked, documents, records
from dashboard.api.problems import ROOT, UNREADABLE, problem
from dashboard.pages.page import Address
from dashboard.signin.decisions import Decision
from dashboard.signin.present import present
from eventstream import history

LISTED_AFTER = 1
"""After so many seconds it is worth asking again for what was not listed yet."""

UNREADABLE_AFTER = 5

logger = logging.getLogger(__name__)

WATCH = f"{ROOT}watch"
"""Where events are sent as they come, by `dashboard.api.stream`."""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One address: `path` below ROOT, as Django writes it; `answer` makes a document of a query.

    `finds` says that what is asked for may not be there.
    """

    name: str
    path: str
    asks: type[msgspec.Struct]
    answers: type[msgspec.Struct]
    answer: Callable[..., msgspec.Struct]
    finds: bool = False
    decision: Decision = Decision.RIGHTS

    @property
    def summary(self) -> str:
        """What it does, in a line."""
        return (self.answer.__doc__ or "").split("\n", 1)[0].removeprefix("Return ").rstrip(".")

    @property
    def address(self) -> Address:
        """How Django is told of it."""
        path = f"{ROOT}{self.path}".strip("/")
        return Address(f"api-{self.name}", path, _view(self), self.decision)


OPERATIONS = (
    Operation(
        name="index", path="", asks=asked.Nothing, answers=documents.Index, answer=answering.index
    ),
    Operation(
        name="summary",
        path="summary",
        asks=asked.Nothing,
        answers=documents.Summary,
        answer=answering.summary,
    ),
    Operation(
        name="traces",
        path="traces",
        asks=asked.Traces,
        answers=documents.TraceList,
        answer=answering.traces,
    ),
    Operation(
        name="trace",
        path="traces/<str:trace_id>",
        asks=asked.Nothing,
        answers=records.Trace,
        answer=answering.trace,
        finds=True,
    ),
    Operation(
        name="trace-steps",
        path="traces/<str:trace_id>/steps",
        asks=asked.Steps,
        answers=documents.StepList,
        answer=answering.steps,
        finds=True,
    ),
    Operation(
        name="step",
        path="steps/<str:step_id>",
        asks=asked.Nothing,
        answers=records.Step,
        answer=answering.step,
        finds=True,
    ),
    Operation(
        name="changes",
        path="changes",
        asks=asked.Changes,
        answers=documents.StepList,
        answer=answering.changes,
    ),
    Operation(
        name="objects",
        path="objects",
        asks=asked.Objects,
        answers=documents.ObjectList,
        answer=answering.objects,
    ),
    Operation(
        name="object",
        path="objects/<uid:uid>",
        asks=asked.Nothing,
        answers=documents.ObjectDetail,
        answer=answering.object_,
        finds=True,
    ),
    Operation(
        name="outlook",
        path="outlook",
        asks=asked.Outlook,
        answers=documents.Outlook,
        answer=answering.outlook,
        finds=True,
    ),
    Operation(
        name="coverage",
        path="coverage",
        asks=asked.Nothing,
        answers=documents.Coverage,
        answer=answering.coverage,
    ),
)


def _view(operation: Operation) -> Callable[..., HttpResponse]:
    """Return the view that answers it."""

    @require_safe
    def view(request: HttpRequest, **path: str) -> HttpResponse:
        try:
            wanted = asked.query(request.GET, operation.asks)
            answer = operation.answer(present(request), wanted, **path)
        except (asked.BadQueryError, history.BadCursorError) as error:
            return problem(400, str(error))
        except answering.NotFoundError as error:
            return problem(404, str(error))
        except answering.NotListedError as error:
            return problem(503, str(error), retry_after=LISTED_AFTER)
        except DatabaseError:
            logger.exception("The API can't be answered: history can't be read.")
            return problem(503, UNREADABLE, retry_after=UNREADABLE_AFTER)
        return HttpResponse(
            msgspec.json.encode(answer),
            content_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    return view


@require_safe
def description(_request: HttpRequest) -> HttpResponse:
    """The description of the API, the same for all."""
    from dashboard.api.openapi import document  # noqa: PLC0415  # It is made of this module.

    return HttpResponse(document(), content_type="application/json")


@require_safe
def watch_head(_request: HttpRequest) -> HttpResponse:
    """What HEAD asks of the watch; GET is answered before pages."""
    return HttpResponse(content_type="text/event-stream")


ADDRESSES = (
    *(each.address for each in OPERATIONS),
    Address("api-description", f"{ROOT}openapi.json".strip("/"), description, Decision.VIEWERS),
    Address("api-watch", WATCH.strip("/"), watch_head, Decision.RIGHTS),
)
