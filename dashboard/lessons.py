"""What the page Learn shows: a documented sequence, and how one trace of history shows it.

The trace is the one that the reader chose, else the newest that fits, so that whoever creates a
Deployment with the page open sees its steps turn.
"""

from collections.abc import Iterator

import msgspec
from django.utils.safestring import SafeString

from dashboard import rendering
from dashboard.sightings import Lesson, Sighting
from eventstream import history
from eventstream.explain.vocabulary.documented import operators
from eventstream.explain.vocabulary.documented.creation import (
    CREATION,
    FOLLOWING,
    START,
    DocumentedStep,
)
from eventstream.explain.vocabulary.records import Step, Trace

STEPS, OPERATORS, CONFIG = "steps", "operators", "deploymentconfig"
TABS = (STEPS, OPERATORS, CONFIG)
KINDS = {STEPS: "Deployment", CONFIG: operators.CONFIG}
"""What a tab is about, where that is one kind."""

STEPS_MOST = 2000
"""So many steps of a trace are looked through: enough for some 250 Pods."""

TEXTS_MOST = 3
"""So many comparisons of one controller are told."""

CANDIDATES = 8
LOOKED_THROUGH = 60
"""So many traces are offered, from so many of the newest."""


class Line(msgspec.Struct, frozen=True):
    """A documented step and how the trace shows it; `due` is the first that is still to come.

    `heading` stands above it where something new begins; `part` says that it lies within a step.
    """

    documented: DocumentedStep
    sighting: Sighting
    due: bool = False
    heading: str = ""
    part: bool = False


class Shown(msgspec.Struct, frozen=True):
    """One tab: the trace, None where history has none that fits, and its lines in order."""

    tab: str
    stored: history.Stored[Trace] | None
    lines: tuple[Line, ...]

    @property
    def trace(self) -> Trace | None:
        """The trace's record."""
        return self.stored.record if self.stored is not None else None


def candidates(tab: str, limit: int = CANDIDATES) -> list[history.Stored[Trace]]:
    """Return the newest traces that began with the creation of what the tab is about."""
    kind = KINDS.get(tab, "")
    found: list[history.Stored[Trace]] = []
    for stored in history.begun(kind, limit=LOOKED_THROUGH):
        if len(found) < limit and _created(stored.record):
            found.append(stored)
    return found


def _created(trace: Trace) -> bool:
    began = history.step(trace.root_step) if trace.root_step else None
    return began is not None and began.record.verb == "create"


def show(tab: str, trace_id: str | None = None) -> Shown | None:
    """Return what a tab shows of a trace, or of the newest; None when there is no such trace."""
    if trace_id is not None:
        stored = history.trace(trace_id)
        if stored is None:
            return None
    else:
        newest = candidates(tab, limit=1)
        stored = newest[0] if newest else None
    trace = stored.record if stored is not None else None
    lesson = Lesson(trace, _steps(trace), _unwatched(), _hidden())
    told = _TOLD[tab](lesson)
    return Shown(tab, stored, tuple(_due_marked(told, trace)))


def _steps(trace: Trace | None) -> list[Step]:
    if trace is None:
        return []
    return [stored.record for stored in history.steps(trace.id, limit=STEPS_MOST)]


def _unwatched() -> frozenset[str]:
    """Return the kinds that Baton is not allowed to watch."""
    return frozenset(each.resource.kind for each in history.coverage() if each.state == "forbidden")


def _hidden() -> frozenset[str]:
    """Return the kinds that the viewer is not allowed to see anywhere."""
    rights = history.seen()
    if rights.everything:
        return frozenset()
    return frozenset(
        type_.name.partition(".")[0]
        for type_ in history.types()
        if not rights.reach_somewhere(type_.name)
    )


def _creation(lesson: Lesson) -> Iterator[Line]:
    for documented in CREATION:
        yield Line(documented, lesson.of(documented))
        if documented.number == 12:
            yield from (Line(part, lesson.of(part), part=True) for part in START)
    heading = "What follows, until it is available"
    for after in FOLLOWING:
        yield Line(after, lesson.of(after), heading=heading)
        heading = ""


def _config(lesson: Lesson) -> Iterator[Line]:
    for documented in operators.DEPLOYMENT_CONFIG:
        yield Line(documented, lesson.of(documented))


def _operator(lesson: Lesson) -> Iterator[Line]:
    definition = _definition(lesson.trace)
    heading = "A new type"
    for documented in operators.TYPE:
        seen = definition.of(documented) if definition else _undefined(lesson.trace)
        yield Line(documented, seen, heading=heading)
        heading = ""
    yield Line(operators.REQUEST, _request(lesson), heading="An object of it")
    acted = [step for step in lesson.steps if step.actor == "custom-controller"]
    heading = "The custom controller: observe, compare, act"
    yield Line(operators.OBSERVE, _inferred(acted, "observe", "It had received"), heading=heading)
    yield Line(operators.COMPARE, _inferred(acted, "compare", "It compared:"))
    yield Line(
        operators.ACT,
        lesson.by(lambda step: step.actor == "custom-controller") or Sighting("pending"),
    )
    heading = "And on"
    yield Line(operators.BUILT_IN, lesson.of(operators.BUILT_IN), heading=heading)


_TOLD = {STEPS: _creation, OPERATORS: _operator, CONFIG: _config}


def _undefined(trace: Trace | None) -> Sighting:
    """Return how a type shows whose definition is in no trace."""
    if trace is None:
        return Sighting("pending")
    why = "The type was served before Baton began to watch, or its trace is older than is kept."
    return Sighting("unseen", why=why)


def _request(lesson: Lesson) -> Sighting:
    root = lesson.trace.root_step if lesson.trace is not None else None
    return lesson.by(lambda step: step.id == root) or Sighting("pending")


def _inferred(acted: list[Step], move: str, lead: str) -> Sighting:
    """Return what a controller's own steps tell of a move that no client of the API can see."""
    told = [getattr(step.loop, move) for step in acted if step.loop is not None]
    if not told:
        return Sighting("pending")
    texts = list(dict.fromkeys(told))
    why = f"{lead} {'; '.join(texts[:TEXTS_MOST])}."
    return Sighting("inferred", "inferred", why=why, more=max(len(texts) - TEXTS_MOST, 0))


def _definition(trace: Trace | None) -> Lesson | None:
    """Return the trace in which the type of a custom resource came to be served."""
    if trace is None:
        return None
    group = trace.root.api_version.rpartition("/")[0]
    for stored in history.begun(operators.DEFINITION, limit=LOOKED_THROUGH):
        if not stored.record.root.name.endswith(f".{group}"):
            continue
        steps = _steps(stored.record)
        if any(_accepts(step, trace.root.kind) for step in steps):
            return Lesson(stored.record, steps)
    return None


def _accepts(step: Step, kind: str) -> bool:
    return any(
        change.path == "status.acceptedNames.kind" and change.after == f'"{kind}"'
        for change in step.changes
    )


def _due_marked(lines: Iterator[Line], trace: Trace | None) -> Iterator[Line]:
    """Yield the lines, the first that is still to come marked as due while the trace runs."""
    open_ = trace is not None and trace.state in ("running", "stalled")
    for line in lines:
        due = open_ and not line.part and line.sighting.state == "pending"
        open_ = open_ and not due
        yield msgspec.structs.replace(line, due=due)


def parts(shown: Shown, now: float) -> dict[str, SafeString]:
    """Return the parts of the page that change with the trace, by the id of their element."""
    drawn = {
        f"shown-{line.documented.id}": rendering.draw("sighting", line=line) for line in shown.lines
    }
    context = rendering.trace_context(shown.stored, now) if shown.stored else {}
    return drawn | {"subject": rendering.draw("subject", tab=shown.tab, **context)}
