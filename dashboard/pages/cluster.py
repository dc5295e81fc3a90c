"""The cluster as a whole: what needs a person, every Pod at a glance, nodes, controllers, kinds."""

from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlencode

import msgspec
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from dashboard import actors, clock, filters, rendering, status
from dashboard.pages.page import Page
from eventstream import history
from eventstream.explain.vocabulary.records import Trace, Usual

RECENT = 600.0
"""Seconds over which the rate of an actor is taken."""

TROUBLES_MOST = 12
TRACES_MOST = 500
"""So many stalled traces, those that changed last, are counted and ranked, and running ones."""

CODES_MOST = 8
NODES_MOST = 200
PLACES_MOST = 200
WAITS_MOST = 60

_WITHHELD, _OVERDUE = "withheld", "overdue"
"""What is said in a diagnosis' place: it may not be seen, or there is none."""
_PRESSING = frozenset({"failing", "failed", "pending", "not-ready"})


class Controller(msgspec.Struct, frozen=True):
    """An actor with its writes a minute, and how long each kind of its waits usually takes."""

    label: str
    hue: str
    rate: float
    waits: tuple[Usual, ...]


class Place(msgspec.Struct, frozen=True):
    """One namespace: its objects by kind, and its traces by state."""

    name: str
    kinds: tuple[tuple[str, int], ...]
    objects: int
    traces: dict[str, int]


class Tally(msgspec.Struct, frozen=True):
    """How many stalled traces have a diagnosis, and the address that leads to such traces.

    Its word is searched for, since what a trace is found by in order does not hold its diagnosis.
    """

    code: str
    count: int
    address: str


@require_safe
def cluster(request: HttpRequest, page: Page) -> HttpResponse:
    """The page, whole; it is asked for anew every few seconds by its script."""
    at = clock.now()
    nodes, nodes_total = history.nodes()
    counts = _pod_counts()
    text = request.GET.get("text", "").strip()[: filters.TEXT_MOST]
    after = request.GET.get("after", "")[: filters.TEXT_MOST]
    found = history.namespaces(text, after=after, limit=PLACES_MOST)
    stalled = history.traces(history.Filter(state="stalled"), limit=TRACES_MOST)
    running = history.traces(history.Filter(state="running"), limit=TRACES_MOST)
    codes = Counter(_code(stored.record) for stored in stalled.rows).most_common()
    context = status.context(at) | {
        "troubles": _troubles(stalled.rows, running.rows, at),
        "stalled": len(stalled.rows),
        "stalled_more": stalled.next is not None,
        "running_more": TRACES_MOST if running.next is not None else 0,
        "codes": [_tally(*each) for each in codes[:CODES_MOST]],
        "codes_left": sum(count for _, count in codes[CODES_MOST:]),
        "counts": counts,
        "pods": sum(count for _, count in counts),
        "nodes": sorted(nodes, key=_urgency)[:NODES_MOST],
        "nodes_left": max(0, nodes_total - NODES_MOST),
        "sees_nodes": history.seen().reach("Node", None),
        "sees_waits": history.seen().everything,
        "controllers": _controllers(at),
        "places": _places(found.names, scopeless=not text and not after),
        "places_total": found.total,
        "places_more": _more(found, text),
        "text": text,
    }
    return page.drawn(request, context)


@require_safe
def pods(_request: HttpRequest) -> HttpResponse:
    """Every Pod for the map, as JSON: the states' names, then [uid, namespace, name, node, state].

    `state` is an index; `left` says how many Pods are not in it.
    """
    shown = history.pods()
    total = sum(sum(states.values()) for states in history.pod_states().values())
    places = {state: index for index, state in enumerate((*history.POD_STATES, ""))}
    rows = [
        (p.uid, p.namespace, p.name, p.node, places.get(p.state, len(places) - 1)) for p in shown
    ]
    body = {"states": list(places), "pods": rows, "left": total - len(rows)}
    return HttpResponse(
        msgspec.json.encode(body),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def _pod_counts() -> list[tuple[str, int]]:
    """Each state that a Pod is in with the number of such Pods, the most pressing first."""
    total = Counter[str]()
    for states in history.pod_states().values():
        total.update(states)
    return [(state, total[state]) for state in (*history.POD_STATES, "") if total[state]]


def _troubles(
    stalled: Sequence[history.Stored[Trace]], running: Sequence[history.Stored[Trace]], at: float
) -> list[SafeString]:
    """The row of each that is stuck, the longest first, then of what is slow."""
    slow = [stored for stored in running if _slow(stored.record, at)]
    stuck = sorted(stalled, key=lambda stored: stored.record.waiting_since or at)
    return [rendering.trace_row(stored, at) for stored in [*stuck, *slow][:TROUBLES_MOST]]


def _slow(trace: Trace, at: float) -> bool:
    """Whether it has waited for longer than 95 of 100 such waits did."""
    usual, since = trace.usual, trace.waiting_since
    if usual is None or usual.p95 is None or usual.stated or since is None:
        return False
    return at - since > usual.p95


def _code(trace: Trace) -> str:
    """What is wrong, in a word."""
    if trace.withheld:
        return _WITHHELD
    return trace.diagnosis or _OVERDUE


def _tally(code: str, count: int) -> Tally:
    if code in (_WITHHELD, _OVERDUE):
        return Tally(code, count, f"{reverse('now')}?state=stalled")
    return Tally(code, count, f"{reverse('search')}?{urlencode({'text': code, 'in': 'traces'})}")


def _urgency(node: history.NodeState) -> tuple[bool, int, str]:
    pressing = sum(count for state, count in node.pods.items() if state in _PRESSING)
    return node.ready == "True", -pressing, node.ref.name


def _controllers(at: float) -> list[Controller]:
    """Who acts here, the busiest first, each with its kinds of waits."""
    rates = {each.actor: each.per_minute for each in history.rates(at, RECENT)}
    waits: dict[str, list[Usual]] = {}
    for usual in history.usual()[:WAITS_MOST]:
        if usual.seen:
            waits.setdefault(usual.actor, []).append(usual)
    found = [
        Controller(
            actors.label(actor),
            actors.hue(actor),
            rates.get(actor, 0.0),
            tuple(waits.get(actor, ())),
        )
        for actor in rates.keys() | waits.keys()
    ]
    return sorted(found, key=lambda each: (-each.rate, each.label))


def _places(names: Sequence[str], *, scopeless: bool) -> list[Place]:
    """These namespaces; with `scopeless` what is in none of them comes last."""
    shown = (*names, "") if scopeless else names
    kinds: dict[str, list[tuple[str, int]]] = {}
    for each in history.population(shown):
        kinds.setdefault(each.namespace, []).append((each.kind, each.count))
    traces = history.trace_states(shown)
    return [
        Place(
            name,
            tuple(kinds.get(name, ())),
            sum(c for _, c in kinds.get(name, ())),
            traces.get(name, {}),
        )
        for name in shown
        if name in kinds or name in traces
    ]


def _more(found: history.Namespaces, text: str) -> str:
    """The query of the namespaces that come behind a full page of them, "" where none may."""
    if len(found.names) < PLACES_MOST or found.total == PLACES_MOST:
        return ""
    asked = {"text": text, "after": found.names[-1]}
    return urlencode({name: value for name, value in asked.items() if value})
