"""Learn: the documented sequences on one side, what a trace of history shows of them on the other.

Baton only reads; the commands on the page are for the reader to copy and run.
"""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard import clock, commands, learntabs, lessons, status
from dashboard.learntabs import Link
from dashboard.pages.lost import lost
from dashboard.pages.page import Page
from eventstream import history

PROGRAMS = ("kubectl", "oc")


@require_safe
def learn(request: HttpRequest, page: Page) -> HttpResponse:
    """One tab, with the trace of `?trace=` or the newest; `?cli=oc` spells the commands for oc."""
    tab = request.GET.get("tab", lessons.STEPS)
    tab = tab if tab in lessons.TABS else lessons.STEPS
    program = "oc" if request.GET.get("cli") == "oc" else "kubectl"
    chosen = request.GET.get("trace") or None
    epoch, seq, now = history.epoch(), history.head(), clock.now()
    shown = lessons.show(tab, chosen)
    if shown is None:
        return lost(request, 404, "No such trace", _NO_TRACE, chosen or "")
    asked = {"tab": tab, "trace": chosen, "cli": None if program == "kubectl" else program}
    parts = lessons.parts(shown, now)
    given = _COMMANDS[tab]
    programs: tuple[str, ...] = PROGRAMS
    if tab == lessons.CONFIG:
        program, programs = "oc", ("oc",)  # kubectl knows no DeploymentConfig to create.
    trace_id = shown.trace.id if shown.trace is not None else None
    context = status.context(now) | {
        "epoch": epoch,
        "seq": seq,
        "tab": tab,
        "follow": page.follow(tab, chosen),
        "lines": [
            {"line": line, "shown": parts[f"shown-{line.documented.id}"]} for line in shown.lines
        ],
        "parts": parts,
        "tabs": learntabs.tabs(request, tab, cli=asked["cli"]),
        "candidates": _candidates(tab, asked, trace_id),
        "newest": _address(asked, trace=None) if chosen else "",
        "programs": [
            Link(each, _address(asked, cli=None if each == "kubectl" else each), each == program)
            for each in programs
        ],
        "commands": given(shown.trace, program),
    }
    return page.drawn(request, context)


_COMMANDS = {
    lessons.STEPS: commands.for_creation,
    lessons.OPERATORS: commands.for_operator,
    lessons.CONFIG: commands.for_config,
}


def _candidates(
    tab: str, asked: dict[str, str | None], shown: str | None
) -> list[dict[str, object]]:
    return [
        {
            "trace": stored.record,
            "address": _address(asked, trace=stored.id),
            "chosen": stored.id == shown,
        }
        for stored in lessons.candidates(tab)
    ]


def _address(asked: dict[str, str | None], **other: str | None) -> str:
    """Return the page's address with some of what was asked for replaced, defaults left out."""
    wanted = asked | other
    if wanted["tab"] == lessons.STEPS:
        wanted["tab"] = None
    query = urlencode({name: value for name, value in wanted.items() if value})
    return f"?{query}" if query else "?"


_NO_TRACE = (
    "History holds no trace of this id, so it can't be laid beside the documented steps. It may "
    "be older than what is kept; without ?trace= in its address this page shows the newest."
)
