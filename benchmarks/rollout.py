"""One Deployment of thousands of Pods coming up: where work for one Pod could cost as many.

Each Pod relives the start of a recorded one with its Events, a hundred at a time; the ReplicaSet
and the Deployment report after every tenth change, with the counts of then.
"""

import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from benchmarks.clusters import Line, resource_of
from benchmarks.stream import A_SECOND, AT_ONCE, TAPES, fresh_uid, later

REPORT_EVERY = 10
_UID = re.compile(r'(?<="uid":")[0-9a-f-]{36}(?=")')
_STARTED = 1_795_392_456.0

Entry = tuple[str, str, dict[str, Any]]
"""Resource, type of the WatchEvent, object."""


def rollout(pods: int) -> list[Line]:
    """The lines of all watches while a Deployment of so many Pods comes up, one a millisecond."""
    recorded = list(_recorded())
    owners = [_last(recorded, f"apps/v1/{plural}") for plural in ("deployments", "replicasets")]
    history = _history(recorded, owners[1][2]["metadata"]["uid"])
    lines: list[Line] = []
    _report(lines, "ADDED", owners, pods, 0, 0)
    made = ready = since = 0
    for entry in _relived(history, pods):
        _add(lines, *entry)
        if entry[0] != "v1/pods":
            continue
        made += entry[1] == "ADDED"
        ready += _became_ready(entry)
        since += 1
        if since >= REPORT_EVERY:
            since = 0
            _report(lines, "MODIFIED", owners, pods, made, ready)
    _report(lines, "MODIFIED", owners, pods, made, ready)
    return lines


def _recorded() -> Iterator[Entry]:
    text = (TAPES / "create.jsonl").read_text(encoding="utf-8")
    for line in text.splitlines():
        recorded = json.loads(line)
        if recorded["type"] not in ("LIST", "BOOKMARK"):
            yield recorded["resource"], recorded["type"], recorded["object"]


def _last(recorded: list[Entry], resource: str) -> Entry:
    return [entry for entry in recorded if entry[0] == resource][-1]


def _history(recorded: list[Entry], owner: str) -> list[Entry]:
    """What happened to the first Pod, with its Events."""
    first = next(content for resource, _, content in recorded if resource == "v1/pods")
    assert first["metadata"]["ownerReferences"][0]["uid"] == owner
    uid = first["metadata"]["uid"]
    found: list[Entry] = []
    for resource, type_, content in recorded:
        if resource == "v1/pods" and content["metadata"]["uid"] == uid:
            found.append((resource, type_, content))
        if resource == "v1/events" and content["involvedObject"]["uid"] == uid:
            found.append((resource, type_, content))
    return found


def _relived(history: list[Entry], pods: int) -> Iterator[Entry]:
    """The history of each Pod, a hundred beside each other."""
    for first in range(0, pods, AT_ONCE):
        for resource, type_, content in history:
            for number in range(first, min(first + AT_ONCE, pods)):
                yield resource, type_, _renamed(content, history[0][2]["metadata"], number)


def _renamed(content: dict[str, Any], pod: dict[str, Any], number: int) -> dict[str, Any]:
    owner = pod["ownerReferences"][0]["uid"]
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    text = _UID.sub(partial(_uid, owner, number), text)
    text = text.replace(pod["name"], f"{pod['generateName']}{number:05}")
    renamed: dict[str, Any] = json.loads(later(text.encode(), number // A_SECOND))
    return renamed


def _uid(owner: str, number: int, found: re.Match[str]) -> str:
    return found[0] if found[0] == owner else fresh_uid(found[0], number)


def _became_ready(entry: Entry) -> bool:
    """Whether it is the last version in the history of a Pod that came up: all end ready."""
    conditions = entry[2].get("status", {}).get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _report(
    lines: list[Line], type_: str, owners: list[Entry], pods: int, made: int, ready: int
) -> None:
    for resource, _, content in owners:
        spec = content["spec"] | {"replicas": pods}
        counts = {"replicas": made, "readyReplicas": ready, "availableReplicas": ready}
        status = content["status"] | counts
        if resource.endswith("deployments"):
            status["updatedReplicas"] = made
        shown = _as_created(content) if type_ == "ADDED" else content
        _add(lines, resource, type_, shown | {"spec": spec, "status": status})


def _as_created(content: dict[str, Any]) -> dict[str, Any]:
    """The object before anybody reported its status."""
    metadata = content["metadata"]
    first = [entry for entry in metadata["managedFields"] if not entry.get("subresource")]
    return content | {"metadata": metadata | {"managedFields": first}}


def _add(lines: list[Line], resource: str, type_: str, content: dict[str, Any]) -> None:
    number = len(lines) + 1
    metadata = content["metadata"] | {"resourceVersion": str(number)}
    seen = {"type": type_, "object": content | {"metadata": metadata}}
    text = json.dumps(seen, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    at = _STARTED + number / 1000
    lines.append(Line(resource_of(resource, content["kind"]), type_, at, text))
