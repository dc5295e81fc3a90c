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

    `since` is when the stall was first seen, of which only those that were told outlive a restart,
    or when the trace began.
    """

    rule: Rule
    on: On
    trace: Trace
    since: float
    at: float


PAUSED_AFTER = 1000
"""After so many looks at a rule others may work: a thousand take a millisecond or two."""


class Stand(msgspec.Struct):
    """A trace that stands still, or did until `left`; `told` are the rules that told of it.

    It does so since `unbroken` without a break, and since `since` with such as nobody is told of.

    `meant` are the rules that may have to tell of it still, None where that is to be found out:
    those that it does not concern are not asked again each second.
    """

    trace: Trace
    since: float
    unbroken: float
    left: float | None = None
    told: list[str] = []
    meant: list[Rule] | None = None


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
        self._rules: Rules | None = None

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
        stand.trace, stand.meant = trace, None
        if trace.state == "stalled":
            if stand.left is not None:
                stand.left, stand.unbroken = None, now
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

    def due(self, rules: Rules, now: float) -> Iterator[Due | None]:
        """Yield what is to be told now, each once, and None where others may work meanwhile.

        What is silenced or quiet waits. Traces may be taken in while this is gone through.
        """
        if rules is not self._rules:
            self._rules = rules
            for stand in self._stands.values():
                stand.meant = None
        held, looks = _Held(rules, now), 0
        for id_, stand in list(self._stands.items()):
            looks += 1 + len(rules.rules) * (stand.meant is None)
            if looks >= PAUSED_AFTER:
                looks = 0
                yield None
            if self._stands.get(id_) is stand:
                find = self._stalled if stand.left is None else self._recovered
                yield from find(stand, rules, held)
        for id_, (trace, at) in list(self._begun.items()):
            if now - at >= BEGUN_SECONDS and self._begun.pop(id_, None) is not None:
                yield from _once("begun", trace, rules, held)
        complete, self._complete = self._complete, []
        for trace in complete:
            yield from _once("complete", trace, rules, held)

    def _new(self, trace: Trace, now: float) -> Stand | None:
        before = self._before.pop(trace.id, None)
        if trace.state != "stalled" and before is None:
            return None
        if len(self._stands) >= STANDING_MOST:
            self.left_out += 1
            return None
        since, told = before or (now, [])
        stand = self._stands[trace.id] = Stand(
            trace, since, since if told else now, told=list(told)
        )
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

    def _stalled(self, stand: Stand, rules: Rules, held: "_Held") -> Iterator[Due]:
        if stand.meant is None:
            stand.meant = [
                rule
                for rule in rules.rules
                if ("stalled" in rule.events or "recovered" in rule.events)
                and rule.name not in stand.told
                and rule.matches(stand.trace)
            ]
        for rule in list(stand.meant):
            if held.now - stand.unbroken >= seconds(rule.after) and not held(rule, stand.trace):
                stand.meant.remove(rule)
                stand.told.append(rule.name)
                if "stalled" in rule.events:
                    yield Due(rule, "stalled", stand.trace, stand.unbroken, stand.unbroken)

    def _recovered(self, stand: Stand, rules: Rules, held: "_Held") -> Iterator[Due]:
        left = held.now if stand.left is None else stand.left
        final = stand.trace.state in FINISHED
        if stand.meant is None:
            stand.meant = [rule for rule in rules.rules if rule.name in stand.told]
        for rule in list(stand.meant):
            lasted = final or held.now - left >= seconds(rule.after)
            if lasted and not held(rule, stand.trace):
                stand.meant.remove(rule)
                stand.told.remove(rule.name)
                if "recovered" in rule.events:
                    yield Due(rule, "recovered", stand.trace, stand.since, left)
        if not stand.meant:
            self._stands.pop(stand.trace.id, None)


class _Held:
    """Whether nobody may be told at `now`: by quiet hours, each found out once, and silences."""

    def __init__(self, rules: Rules, now: float) -> None:
        self.now = now
        self._quiet = {
            rule.name: any(is_quiet(each, now) for each in rule.quiet) for rule in rules.rules
        }
        self._silences = [each for each in rules.silences if now < each.until.timestamp()]

    def __call__(self, rule: Rule, trace: Trace) -> bool:
        """Whether the rule may not tell of the trace now."""
        return self._quiet[rule.name] or any(each.matches(trace) for each in self._silences)


def _once(on: On, trace: Trace, rules: Rules, held: _Held) -> Iterator[Due]:
    """What is told at once or not at all."""
    ended = trace.updated if trace.ended is None else trace.ended
    at = trace.started if on == "begun" else ended
    for rule in rules.rules:
        if on in rule.events and rule.matches(trace) and not held(rule, trace):
            yield Due(rule, on, trace, trace.started, at)
