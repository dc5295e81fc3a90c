"""A run of a cluster as its writes and Events, whichever cluster it was."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
_SERVERS = frozenset({"managedFields", "resourceVersion", "uid", "selfLink", "creationTimestamp"})
"""Metadata that says nothing of what a write changed."""
_KEYS = ("type", "name")
_TOLD = frozenset({"phase", "reason", "status", "type", "replicas", "exitCode"})
"""Fields whose new value belongs to what a write did; of others it is only that they changed."""
_TIMES = re.compile(r"(Time|Timestamp|At)$")


@dataclass
class Write:
    """One version of an object: who made it, how, and what changed."""

    uid: str
    actor: str
    verb: str
    sub: str
    changed: frozenset[str]
    at: float
    number: int = 0

    @property
    def label(self) -> str:
        """What it is compared by."""
        return f"{self.actor} {self.verb}{'/' + self.sub if self.sub else ''}"


@dataclass
class Told:
    """An Event, or another count of one."""

    uid: str
    component: str
    reason: str
    kind: str
    message: str

    def label(self, names: dict[str, str]) -> str:
        """Return what it is compared by, with names that were made up taken out."""
        return f"{self.component} {self.kind} {self.reason}: {plain(self.message, names)}"


@dataclass
class Thing:
    """An object that occurs in a story, `existing` where it was there before."""

    uid: str
    kind: str
    name: str
    owner: str
    existing: bool


@dataclass
class Story:
    """All that happened, in the order of the API server."""

    things: dict[str, Thing] = field(default_factory=dict)
    writes: list[Write] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    """Which kinds were watched, of a recording."""
    refused: list[str] = field(default_factory=list)
    """What somebody else's writes met that was not so in the recording."""

    def meets(self, kind: str, thing: Json, *, existing: bool = False) -> None:
        """Note an object at its first occurrence."""
        metadata = thing["metadata"]
        owners = metadata.get("ownerReferences") or ()
        owner = next((each["uid"] for each in owners if each.get("controller")), "")
        uid = metadata["uid"]
        self.things.setdefault(uid, Thing(uid, kind, metadata["name"], owner, existing))

    def alias(self, uid: str) -> str:
        """Return an object's name without what was made up of it."""
        thing = self.things[uid]
        above = self.things.get(thing.owner)
        if above is None or not thing.name.startswith(f"{above.name}-"):
            return thing.name
        rest = thing.name.removeprefix(f"{above.name}-")
        return f"{self.alias(above.uid)}-{rest if rest.isdigit() and len(rest) < 4 else '#'}"

    def names(self) -> dict[str, str]:
        """Return what each object's name is to be replaced by."""
        return {thing.name: self.alias(thing.uid) for thing in self.things.values()}


_VARYING = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "(uid)"),
    (re.compile(r"#-[a-z0-9]{5}\b"), "#-#"),
    (re.compile(r"\b\d+(\.\d+)?(ms|s)\b"), "(time)"),
)


def plain(message: str, names: dict[str, str]) -> str:
    """Return a message without names, uids and durations of its own."""
    for name in sorted(names, key=len, reverse=True):
        if names[name] != name:
            message = message.replace(name, names[name])
    for pattern, instead in _VARYING:
        message = pattern.sub(instead, message)
    return message


def changes(before: Json | None, after: Json) -> frozenset[str]:
    """Return the fields that differ, those that are new or gone with a sign before them.

    A time that only moved is none of them: in a burst it is chance whether a second passed.
    """
    old, new = dict(_leaves("", _shown(before))) if before else {}, dict(_leaves("", _shown(after)))
    found = set()
    for path in old.keys() | new.keys():
        if path not in new:
            found.add(f"-{path}")
        elif path not in old:
            found.add(f"+{path}{_value(path, new[path])}")
        elif old[path] != new[path] and not _TIMES.search(path):
            found.add(f"{path}{_value(path, new[path])}")
    return frozenset(found)


def _value(path: str, value: Any) -> str:
    name = path.rpartition(".")[2]
    return f"={value}" if name in _TOLD and not isinstance(value, (dict, list)) else ""


def _shown(thing: Json) -> Json:
    metadata = {k: v for k, v in thing["metadata"].items() if k not in _SERVERS}
    return {k: v for k, v in thing.items() if k not in ("apiVersion", "kind")} | {
        "metadata": metadata
    }


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _leaves(f"{path}.{name}" if path else name, each)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            key = next((each[k] for k in _KEYS if k in each), None) if _named(path, each) else None
            yield from _leaves(f"{path}[{key or number}]", each)
    elif value is not None:
        yield path, value


def _named(path: str, each: Any) -> bool:
    """Return whether the items of a list are told apart by what they say, not by their place."""
    return isinstance(each, dict) and path.endswith(("onditions", "ontainers", "ontainerStatuses"))
