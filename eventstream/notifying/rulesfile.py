"""Reads a file of rules, and says where one is wrong: file, line, field, and what is meant."""

import os
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

import msgspec

from eventstream.documents import DocumentError, converted, documents
from eventstream.explain.vocabulary.declared.kinds import SHORT_NAMES
from eventstream.explain.vocabulary.diagnoses import DIAGNOSES
from eventstream.notifying.clock import minutes, seconds, zone
from eventstream.notifying.rules import (
    DAYS,
    Format,
    On,
    Quiet,
    Rule,
    Rules,
    Secret,
    Selector,
    Silence,
    Target,
    Webhook,
)
from eventstream.objects.kinds import WATCHED

RULES_MOST = 200
_FIELDS = sorted(
    {
        field.encode_name
        for type_ in (Rules, Rule, Silence, Quiet, Secret, Target, Webhook)
        for field in msgspec.structs.fields(type_)
    }
)
_Steps = tuple[str | int, ...]
_WORDS = {"events": get_args(On), "format": get_args(Format), "days": DAYS}
"""Fields of which the words are few."""

_PLURALS = {each.plural: each.kind for each in WATCHED}
_CALLED = (
    {kind.lower(): kind for kind in _PLURALS.values()}
    | _PLURALS
    | {short: _PLURALS[plural] for short, plural in SHORT_NAMES.items() if plural in _PLURALS}
)
"""How kubectl calls Kubernetes' own kinds, to what a manifest and a rule call them."""


class RulesError(DocumentError):
    """A file of rules that can't be used; the message names file, line and field."""


def read_rules(path: Path) -> Rules:
    """Return the rules of a file; raises RulesError. No secret is read for it."""
    found = documents(path, RulesError)
    if len(found) != 1:
        raise RulesError(f"{path}: it holds {len(found)} documents; targets and rules are one")
    value, lines = found[0]
    rules = converted(value, Rules, path, lines, _hint, RulesError)
    for steps, why in _wrong(rules):
        raise RulesError(f"{path}, line {lines.of(steps)}: {why}")
    return rules


def _hint(what: str, unknown: str, steps: _Steps) -> str:
    if unknown:
        close = get_close_matches(unknown, _FIELDS, 1)
        return f"; perhaps {close[0]} is meant" if close else ""
    if what.startswith("Expected `array`"):
        return "; a list stands in [ ]"
    if what.startswith("Expected `str`, got `int`"):
        return "; it has to stand in quotes"
    if what.startswith("Expected `object`"):
        if not steps:
            return "; a file holds targets and rules"
        secret = steps[-1] == "url" or "headers" in steps
        return "; what is secret stands elsewhere: {file: PATH} or {env: NAME}" if secret else ""
    field = next((step for step in reversed(steps) if step in _WORDS), None)
    if field is not None and what.startswith("Invalid enum value"):
        return f"; {field} takes {', '.join(_WORDS[str(field)])}"
    return ""


def _wrong(rules: Rules) -> Iterator[tuple[_Steps, str]]:
    """What fits the schema and can't be so: the field, and why."""
    if len(rules.rules) > RULES_MOST:
        yield ("rules",), f"{len(rules.rules)} rules; {RULES_MOST} is the most"
    if rules.dashboard and urlsplit(rules.dashboard).scheme not in {"http", "https"}:
        yield ("dashboard",), "dashboard begins with https:// or http://"
    for name, target in rules.targets.items():
        yield from _wrong_target(("targets", name, "webhook"), target.webhook)
    seen = set[str]()
    for place, rule in enumerate(rules.rules):
        steps: _Steps = ("rules", place)
        if rule.name in seen:
            yield (*steps, "name"), f"a rule is called {rule.name} already"
        seen.add(rule.name)
        yield from _wrong_rule(steps, rule, rules)
    for place, silence in enumerate(rules.silences):
        steps = ("silences", place)
        if silence.until.tzinfo is None:
            yield (*steps, "until"), "until needs its zone, as in 2026-12-01T08:00:00Z"
        yield from _unknown(steps, silence)


def _wrong_target(steps: _Steps, webhook: Webhook) -> Iterator[tuple[_Steps, str]]:
    for below, secret in (("url", webhook.url), *webhook.headers.items()):
        if (secret.file is None) == (secret.env is None):
            where = (*steps, "url") if below == "url" else (*steps, "headers", below)
            yield where, f"{below} is read from one place: either file or env names it"


def _wrong_rule(steps: _Steps, rule: Rule, rules: Rules) -> Iterator[tuple[_Steps, str]]:
    if not rule.to:
        yield (*steps, "to"), "to names nobody"
    for name in rule.to:
        if name not in rules.targets:
            known = ", ".join(rules.targets) or "none"
            yield (*steps, "to"), f"there is no target {name}; there are: {known}"
    try:
        seconds(rule.after)
    except ValueError as error:
        yield (*steps, "after"), f"after: {error}"
    yield from _unknown(steps, rule)
    for place, quiet in enumerate(rule.quiet):
        try:
            zone(quiet.zone), minutes(quiet.begin), minutes(quiet.end)
        except ValueError as error:
            yield (*steps, "quiet", place), f"quiet: {error}"


def _unknown(steps: _Steps, selector: Selector) -> Iterator[tuple[_Steps, str]]:
    """What selects nothing: kinds as kubectl takes them, and codes that there are not."""
    for place, kind in enumerate(selector.kinds):
        name, dot, group = kind.partition(".")
        if name in _CALLED:
            meant = f"{_CALLED[name]}{dot}{group}"
            yield (*steps, "kinds", place), f"there is no kind {kind}; perhaps {meant} is meant"
    for code in selector.diagnoses:
        if code not in DIAGNOSES and not code.endswith("*"):
            close = get_close_matches(code, DIAGNOSES, 1)
            hint = f"; perhaps {close[0]} is meant" if close else "; Reference lists them"
            yield (*steps, "diagnoses"), f"there is no diagnosis {code}{hint}"


def value_of(secret: Secret) -> str:
    """Return what a secret holds now; raises ValueError, which never tells a part of it."""
    if secret.env is not None:
        value = os.environ.get(secret.env, "").strip()
        if not value:
            raise ValueError(f"the variable {secret.env} is not set")
        return value
    try:
        value = Path(secret.file or "").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise ValueError(f"the file {secret.file} cannot be read: {why}") from None
    if not value:
        raise ValueError(f"the file {secret.file} is empty")
    return value
