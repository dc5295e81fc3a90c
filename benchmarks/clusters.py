"""Whole recorded clusters, each tape lived through by many namespaces at once.

A watch of Pods alone is not what a dashboard does: here are all kinds that the tapes have, their
Events and heartbeats too, with owners, causes and traces as they were. Nodes, Leases and types
are there once; what happened in the recorded namespace happens in each copy of it.
"""

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.stream import A_SECOND, TAPES, fresh_uid, later
from eventstream.objects.resource import Resource

NAMESPACE = "shop"
"""Where everything on the tapes happens but what a cluster has once."""

_UID = re.compile(r'(?<="uid":")[0-9a-f-]{36}(?=")')
_VERSION = re.compile(r'(?<="resourceVersion":")\d+(?=")')


class Line(NamedTuple):
    """One WatchEvent as it came: `text` is the line of the resource's watch."""

    resource: Resource
    type: str
    at: float
    text: bytes


def recorded_clusters(copies: int) -> Iterator[list[Line]]:
    """Each tape as the lines of one cluster with `copies` namespaces, in order of arrival.

    The items of the first lists are lines of the type EXISTING, with ADDED in their text.
    """
    for tape in sorted(TAPES.glob("*.jsonl")):
        yield list(recorded_lines(tape, copies))


def recorded_lines(tape: Path, copies: int) -> Iterator[Line]:
    """One tape as the lines of such a cluster."""
    for text in tape.read_text(encoding="utf-8").split("\n"):
        recorded = json.loads(text or "{}")
        if not recorded or recorded["resource"].startswith("events.k8s.io/"):
            continue  # The other form of Events that the tape has already.
        for type_, content in _versions(recorded):
            once = content["metadata"].get("namespace", content["metadata"]["name"]) != NAMESPACE
            resource = resource_of(recorded["resource"], content["kind"])
            body = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
            for number in range(1 if once else copies):
                wire = "ADDED" if type_ == "EXISTING" else type_
                copied = later(_copied(body, number, copies).encode(), number // A_SECOND)
                line = b'{"type":"%s","object":%s}\n' % (wire.encode(), copied)
                yield Line(resource, type_, recorded["t"], line)


def _versions(recorded: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    content = recorded["object"]
    if recorded["type"] == "LIST":
        kind = content["kind"].removesuffix("List")
        head = {"apiVersion": content["apiVersion"], "kind": kind}
        return [("EXISTING", head | item) for item in content["items"]]
    return [] if recorded["type"] == "BOOKMARK" else [(recorded["type"], content)]


def _copied(body: str, number: int, copies: int) -> str:
    """The object in the copy of this number: the copies' versions lie beside each other."""
    uid = partial(_uid, number)
    body = _VERSION.sub(lambda found: str(int(found[0]) * copies + number), body)
    if not number:
        return body
    return _UID.sub(uid, body).replace(f'"{NAMESPACE}"', f'"{NAMESPACE}-{number}"')


def _uid(number: int, found: re.Match[str]) -> str:
    return fresh_uid(found[0], number)


def resource_of(key: str, kind: str) -> Resource:
    """The resource with a key such as `apps/v1/deployments`."""
    *group, version, plural = key.split("/")
    return Resource("".join(group), version, plural, kind)
