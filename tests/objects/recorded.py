"""What the shipped recordings hold, as the API server sent it: the ground for tests on decoding."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from eventstream.objects.decoding import Decoder
from eventstream.objects.resource import Resource

ROOT = Path(__file__).resolve().parents[2]
TAPES = sorted((ROOT / "practicecluster" / "tapes").glob("*.jsonl"))
KEY = b"the key of one installation"

POD = Resource("", "v1", "pods", "Pod")
DEPLOYMENT = Resource("apps", "v1", "deployments", "Deployment")
EVENT = Resource("", "v1", "events", "Event")
NEW_EVENT = Resource("events.k8s.io", "v1", "events", "Event")
SECRET = Resource("", "v1", "secrets", "Secret")
WEBSITE = Resource("stable.example.com", "v1", "websites", "Website")


def text(value: Any) -> bytes:
    """JSON as the API server writes it."""
    return json.dumps(value, separators=(",", ":")).encode()


def watch_line(type_: str, value: Any) -> bytes:
    """One line of a watch."""
    return text({"type": type_, "object": value})


def thing(kind: str = "Pod", version: str = "v1", **fields: Any) -> dict[str, Any]:
    """A minimal sound object of this kind."""
    metadata = {"name": "a", "namespace": "shop", "uid": "u-1", "resourceVersion": "7"}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **fields}


def decoder() -> Decoder:
    """A decoder that has seen nothing yet."""
    return Decoder(KEY)


@cache
def entries(tape: Path) -> tuple[dict[str, Any], ...]:
    """The lines of a tape, read with nothing of ours."""
    return tuple(json.loads(line) for line in tape.read_bytes().split(b"\n") if line)


def resource_of(entry: dict[str, Any]) -> Resource:
    """The resource that a tape's line is about."""
    api_version, _, plural = entry["resource"].rpartition("/")
    group, _, version = api_version.rpartition("/")
    kind = entry["object"].get("kind", "").removesuffix("List")
    return Resource(group, version, plural, kind)


def objects(tape: Path) -> Iterator[tuple[Resource, dict[str, Any]]]:
    """Every version of every object of a tape; items of lists get the kind that a watch names."""
    for entry in entries(tape):
        resource = resource_of(entry)
        if entry["type"] == "LIST":
            head = {"apiVersion": resource.api_version, "kind": resource.kind}
            for item in entry["object"]["items"]:
                yield resource, head | item
        elif entry["type"] != "BOOKMARK":
            yield resource, entry["object"]
