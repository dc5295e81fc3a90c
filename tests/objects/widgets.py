"""Custom resources of a made-up kind, and how one stands by the conventions."""

from typing import Any

import msgspec

from eventstream.objects.health.conventions import by_convention
from eventstream.objects.resource import Resource

Json = dict[str, Any]
WIDGETS = Resource("example.org", "v1", "widgets", "Widget")


def condition(type_: str, status: str = "True", reason: str = "", message: str = "") -> Json:
    return {"type": type_, "status": status, "reason": reason, "message": message}


def judged(status: Any, spec: Json | None = None, generation: int = 1, kind: str = "Widget") -> str:
    """The state, and by what, of an object with that status."""
    found = {"kind": kind, "metadata": {"generation": generation}, "spec": spec, "status": status}
    health = by_convention(found)
    return f"{health.state}: {health.by}" if health is not None else "nothing"


def widget(status: Json) -> bytes:
    metadata = {"name": "one", "uid": "u", "resourceVersion": "7", "generation": 1}
    found = {"apiVersion": "example.org/v1", "kind": "Widget", "metadata": metadata}
    return msgspec.json.encode(found | {"status": status})
