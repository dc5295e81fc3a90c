"""Says how far a trace shows a documented step: seen, reported, inferred, not visible, not yet.

Pure, and careful to claim no more than the steps do: what a later write requires was inferred;
what no watch can show is said to be so, with the reason; what simply did not come is not blamed
on anyone.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from dashboard import wording
from eventstream.explain.vocabulary.documented.creation import START, DocumentedStep
from eventstream.explain.vocabulary.records import Loop, Step, Trace

SHOWN_MOST = 3
"""So many writes of one documented step are named; the others are counted."""

SKIPPED = frozenset({12, 15, 16})
"""Steps that a kubelet need not report by themselves, so that later ones do not require them."""

STATES = {
    "observed": "seen",
    "audited": "seen",
    "reported": "reported",
    "inferred": "inferred",
    "unknown": "seen",
}
"""How strongly a step is shown, by the grade of its claim."""

WORDS = {
    "seen": "seen",
    "reported": "reported",
    "inferred": "inferred",
    "unseen": "can't be seen from the API",
    "absent": "not in this trace",
    "pending": "not yet",
}


GLYPHS = {
    "seen": "done",
    "reported": "live",
    "inferred": "superseded",
    "unseen": "forbidden",
    "absent": "down",
    "pending": "pending",
}


class Write(msgspec.Struct, frozen=True):
    """One step of the trace as a link: `text` says what it did, `offset` when."""

    step: str
    trace: str
    text: str
    offset: str


class Sighting(msgspec.Struct, frozen=True):
    """How a trace shows one documented step.

    `state` is a key of WORDS, `grade` that of the claim ("" where nothing was shown), `offset`
    when it first was, `last` when it last was if more than once. `why` explains a state that no
    write speaks for; `more` counts the writes that are not among `writes`; `loop` is what the
    first write compared.
    """

    state: str
    grade: str = ""
    offset: str = ""
    last: str = ""
    why: str = ""
    writes: tuple[Write, ...] = ()
    more: int = 0
    loop: Loop | None = None

    @property
    def glyph(self) -> str:
        """The glyph that stands beside the word."""
        return GLYPHS[self.state]

    @property
    def word(self) -> str:
        """The state in words, with its time."""
        when = f" at {self.offset}" if self.offset else ""
        return f"{WORDS[self.state]}{when}"


class Lesson:
    """One trace, asked how it shows each documented step; `None` asks what nothing was begun of.

    `unwatched` are kinds that Baton may not watch, `hidden` those that the viewer may not, so that
    nothing of them can be seen.
    """

    def __init__(
        self,
        trace: Trace | None,
        steps: Sequence[Step],
        unwatched: frozenset[str] = frozenset(),
        hidden: frozenset[str] = frozenset(),
    ) -> None:
        self.trace = trace
        self.steps = steps
        self._unwatched = unwatched
        self._hidden = hidden
        shown = {number for step in steps for number in _numbers(step)}
        self._first, self._reached = min(shown, default=0), max(shown, default=0)
        self._over = trace is not None and (
            trace.settled or trace.state in ("complete", "superseded")
        )

    def of(self, documented: DocumentedStep) -> Sighting:
        """Return how the trace shows one documented step."""
        if documented.number is not None:
            return self._numbered(documented, documented.number)
        return self._told(documented) or self._missing(documented, required=False)

    def _told(self, documented: DocumentedStep) -> Sighting | None:
        """Return how writes and Events show a step without a number, None where none does."""
        found = [step for step in self.steps if _shows(step, documented)]
        if found:
            return self._shown(found, found[0].grades.who)
        told = _events(self.steps, documented.reasons)
        return Sighting("reported", "reported", why=f"By {told}.") if told else None

    def _numbered(self, documented: DocumentedStep, number: int) -> Sighting:
        asked = [step for step in self.steps if number in step.documented]
        if asked:
            loop = next((step.loop for step in asked if step.loop is not None), None)
            return self._shown(asked, asked[0].grades.who, loop=loop)
        kept = [step for step in self.steps if number in _by_server(step)]
        if kept:
            return self._shown(kept, "observed", told=lambda step: _by_server_told(step, number))
        between = self._first < number < self._reached
        return self._missing(documented, required=between and number not in SKIPPED)

    def _shown(
        self,
        found: Sequence[Step],
        grade: str,
        *,
        told: Callable[[Step], str] | None = None,
        loop: Loop | None = None,
    ) -> Sighting:
        """Return the sighting of what was found: the first in a sentence, others by object."""
        first = found[0]
        soonest, latest = min(found, key=_arrival), max(found, key=_arrival)
        writes = [self._write(first, told(first) if told else first.what)]
        writes += [self._write(step, wording.reference(step.object)) for step in found[1:]]
        return Sighting(
            STATES[grade],
            grade,
            self._offset(soonest),
            self._offset(latest) if len(found) > 1 else "",
            writes=tuple(writes[:SHOWN_MOST]),
            more=max(len(found) - SHOWN_MOST, 0),
            loop=loop,
        )

    def _missing(self, documented: DocumentedStep, *, required: bool) -> Sighting:
        """Return why nothing shows the step: it is hidden, still to come, or did not happen."""
        if self.trace is None:
            return Sighting("pending")
        if documented.kind in self._hidden:
            why = f"You may not list and watch objects of kind {documented.kind}."
            return Sighting("unseen", why=why)
        if documented.kind in self._unwatched:
            return Sighting(
                "unseen", why=f"Baton does not watch objects of kind {documented.kind}."
            )
        if required:
            return Sighting("inferred", "inferred", why="A later step was seen, which requires it.")
        if self._beyond(documented):
            return Sighting("unseen", why=documented.hidden)
        if documented.number is not None and documented.number < self._first:
            return Sighting("absent", why=f"This trace began otherwise: {self.trace.cause}.")
        if self._over and not self._may_still_come(documented):
            return Sighting("absent", why=self.trace.summary)
        return Sighting("pending")

    def _beyond(self, documented: DocumentedStep) -> bool:
        """Whether the trace has gone past a step that need not show."""
        if documented.number is not None:
            return documented.number == _START and self._reached > _START
        if documented not in START:
            return False
        later = START[START.index(documented) + 1 :]
        return self._reached > _START or any(self._told(part) is not None for part in later)

    def _may_still_come(self, documented: DocumentedStep) -> bool:
        """Whether a heartbeat may follow: what is available is still being reported on."""
        beats = documented.number in (15, 16) and self._reached > _START
        return beats and self.trace is not None and not self.trace.settled

    def _write(self, step: Step, text: str) -> Write:
        return Write(step.id, step.trace, wording.visible(text), self._offset(step))

    def _offset(self, step: Step) -> str:
        started = self.trace.started if self.trace is not None else step.at
        return wording.offset(step.at - started, step.precision_ms)

    def by(self, wanted: Callable[[Step], bool]) -> Sighting | None:
        """Return the sighting of the steps that are `wanted`, None when there is none."""
        found = [step for step in self.steps if wanted(step)]
        return self._shown(found, found[0].grades.who) if found else None


_START = 12


def _arrival(step: Step) -> float:
    return step.at


def _by_server(step: Step) -> set[int]:
    return {*step.documented_store, *step.documented_broadcast}


def _by_server_told(step: Step, number: int) -> str:
    """Return what the API server did with a write, as far as documented step `number` says it."""
    named, version = f"{step.object.kind} {step.object.name}", step.resource_version
    if step.verb == "renew":
        return f"The Lease of node {step.node} is stored, at resourceVersion {version}."
    stored, sent = number in step.documented_store, number in step.documented_broadcast
    if stored and sent:
        event = f"its {step.change_type} event received"
        return f"{named} is stored at resourceVersion {version}, and {event}."
    if stored:
        return f"{named} is stored, at resourceVersion {version}."
    return f"The {step.change_type} event of {named} ({version}) was received."


def _numbers(step: Step) -> set[int]:
    return {*step.documented, *_by_server(step)}


def _shows(step: Step, documented: DocumentedStep) -> bool:
    """Whether a write is the documented one, by its rule and kind, or by a field that changed."""
    if documented.kind and step.object.kind != documented.kind:
        return False
    if documented.rules:
        return step.rule in documented.rules
    return any(
        change.path.startswith(field) and _counts(change.path, change.after)
        for change in step.changes
        for field in documented.fields
    )


def _counts(path: str, after: str | None) -> bool:
    return "conditions[" not in path or '"True"' in (after or "")


def _events(steps: Iterable[Step], reasons: Sequence[str]) -> str:
    """Return the Events of these reasons that are evidence of a step, in words."""
    seen = {e.reason for step in steps for e in step.evidence if e.source == "event"}
    told = [reason for reason in reasons if reason in seen]
    return f"Event{'s' if len(told) > 1 else ''} {' and '.join(told)}" if told else ""
