"""A recording as the writes that it proves, in the order in which the cluster made them.

A tape's lines are in order of arrival at one client. Writes are put back into the order of their
resourceVersions, which is the order of etcd; where Events have an etcd of their own, their
versions can't be compared with others, and the order of arrival is all that is known.
"""

import heapq
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path
from typing import Literal

from practicecluster.builtin_types import builtin_types
from practicecluster.crds import CRD_PLURAL
from practicecluster.event_versions import (
    CORE_EVENTS,
    EVENTS_STORAGE,
    GROUP_EVENTS,
    to_core_version,
)
from practicecluster.resources import ResourceType
from practicecluster.stored import JsonObject, key_of
from practicecluster.tape_lines import TapeLine, TapeProblem, parse_line

TAPES = Path(__file__).parent / "tapes"
WriteType = Literal["ADDED", "MODIFIED", "DELETED"]
# Two watches of one etcd differ by milliseconds; this is far beyond.
_WORST_DISORDER_SECONDS = 2.0


@dataclass(frozen=True)
class TapeWrite:
    """One write on a tape. `at` is unix seconds by the recording client's clock.

    `listed` marks an object that a List showed: its write happened before, unseen.
    """

    at: float
    resource: str
    type: WriteType
    content: JsonObject
    revision: int
    listed: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """The object's identity on the tape while it lives: resource, and namespace and name."""
        metadata = self.content["metadata"]
        return self.resource, key_of(metadata.get("namespace"), metadata["name"])


@dataclass(frozen=True)
class Tape:
    """A recording: what existed when it began (`initial`), then every write.

    `began` is unix seconds. `types` are listed types that neither the server has built in nor a
    CRD on the tape brings. `own_counters` are storages whose versions can't be compared with
    others. `problems` tells of lines left out.
    """

    name: str
    began: float
    initial: tuple[TapeWrite, ...]
    writes: tuple[TapeWrite, ...]
    types: tuple[ResourceType, ...]
    own_counters: frozenset[str]
    problems: tuple[TapeProblem, ...]

    @property
    def seconds(self) -> float:
        """How long the recording goes on after its beginning."""
        return self.writes[-1].at - self.began if self.writes else 0.0


def read_tape(path: Path) -> Tape:
    """Return the tape in a file; raises OSError when it can't be read."""
    return parse_tape(path.name.removesuffix(".jsonl"), path.read_bytes().split(b"\n"))


def parse_tape(name: str, lines: Iterable[bytes]) -> Tape:
    """Return the tape of these lines; lines that can't be played are its `problems`."""
    parsed: list[tuple[int, TapeLine]] = []
    problems: list[TapeProblem] = []
    for number, text in enumerate(lines, start=1):
        if text.strip():
            try:
                parsed.append((number, parse_line(text)))
            except ValueError as error:
                problems.append(TapeProblem(name, number, str(error)))
    parsed = list(_one_form_of_events(parsed))
    collected = _Collected()
    for number, line in parsed:
        try:
            collected.add(line)
        except ValueError as error:
            problems.append(TapeProblem(name, number, str(error)))
    own_counters = _own_counters([line for _, line in parsed])
    initial, writes = _in_order(collected.writes, own_counters)
    return Tape(
        name=name,
        began=min((line.t for _, line in parsed), default=0.0),
        initial=initial,
        writes=writes,
        types=tuple(_foreign_types(parsed, collected.writes)),
        own_counters=own_counters,
        problems=tuple(sorted(problems, key=lambda problem: problem.line)),
    )


def _one_form_of_events(
    lines: Sequence[tuple[int, TapeLine]],
) -> Iterable[tuple[int, TapeLine]]:
    """Give the lines with each Event once, in v1, whichever of its two versions was recorded."""
    has_core = any(line.resource == CORE_EVENTS for _, line in lines)
    for number, line in lines:
        if line.resource != GROUP_EVENTS:
            yield number, line
        elif not has_core:
            yield number, TapeLine(line.t, CORE_EVENTS, line.type, _core(line.object))


def _core(content: JsonObject) -> JsonObject:
    if "items" in content:
        return content | {"items": [to_core_version(item) for item in content["items"] or []]}
    return to_core_version(content)


@dataclass
class _Collected:
    """The writes that the lines prove, gathered in order of arrival."""

    writes: list[TapeWrite] = field(default_factory=list)
    _alive: dict[tuple[str, str], TapeWrite] = field(default_factory=dict)
    _latest: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, line: TapeLine) -> None:
        """Take a line; raises ValueError for one that contradicts an earlier line."""
        if line.type == "LIST":
            self._add_list(line)
        elif line.type != "BOOKMARK":
            self._add_write(_write(line, line.type, line.object))

    def _add_write(self, write: TapeWrite) -> None:
        name = "/".join(write.key)
        before = self._latest.get(write.key, -1)
        if write.revision <= before:
            raise ValueError(
                f"{name} has resourceVersion {write.revision}, and an earlier line {before}"
            )
        if write.type != "DELETED":
            self._alive[write.key] = write
        elif self._alive.pop(write.key, None) is None:
            raise ValueError(f"it deletes {name}, which no earlier line shows")
        self._latest[write.key] = write.revision
        self.writes.append(write)

    def _add_list(self, line: TapeLine) -> None:
        """Take what a List shows beyond what is known; a later List also shows what is gone."""
        kind = str(line.object["kind"]).removesuffix("List")
        head = {"kind": kind, "apiVersion": line.resource.rpartition("/")[0]}
        items = [_write(line, "ADDED", head | item) for item in line.object.get("items") or []]
        present = {item.key for item in items}
        known = {key: write for key, write in self._alive.items() if key[0] == line.resource}
        version = int(line.object["metadata"]["resourceVersion"])
        for key, write in known.items():
            if key not in present:
                gone = replace(write, at=line.t, type="DELETED", revision=version, listed=False)
                self._add_write(gone)
        for item in items:
            if item.key not in known or known[item.key].revision != item.revision:
                self._add_write(replace(item, listed=True))


def _write(line: TapeLine, change_type: WriteType, content: JsonObject) -> TapeWrite:
    revision = int(content["metadata"]["resourceVersion"])
    return TapeWrite(line.t, line.resource, change_type, content, revision)


def _own_counters(lines: Sequence[TapeLine]) -> frozenset[str]:
    """Return the storages whose versions can't be compared with others: Events, or none.

    Evidence is an Event that tells of a version at or above its own, or versions that fall over
    seconds, which no delay between two watches explains.
    """
    told = any(_tells_of_later(line.object) for line in lines if line.resource == CORE_EVENTS)
    return frozenset({EVENTS_STORAGE}) if told or _falls(lines) else frozenset()


def _tells_of_later(content: JsonObject) -> bool:
    subject = content.get("involvedObject")
    seen = str(subject.get("resourceVersion")) if isinstance(subject, dict) else ""
    return seen.isdigit() and int(seen) >= int(content["metadata"]["resourceVersion"])


def _falls(lines: Sequence[TapeLine]) -> bool:
    """Return whether Events and others bear versions below what the other kind bore long before."""
    highest = {True: 0, False: 0}
    waiting: deque[tuple[float, bool, int]] = deque()
    for line in lines:
        is_event = line.resource == CORE_EVENTS
        version = int(line.object["metadata"]["resourceVersion"])
        while waiting and waiting[0][0] < line.t - _WORST_DISORDER_SECONDS:
            _, kind, earlier = waiting.popleft()
            highest[kind] = max(highest[kind], earlier)
        if line.type not in {"LIST", "BOOKMARK"} and version < highest[not is_event]:
            return True
        waiting.append((line.t, is_event, version))
    return False


def _in_order(
    writes: Sequence[TapeWrite], own_counters: frozenset[str]
) -> tuple[tuple[TapeWrite, ...], tuple[TapeWrite, ...]]:
    """Return the state at the beginning, and the writes after it, each in order of commit."""
    apart = [write for write in writes if own_counters and write.resource == CORE_EVENTS]
    shared = [write for write in writes if not (own_counters and write.resource == CORE_EVENTS)]
    initial: list[TapeWrite] = []
    sequences: list[list[TapeWrite]] = []
    for domain in (shared, apart):
        ordered = sorted(domain, key=lambda write: write.revision)
        before = list(takewhile(lambda write: write.listed, ordered))
        initial.extend(before)
        sequences.append(_commit_times(ordered[len(before) :]))
    return tuple(initial), tuple(heapq.merge(*sequences, key=lambda write: write.at))


def _commit_times(ordered: Sequence[TapeWrite]) -> list[TapeWrite]:
    """Return the writes with times that rise: none was made after a later one had arrived."""
    timed: list[TapeWrite] = []
    latest = float("inf")
    for write in reversed(ordered):
        latest = min(latest, write.at)
        timed.append(replace(write, at=latest))
    return timed[::-1]


def _foreign_types(
    lines: Iterable[tuple[int, TapeLine]], writes: Sequence[TapeWrite]
) -> Iterable[ResourceType]:
    """Give the listed types that are neither built in nor brought by a CRD on the tape."""
    known = {served.resource for served in builtin_types()}
    crds = {write.key[1] for write in writes if write.resource.endswith(f"/{CRD_PLURAL}")}
    for _, line in lines:
        group, plural = line.resource.split("/")[0], line.resource.rpartition("/")[2]
        if line.type != "LIST" or line.resource in known or f"{plural}.{group}" in crds:
            continue
        known.add(line.resource)
        objects = [write for write in writes if write.resource == line.resource]
        kind = str(line.object["kind"]).removesuffix("List")
        yield foreign_type(
            line.resource,
            kind,
            namespaced=not objects
            or any("namespace" in one.content["metadata"] for one in objects),
        )


def foreign_type(resource: str, kind: str, *, namespaced: bool) -> ResourceType:
    """Return a type of which no more is known than what a tape shows of it."""
    api_version, _, plural = resource.rpartition("/")
    group, _, version = api_version.rpartition("/")
    return ResourceType(group, version, plural, kind, namespaced, custom=True)
