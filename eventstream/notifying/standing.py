"""Which traces stand still, for how long, and of whom somebody is to be told now.

No clock and no network: times are arguments, in unix seconds. One stall is told once by a rule,
after it stood still for as long as the rule says without a break; a judgement that flaps is told
nobody. A recovery is told once, of what was told before, when it has lasted as long or is final.
"""

from collections.abc import Iterator, Mapping

import msgspec

from eventstream.explain.vocabulary.records import FINISHED, Trace
from eventstream.notifying.clock import is_quiet, seconds
from eventstream.notifying.rules import On, Rule, Rules

STANDING_MOST = 10_000
"""So many traces are followed; what comes then is counted as left out."""

BEGUN_SECONDS = 2.0
"""After so long a trace that began has its title and cause."""


class Due(msgspec.Struct, frozen=True):
    """That a rule tells of a trace now: what, and when that happened.

    `since` is when the stall began, or the trace; it is the same in each process that tells of it.
    """

    rule: Rule
    on: On
    trace: Trace
    since: float
    at: float


class Stand(msgspec.Struct):
    """A trace that stands still, or did until `left`; `told` are the rules that told of it."""

    trace: Trace
    since: float
    left: float | None = None
    told: list[str] = []


class Standing:
    """All traces that stand still, and those that began, since `began` (unix seconds).

    `told_before` are the rules that told of a stall, by trace, as an earlier process kept them.
    """

    def __init__(
        self, began: float, told_before: Mapping[str, tuple[float, list[str]]] | None = None
    ) -> None:
        self.left_out = 0
        self._began = began
        self._before = dict(told_before or {})
        self._stands: dict[str, Stand] = {}
        self._begun: dict[str, tuple[Trace, float]] = {}
        self._seen: dict[str, None] = {}
        self._complete: list[Trace] = []

    def take(self, trace: Trace, now: float) -> None:
        """Note how a trace stands now."""
        if trace.background:
            return
        self._note_begin(trace, now)
        stand = self._stands.get(trace.id)
        if stand is None:
            stand = self._new(trace, now)
            if stand is None:
                return
        stand.trace = trace
        if trace.state == "stalled":
            stand.left = None
        elif stand.left is None:
            stand.left = now
            if not stand.told:
                del self._stands[trace.id]

    def remove(self, trace_id: str) -> None:
        """Forget a trace that is no more."""
        self._stands.pop(trace_id, None)
        self._begun.pop(trace_id, None)
        self._before.pop(trace_id, None)

    def told(self) -> dict[str, tuple[float, list[str]]]:
        """Return what an heir has to know: the stalls that were told, and since when they are."""
        own = {id_: (each.since, each.told) for id_, each in self._stands.items() if each.told}
        return self._before | own

    def due(self, rules: Rules, now: float) -> Iterator[Due]:
        """Yield what is to be told now; each is told once. What is silenced or quiet waits."""
        for id_, stand in list(self._stands.items()):
            if stand.left is None:
                yield from self._stalled(stand, rules, now)
            else:
                yield from self._recovered(id_, stand, rules, now)
        for id_, (trace, at) in list(self._begun.items()):
            if now - at >= BEGUN_SECONDS:
                del self._begun[id_]
                yield from _once("begun", trace, rules, now)
        complete, self._complete = self._complete, []
        for trace in complete:
            yield from _once("complete", trace, rules, now)

    def _new(self, trace: Trace, now: float) -> Stand | None:
        before = self._before.pop(trace.id, None)
        if trace.state != "stalled" and before is None:
            return None
        if len(self._stands) >= STANDING_MOST:
            self.left_out += 1
            return None
        since, told = before or (now, [])
        stand = self._stands[trace.id] = Stand(trace, since, told=list(told))
        return stand

    def _note_begin(self, trace: Trace, now: float) -> None:
        if trace.existing or trace.started < self._began:
            return
        if trace.id not in self._seen:
            if len(self._seen) >= STANDING_MOST:
                del self._seen[next(iter(self._seen))]
            self._seen[trace.id] = None
            self._begun[trace.id] = trace, now
        elif trace.id in self._begun:
            self._begun[trace.id] = trace, self._begun[trace.id][1]
        room = len(self._complete) < STANDING_MOST
        if trace.settled and trace.state == "complete" and room:
            self._complete.append(trace)

    def _stalled(self, stand: Stand, rules: Rules, now: float) -> Iterator[Due]:
        for rule in rules.rules:
            wanted = "stalled" in rule.events or "recovered" in rule.events
            if not wanted or rule.name in stand.told or now - stand.since < seconds(rule.after):
                continue
            if rule.matches(stand.trace) and not _held(rule, stand.trace, rules, now):
                stand.told.append(rule.name)
                if "stalled" in rule.events:
                    yield Due(rule, "stalled", stand.trace, stand.since, stand.since)

    def _recovered(self, id_: str, stand: Stand, rules: Rules, now: float) -> Iterator[Due]:
        left = now if stand.left is None else stand.left
        for rule in rules.rules:
            if rule.name not in stand.told:
                continue
            final = stand.trace.state in FINISHED
            if not final and now - left < seconds(rule.after):
                continue
            if not _held(rule, stand.trace, rules, now):
                stand.told.remove(rule.name)
                if "recovered" in rule.events:
                    yield Due(rule, "recovered", stand.trace, stand.since, left)
        known = {rule.name for rule in rules.rules}
        if not known.intersection(stand.told):
            del self._stands[id_]


def _once(on: On, trace: Trace, rules: Rules, now: float) -> Iterator[Due]:
    """What is told at once or not at all."""
    ended = trace.updated if trace.ended is None else trace.ended
    at = trace.started if on == "begun" else ended
    for rule in rules.rules:
        if on in rule.events and rule.matches(trace) and not _held(rule, trace, rules, now):
            yield Due(rule, on, trace, trace.started, at)


def _held(rule: Rule, trace: Trace, rules: Rules, now: float) -> bool:
    """Whether nobody may be told just now."""
    return any(is_quiet(each, now) for each in rule.quiet) or any(
        now < each.until.timestamp() and each.matches(trace) for each in rules.silences
    )
