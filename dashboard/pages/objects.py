"""One object: what is above and below it, its loop, its traces, its writes and its heartbeats."""

from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard import actors, clock, rendering, status
from dashboard.pages.lost import lost
from dashboard.pages.page import Page
from eventstream import history
from eventstream.explain.vocabulary.records import ObjectRef, Step, Trace
from eventstream.history import Stored

CHILDREN_MOST = 100
TRACES_MOST = 8
ACTS_OF = 20
"""So many of an object's children are asked for what was done to them last."""


class LoopCard(msgspec.Struct, frozen=True):
    """An object's control loop: numbers that are desired and observed, and the last act in it."""

    desired: tuple[tuple[str, int], ...]
    observed: tuple[tuple[str, int], ...]
    act: Step | None
    who: str
    hue: str


@require_safe
def object_page(request: HttpRequest, page: Page, uid: str) -> HttpResponse:
    """The object of that uid as it is, or, once it is gone, what is still known of it."""
    at = clock.now()
    found = history.kept(uid)
    steps = history.steps_about(uid)
    if found is None and not steps:
        return lost(request, 404, "No such object", _NONE, uid)
    ref = found.ref if found is not None else steps[0].record.object
    context = status.context(at) | {
        "uid": uid,
        "ref": ref,
        "found": found,
        "steps": [stored.record for stored in steps],
        "revisions": [
            stored.record
            for stored in history.earlier_revisions(ref)
            if stored.record.revision is not None
        ],
        "traces": [rendering.trace_row(stored, at) for stored in _traces(ref)],
    }
    if found is not None:
        context |= _living(found, [stored.record for stored in steps])
    return page.drawn(request, context)


def _traces(ref: ObjectRef) -> list[Stored[Trace]]:
    """Those that did something to it, and its own that did nothing yet; the latest change first."""
    own = [each for each in history.own_traces(ref) if not each.record.background]
    found = {each.id: each for each in (*own, *history.traces_about(ref.uid, TRACES_MOST))}
    latest = sorted(found.values(), key=lambda each: each.record.updated, reverse=True)
    return latest[:TRACES_MOST]


def _living(found: history.KeptObject, steps: list[Step]) -> dict[str, Any]:
    """What only an object that exists has."""
    below, total = history.children(found.ref.uid, CHILDREN_MOST)
    node = found.ref.name if found.ref.kind == "Node" else found.node
    return {
        "above": history.ancestors(found)[::-1],
        "below": below,
        "below_left": total - len(below),
        "loop": _loop(found, below, steps),
        "heartbeats": [stored.record for stored in history.heartbeats(found.ref.uid, node)],
        "behind": (found.observed_generation or 0) < (found.generation or 0)
        if found.observed_generation is not None
        else None,
    }


def _loop(
    found: history.KeptObject, below: list[history.KeptObject], steps: list[Step]
) -> LoopCard | None:
    """The loop of what a controller looks after; None for an object that no controller acts on."""
    acts = [step for step in steps if step.actor not in {"client", "unknown"}]
    for child in below[:ACTS_OF]:
        created = history.steps_about(child.ref.uid, 5)
        acts.extend(
            s.record for s in created if s.record.actor not in {"client", "kubelet", "scheduler"}
        )
    act = max(acts, key=lambda step: step.at, default=None)
    desired = _named(found.numbers, "spec.", _DESIRED)
    observed = _named(found.numbers, "status.", None) if desired else ()
    if act is None and not desired:
        return None
    who = actors.named(act.actor, act.actor_name) if act is not None else ""
    return LoopCard(
        desired, observed, act, who, actors.hue(act.actor) if act is not None else "other"
    )


_DESIRED = frozenset(
    {
        "replicas",
        "parallelism",
        "completions",
        "minAvailable",
        "maxUnavailable",
        "minReplicas",
        "maxReplicas",
    }
)


def _named(
    numbers: dict[str, int], part: str, wanted: frozenset[str] | None
) -> tuple[tuple[str, int], ...]:
    """The numbers of one part by their own names, `wanted` ones or (None) all but generations."""
    names = (
        (path.removeprefix(part), count) for path, count in numbers.items() if path.startswith(part)
    )
    return tuple(
        (name, count)
        for name, count in names
        if (name in wanted if wanted is not None else name != "observedGeneration")
    )


_NONE = (
    "Baton watches no object of this uid, and history holds no write to it. It may be of a kind "
    "that is not watched, or older than what is kept."
)
