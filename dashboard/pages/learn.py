"""Learn: the documented sequences on one side, what a trace of history shows of them on the other.

Baton only reads; the commands on the page are for the reader to copy and run.
"""

from urllib.parse import urlencode

import msgspec
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard import clock, lessons, status
from dashboard.pages.lost import lost
from dashboard.pages.page import Page
from eventstream import history
from eventstream.explain.vocabulary.records import Trace
from eventstream.expressions import expression

PROGRAMS = ("kubectl", "oc")
CREATE = "create deployment nginx --image=bitnami/nginx:latest --replicas=3"

_NAME = expression(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?")
_KIND = expression(r"[A-Za-z][A-Za-z0-9]{0,62}")


class Command(msgspec.Struct, frozen=True):
    """A command without its program, what it shows, and whether it changes the cluster."""

    text: str
    says: str
    writes: bool = False


class Link(msgspec.Struct, frozen=True):
    """A choice of the page as an address of its own."""

    label: str
    address: str
    chosen: bool


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
        "tabs": _tabs(asked),
        "candidates": _candidates(tab, asked, trace_id),
        "newest": _address(asked, trace=None) if chosen else "",
        "program": program,
        "programs": [
            Link(each, _address(asked, cli=None if each == "kubectl" else each), each == program)
            for each in PROGRAMS
        ],
        "commands": creation_commands(shown.trace)
        if tab == lessons.STEPS
        else operator_commands(shown.trace),
    }
    return page.drawn(request, context)


def _tabs(asked: dict[str, str | None]) -> list[Link]:
    titles = {lessons.STEPS: "A Deployment, in sixteen steps", lessons.OPERATORS: "Operators"}
    return [
        Link(title, _address(asked, tab=tab, trace=None), tab == asked["tab"])
        for tab, title in titles.items()
    ]


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


def creation_commands(trace: Trace | None) -> tuple[Command, ...]:
    """Return what to run to make a Deployment, and to see what Baton sees of it."""
    name = trace.root.name if trace is not None and trace.root.kind == "Deployment" else "nginx"
    name = name if _NAME.fullmatch(name) else "nginx"
    where = _where(trace)
    return (
        Command(CREATE, "Creates the Deployment of the example, in your current namespace.", True),
        Command(f"get pods{where} --watch", "The Pods as they come, bound and started."),
        Command(f"get events{where} --watch", "What the components report of their work."),
        Command(
            f"get deployment {name}{where} -o yaml --show-managed-fields",
            "Desired state, current state, and who wrote which field.",
        ),
        Command(f"describe deployment {name}{where}", "The same in words, with its Events."),
        Command("get leases -n kube-node-lease", "The heartbeat of each node."),
        Command("delete deployment nginx", "Takes the example away again.", True),
    )


def operator_commands(trace: Trace | None) -> tuple[Command, ...]:
    """Return what to run to see a type, its objects, and who acts on them."""
    commands = [Command("get customresourcedefinitions", "The types that were added.")]
    if trace is None:
        return tuple(commands)
    group, kind = trace.root.api_version.rpartition("/")[0], trace.root.kind
    if not (_NAME.fullmatch(group) and _KIND.fullmatch(kind)):
        return tuple(commands)
    resource = f"{kind.lower()}.{group}"
    commands.append(Command(f"api-resources --api-group={group}", "What this group serves."))
    commands.append(
        Command(f"get {resource} --all-namespaces", f"Every object of kind {kind}."),
    )
    if _NAME.fullmatch(trace.root.name):
        commands.append(
            Command(
                f"get {resource} {trace.root.name}{_where(trace)} -o yaml --show-managed-fields",
                "Its spec, its status, and who wrote which field.",
            )
        )
    commands.append(Command(f"get events{_where(trace)} --watch", "What is reported of it."))
    return tuple(commands)


def _where(trace: Trace | None) -> str:
    """Return the option that names the trace's namespace, if it is a name at all."""
    namespace = trace.root.namespace if trace is not None else None
    return f" -n {namespace}" if namespace and _NAME.fullmatch(namespace) else ""


_NO_TRACE = (
    "History holds no trace of this id, so it can't be laid beside the documented steps. It may "
    "be older than what is kept; without ?trace= in its address this page shows the newest."
)
