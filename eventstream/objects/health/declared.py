"""Kinds that a file declares: who looks after one, and by which expressions it is judged.

The expressions are CEL, as Kubernetes' own admission policies have it. They see `object`, `spec`,
`status` and `metadata`, and three functions that bear an absent field: `at("status.phase")` (the
value, or ""), `count("status.items")` (how many entries, or 0) and `condition("Ready")` (its
fields, each "" where it is absent). A rule that reads a field that is not there does not apply.

Source: https://kubernetes.io/docs/reference/using-api/cel/
"""

from typing import Any, Literal

import msgspec

from eventstream.objects.health.cel_alone import cel
from eventstream.objects.health.records import Health, HealthState

Entry = dict[str, Any]
Fallback = Literal["convention", "complete", "progressing", "unknown"]

_BLANK = {"type": "", "status": "", "reason": "", "message": "", "lastTransitionTime": ""}
_LONGEST, _DEEPEST = 64, 16


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """One rule: how an object stands where `when` is true.

    `message` and `since` are expressions for a text; `holder` names who can end it, "client" for
    a person.
    """

    state: HealthState = msgspec.field(name="is")
    when: str = "true"
    message: str = ""
    since: str = ""
    holder: str = ""


class Declaration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What a file says of a kind, or of several that are judged alike.

    `group` may begin with `*.`, and a kind of `*` is each of the group. The first of the `rules`
    that applies decides, else `otherwise` does. An object without a status is `without_status`.
    `shows` are the paths of status texts that may be kept; `makes` is what its controller makes.
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


class ExpressionError(ValueError):
    """An expression that is not CEL: of which rule, from 0, and in which field."""

    def __init__(self, rule: int, field: str, why: str) -> None:
        super().__init__(why)
        self.rule, self.field = rule, field


class _Compiled:
    def __init__(self, number: int, rule: Rule) -> None:
        self.rule = rule
        self.when, self.message, self.since = (
            self._compiled(number, field, getattr(rule, field))
            for field in ("when", "message", "since")
        )

    @staticmethod
    def _compiled(number: int, field: str, text: str) -> "cel.Program | None":
        if not text:
            return None
        try:
            return cel.compile(text)
        except (ValueError, RuntimeError) as error:
            raise ExpressionError(number, field, str(error)) from error


class DeclaredKind:
    """A declaration, ready to judge; raises ExpressionError for an expression that is not CEL."""

    def __init__(self, declaration: Declaration) -> None:
        self.declaration = declaration
        paths = declaration.shows
        self.shows = frozenset(p.removeprefix("status.") for p in paths if p.startswith("status."))
        self._rules = [_Compiled(*found) for found in enumerate(declaration.rules)]

    def judge(self, found: Entry) -> Health | Fallback:
        """How `found` stands by the rules, or what decides where none applies."""
        if not isinstance(found.get("status"), dict) and not self._reads_spec():
            return self.declaration.without_status
        context = _context(found)
        for number, compiled in enumerate(self._rules):
            try:
                if not _applies(compiled.when, context):
                    continue
                message = _text(compiled.message, context)
                since = _text(compiled.since, context)
            except (TypeError, ValueError, RuntimeError, ArithmeticError) as error:
                by = f"rule {number + 1} of its kind cannot be asked: {str(error)[:200]}"
                return Health("unknown", by, basis="declared")
            return self._health(compiled.rule, message, since)
        if not isinstance(found.get("status"), dict):
            return self.declaration.without_status
        return self.declaration.otherwise

    def _reads_spec(self) -> bool:
        return any(
            "spec" in rule.when or "metadata" in rule.when for rule in self.declaration.rules
        )

    def _health(self, rule: Rule, message: str, since: str) -> Health:
        holder = rule.holder or self.declaration.looked_after_by
        text = _words_of(rule.when)
        return Health(rule.state, "", "", message, since, "declared", holder=holder, rule=text)


def _words_of(expression: str) -> str:
    return " ".join(expression.split())[:200]


def _applies(when: "cel.Program | None", context: "cel.Context") -> bool:
    """Whether a rule holds; one that reads a field that is not there does not."""
    try:
        return when is not None and when.execute(context) is True
    except LookupError:
        return False


def _text(program: "cel.Program | None", context: "cel.Context") -> str:
    try:
        found = program.execute(context) if program is not None else ""
    except LookupError:
        return ""  # What the rule found stands, also where it comes without a message.
    return found if isinstance(found, str) else str(found)


def _context(found: Entry) -> "cel.Context":
    """What the expressions see; an object is converted only where one of them asks for it."""
    found = _without_nulls(found)
    known = {"object": found}
    for name in ("spec", "status", "metadata"):
        part = found.get(name)
        known[name] = part if isinstance(part, dict) else {}
    context = cel.Context(
        functions={
            "at": lambda path: at(found, path),
            "count": lambda path: _count(at(found, path)),
            "condition": lambda type_: _condition(known["status"], type_),
        }
    )
    context.set_variable_resolver(known.__getitem__)
    return context


def _without_nulls(value: Any) -> Any:
    """A null is an absent field, as the API's conventions say."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value if item is not None]
    return value


def at(found: Any, path: str) -> Any:
    """The value at a dotted path, "" where there is none; a number is an entry of a list."""
    for name in path[:256].split(".", _DEEPEST):
        if isinstance(found, list) and name.isdecimal() and len(name) < 6:
            place = int(name)
            found = found[place] if place < len(found) else None
        else:
            found = found.get(name) if isinstance(found, dict) else None
        if found is None:
            return ""
    return found


def _count(value: Any) -> int:
    return len(value) if isinstance(value, dict | list | str) else 0


def _condition(status: Entry, type_: str) -> Entry:
    """The fields of the condition of this type, each text "" where it is absent."""
    found = status.get("conditions")
    for entry in found[: _LONGEST * 4] if isinstance(found, list) else ():
        if isinstance(entry, dict) and entry.get("type") == type_:
            return _BLANK | {key: value for key, value in entry.items() if value is not None}
    return _BLANK
