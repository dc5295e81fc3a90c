"""What an expression of a kind's file sees of an object, and no more than it reads.

Handing an object to CEL copies it whole, which costs more than all the rest of a judgement. So
each expression is given only the fields of `spec`, `status`, `metadata` or `object` that its text
names; what it does not name it cannot read.
"""

from typing import Any

from eventstream.expressions import LONGEST, expression
from eventstream.objects.health.cel_alone import cel
from eventstream.objects.health.conditions import newest
from eventstream.objects.health.names import PARTS, unknown_name
from eventstream.objects.nulls import without_nulls

Entry = dict[str, Any]

_BLANK = {"type": "", "status": "", "reason": "", "message": "", "lastTransitionTime": ""}
_ENTRIES_MOST, _DEEPEST = 256, 16
_READS = expression(r"(^|[^\w.])(object|spec|status|metadata)\b(?:\.(\w+))?")
_WORKLOADS = ("Deployment.apps/", "StatefulSet.apps/", "DaemonSet.apps/", "Job.batch/")
_WHOLE: frozenset[str] = frozenset()


class UnknownNameError(ValueError):
    """An expression has a name in it that nobody knows; the message says which."""


class Asked:
    """An expression, ready to be asked; raises ValueError or RuntimeError for what is not CEL.

    Raises UnknownNameError, a ValueError, for a name that nobody knows.
    """

    def __init__(self, text: str) -> None:
        self._program = cel.compile(text)
        if unknown := unknown_name(text):
            raise UnknownNameError(unknown)
        self.reads = _reads(text)

    def of(self, seen: "Seen") -> Any:
        """Its value; raises LookupError where it reads a field that is not there."""
        seen.reads = self.reads
        return self._program.execute(seen.context)


class Seen:
    """One object, as the expressions see it."""

    def __init__(self, found: Entry) -> None:
        self._found = found
        self.reads: dict[str, frozenset[str]] = {}
        self._conditions: dict[str, Entry] | None = None
        self.context = cel.Context(
            functions={
                "at": lambda path: without_nulls(at(found, path)),
                "count": lambda path: _count(without_nulls(at(found, path))),
                "condition": self._condition,
                "named": lambda path, type_: named_at(found, path, type_),
                "applied": lambda path: applied_at(found, path),
            }
        )
        self.context.set_variable_resolver(self._resolve)

    def _condition(self, type_: str) -> Entry:
        if self._conditions is None:
            self._conditions = conditions_by_type(self._part("status"))
        return self._conditions.get(type_, _BLANK)

    def _part(self, name: str) -> Entry:
        found = self._found if name == "object" else self._found.get(name)
        return found if isinstance(found, dict) else {}

    def _resolve(self, name: str) -> Entry:
        if name not in PARTS:
            raise KeyError(name)
        fields, part = self.reads.get(name, _WHOLE), self._part(name)
        if fields:
            part = {field: part[field] for field in fields if field in part}
        cleared: Entry = without_nulls(part)
        return cleared


def _reads(text: str) -> dict[str, frozenset[str]]:
    """Of each part of an object that the text names the fields that it reads; none is all."""
    found: dict[str, frozenset[str]] = {}
    if len(text) > LONGEST:
        return found
    for match in _READS.finditer(text):
        _, name, field = match.groups()
        if not field or found.get(name) == _WHOLE:
            found[name] = _WHOLE
        else:
            found[name] = found.get(name, _WHOLE) | {field}
    return found


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


def named_at(found: Any, path: str, type_: str) -> list[str]:
    """The objects that stand at a dotted path: references, or names, also of each entry of a list.

    `type_` is `KIND.GROUP`, for what a reference leaves out.
    """
    return [
        name
        for one in _each(found, path[:256].split(".", _DEEPEST))
        if (name := _named(one, type_))
    ]


def applied_at(found: Any, path: str) -> list[str]:
    """The objects whose ids of Flux' inventory stand at a dotted path; what may not be done first.

    Source: https://fluxcd.io/flux/components/kustomize/kustomizations/#inventory
    (`NAMESPACE_NAME_GROUP_KIND`)
    """
    found = [one.split("_") for one in _each(found, path.split(".")) if isinstance(one, str)]
    ids = [parts for parts in found if len(parts) == 4]
    named = [f"{kind}.{group}/{place}/{name}" for place, name, group, kind in ids if group]
    return sorted(named, key=lambda one: not one.startswith(_WORKLOADS))


def _each(found: Any, path: list[str]) -> list[Any]:
    if isinstance(found, list):
        return [below for one in found[:_ENTRIES_MOST] for below in _each(one, path)]
    if not path:
        return [found]
    return _each(found.get(path[0]), path[1:]) if isinstance(found, dict) else []


def _named(one: Any, type_: str) -> str:
    usual, _, group = type_.partition(".")
    if isinstance(one, str) and one:
        return f"{type_}/{one}"
    if not isinstance(one, dict) or not isinstance(one.get("name"), str):
        return ""
    version = one.get("apiVersion")
    if isinstance(version, str):
        group = version.rpartition("/")[0]
    group = next((one[key] for key in ("apiGroup", "group") if one.get(key)), group)
    place = f"{one['namespace']}/" if one.get("namespace") else ""
    return f"{one.get('kind') or usual}.{group}/{place}{one['name']}"


def _count(value: Any) -> int:
    return len(value) if isinstance(value, dict | list | str) else 0


def conditions_by_type(status: Entry) -> dict[str, Entry]:
    """The fields of each condition by its type, each text "" where it is absent."""
    found: dict[str, list[Entry]] = {}
    listed = status.get("conditions")
    for one in listed[:_ENTRIES_MOST] if isinstance(listed, list) else ():
        if isinstance(one, dict) and isinstance(one.get("type"), str):
            found.setdefault(one["type"], []).append(one)
    return {
        type_: _BLANK | {k: v for k, v in newest(entries).items() if v is not None}
        for type_, entries in found.items()
    }
