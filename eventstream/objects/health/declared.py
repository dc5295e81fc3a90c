"""Kinds that a file declares: who looks after one, and by which expressions it is judged.

The expressions are CEL, as Kubernetes' own admission policies have it. They see `object`, `spec`,
`status` and `metadata`, and three functions that bear an absent field: `at("status.phase")` (the
value, or ""), `count("status.items")` (how many entries, or 0) and `condition("Ready")` (its
fields, each "" where it is absent). A rule that reads a field that is not there does not apply.

Source: https://kubernetes.io/docs/reference/using-api/cel/
"""

from functools import cached_property
from typing import Annotated, Any, Literal

import msgspec

from eventstream.expressions import expression
from eventstream.objects.health.asking import Asked, Seen, UnknownNameError
from eventstream.objects.health.records import Health, HealthState

_NAMED_MOST, _NAME_MOST = 16, 512
Entry = dict[str, Any]
Fallback = Literal["convention", "complete", "progressing", "unknown"]


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """One rule: how an object stands where `when` is true.

    `message` and `since` are expressions for a text; `holder` names who can end it, "client" for
    a person. Work that is `patient` takes any time, so that none is unusual; `within` is an
    expression for the time that is given to it, as Go writes one: `5m0s`.
    """

    state: HealthState = msgspec.field(name="is")
    when: str = "true"
    message: str = ""
    since: str = ""
    holder: str = ""
    within: str = ""
    patient: bool = False


class Declaration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What a file says of a kind, or of several that are judged alike.

    `group` may begin with `*.`, and a kind of `*` is each of the group. The first of the `rules`
    that applies decides, else `otherwise` does. An object without a status is `without_status`.
    `shows` are the paths of status texts that may be kept; `makes` is what its controller makes.
    `waits_for` are expressions for the objects that it waits for, see `Health.waits_for`: a text,
    or a list of texts; one that reads a field that is not there names none.
    `complete_with` are the same for what has to be done as well before one is complete.
    With `observes` of `success` its controller notes a generation only once that is as asked for,
    so that a failure of an older one counts, too. `takes` are seconds that are given to one beyond
    what is usual for any kind, before it is called late.
    """

    group: str
    kinds: tuple[str, ...]
    source: str
    rules: tuple[Rule, ...] = ()
    looked_after_by: str = ""
    makes: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    otherwise: Fallback = "convention"
    without_status: Fallback = "progressing"
    waits_for: tuple[str, ...] = ()
    complete_with: tuple[str, ...] = ()
    observes: Literal["always", "success"] = "always"
    takes: Annotated[float, msgspec.Meta(ge=0, le=604_800)] = 0.0


class ExpressionError(ValueError):
    """An expression that cannot be asked, and the path of its field in the declaration."""

    def __init__(self, path: tuple[str | int, ...], why: str) -> None:
        super().__init__(why)
        self.path = path


class _Compiled:
    def __init__(self, number: int, rule: Rule) -> None:
        self.rule = rule
        self.when, self.message, self.since, self.within = (
            _compiled(("rules", number, field), getattr(rule, field))
            for field in ("when", "message", "since", "within")
        )


def _compiled(path: tuple[str | int, ...], text: str) -> Asked | None:
    if not text:
        return None
    try:
        return Asked(text)
    except UnknownNameError as error:
        raise ExpressionError(path, f"in {_field(path)} {error}") from error
    except (ValueError, RuntimeError) as error:
        raise ExpressionError(path, f"{_field(path)} is no CEL: {error}") from error


def _all_compiled(field: str, texts: tuple[str, ...]) -> list[Asked]:
    found = (_compiled((field, number), text) for number, text in enumerate(texts))
    return [asked for asked in found if asked is not None]


def _field(path: tuple[str | int, ...]) -> str:
    return next(step for step in reversed(path) if isinstance(step, str))


class DeclaredKind:
    """A declaration, ready to judge: its expressions are read when they are first asked.

    Of the hundreds of kinds that Baton knows a cluster has a few.
    """

    def __init__(self, declaration: Declaration) -> None:
        self.declaration = declaration
        paths = declaration.shows
        self.shows = frozenset(p.removeprefix("status.") for p in paths if p.startswith("status."))

    @cached_property
    def _rules(self) -> list[_Compiled]:
        return [_Compiled(*found) for found in enumerate(self.declaration.rules)]

    @cached_property
    def _waits_for(self) -> list[Asked]:
        return _all_compiled("waitsFor", self.declaration.waits_for)

    @cached_property
    def _complete_with(self) -> list[Asked]:
        return _all_compiled("completeWith", self.declaration.complete_with)

    def read(self) -> None:
        """Read all of its expressions now; raises ExpressionError for one that is not CEL."""
        _ = self._rules, self._waits_for, self._complete_with

    def judge(self, found: Entry) -> Health | Fallback:
        """How `found` stands by the rules, or what decides where none applies."""
        if not isinstance(found.get("status"), dict) and not self._reads_spec():
            return self.declaration.without_status
        seen = Seen(found)
        for number, compiled in enumerate(self._rules):
            try:
                if not _applies(compiled.when, seen):
                    continue
                message = _text(compiled.message, seen)
                since = _text(compiled.since, seen)
                takes = _seconds(_text(compiled.within, seen))
            except (TypeError, ValueError, RuntimeError, ArithmeticError) as error:
                by = f"rule {number + 1} of its kind cannot be asked: {str(error)[:200]}"
                return Health("unknown", by, basis="declared")
            health = self._health(compiled.rule, message, since)
            return msgspec.structs.replace(health, takes=takes) if takes else health
        if not isinstance(found.get("status"), dict):
            return self.declaration.without_status
        return self.declaration.otherwise

    def waits_for(self, found: Entry, *, complete: bool = False) -> tuple[str, ...]:
        """The objects that `found` may wait for, each once; for one that is `complete`, too."""
        expressions = self._complete_with if complete else self._waits_for
        if not expressions:
            return ()
        seen, named = Seen(found), list[str]()
        for asked in expressions:
            try:
                value = asked.of(seen)
            except (LookupError, TypeError, ValueError, RuntimeError, ArithmeticError):
                continue  # Whatever it names is then not looked at; how it stands is told anyway.
            named.extend(str(one) for one in (value if isinstance(value, list) else [value]))
        whole = (name[:_NAME_MOST] for name in named if name.rpartition("/")[2])
        return tuple(dict.fromkeys(whole))[:_NAMED_MOST]

    def _reads_spec(self) -> bool:
        return any(
            "spec" in rule.when or "metadata" in rule.when for rule in self.declaration.rules
        )

    def _health(self, rule: Rule, message: str, since: str) -> Health:
        holder = rule.holder or self.declaration.looked_after_by
        text = _words_of(rule.when)
        told = Health(rule.state, "", "", message, since, "declared", holder=holder, rule=text)
        return msgspec.structs.replace(told, patient=True) if rule.patient else told


_DURATION = expression(r"(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})(?:\.\d+)?s)?")


def _seconds(text: str) -> float:
    """Seconds of a duration as Go writes it; 0 where it is none.

    Source: https://pkg.go.dev/time#ParseDuration
    """
    found = _DURATION.fullmatch(text)
    if found is None:
        return 0.0
    hours, minutes, seconds = (int(part or "0") for part in found.groups())
    return float(hours * 3600 + minutes * 60 + seconds)


def _words_of(expression: str) -> str:
    return " ".join(expression.split())[:200]


def _applies(when: Asked | None, seen: Seen) -> bool:
    """Whether a rule holds; one that reads a field that is not there does not."""
    try:
        return when is not None and when.of(seen) is True
    except LookupError:
        return False


def _text(asked: Asked | None, seen: Seen) -> str:
    try:
        found = asked.of(seen) if asked is not None else ""
    except LookupError:
        return ""  # What the rule found stands, also where it comes without a message.
    return found if isinstance(found, str) else str(found)
