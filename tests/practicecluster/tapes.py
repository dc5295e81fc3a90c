"""Tapes written for tests, and a clock that moves only when someone sleeps."""

import json
from typing import Any

from practicecluster.tape import TAPES, Tape, parse_tape, read_tape

JsonObject = dict[str, Any]
SECOND = 1795392457.0  # 2026-11-23T00:07:37Z
UID = "11111111-2222-3333-4444-555555555555"
OTHER_UID = "99999999-8888-7777-6666-555555555555"


class FakeClock:
    """Unix seconds; `sleep` moves them on at once."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def shipped(name: str) -> Tape:
    return read_tape(TAPES / f"{name}.jsonl")


def line(t: float, resource: str, change_type: str, content: JsonObject) -> bytes:
    return json.dumps(
        {"t": t, "resource": resource, "type": change_type, "object": content}
    ).encode()


def content(name: str, version: int, **metadata: Any) -> JsonObject:
    base = {"name": name, "namespace": "shop", "uid": UID, "resourceVersion": str(version)}
    return {"kind": "ConfigMap", "apiVersion": "v1", "metadata": base | metadata}


def listed(kind: str, version: int, *items: JsonObject) -> JsonObject:
    bare = [
        {key: field for key, field in item.items() if key not in {"kind", "apiVersion"}}
        for item in items
    ]
    return {"kind": kind, "metadata": {"resourceVersion": str(version)}, "items": bare}


def kubernetes_event(name: str, version: int, seen: int) -> JsonObject:
    subject = {"kind": "ConfigMap", "name": "a", "uid": UID, "resourceVersion": str(seen)}
    return content(name, version, uid=OTHER_UID) | {"kind": "Event", "involvedObject": subject}


def tape(*lines: bytes) -> Tape:
    return parse_tape("test", lines)
