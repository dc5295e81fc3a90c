"""Makes a tape of many Pods at once out of one recorded Pod: no recording of ours has a burst."""

import json
from pathlib import Path
from typing import Any

from tests.explain.tapes import TAPES

HOSTILE = "<img src=x onerror=alert(1)>"
"""Stands for the image's name in what the kubelet says of it."""

EVERY_SECONDS = 0.004
LATE_SECONDS = 8.0

Line = dict[str, Any]


def write_burst(path: Path, pods: int) -> None:
    """Write the recording `create` to `path` with `pods` Pods, the last late by LATE_SECONDS."""
    recorded = (json.loads(text) for text in (TAPES / "create.jsonl").read_text().splitlines())
    lines = [line for line in recorded if not _is_second_view(line)]
    first = next(line for line in lines if _is_of_pod(line) and line["type"] == "ADDED")
    model = [line for line in lines if _is_of_pod(line) and _uid(line) == _uid(first)]
    rest = [line for line in lines if not _is_of_pod(line) and line["type"] != "BOOKMARK"]
    copies = [_copy(line, first, number, pods) for number in range(pods) for line in model]
    played = sorted([*rest, *copies], key=lambda line: float(line["t"]))
    version = 1_000_000  # Above all that the lists hold; the order is that of time.
    for line in played:
        if line["type"] != "LIST":
            version += 1
            line["object"]["metadata"]["resourceVersion"] = str(version)
    path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in played))


def _is_of_pod(line: Line) -> bool:
    """Whether a line is about a Pod or is an Event about one."""
    about = line["object"].get("involvedObject", line["object"])
    return line["type"] not in ("LIST", "BOOKMARK") and about.get("kind") == "Pod"


def _is_second_view(line: Line) -> bool:
    """Whether a line shows an Event again, in the other version of its type."""
    return bool(line["resource"].startswith("events.k8s.io/") and line["type"] != "LIST")


def _uid(line: Line) -> str:
    about = line["object"].get("involvedObject") or line["object"]["metadata"]
    return str(about["uid"])


def _copy(line: Line, first: Line, number: int, pods: int) -> Line:
    """The line as of the Pod of that number."""
    name, uid = first["object"]["metadata"]["name"], _uid(first)
    text = json.dumps(line["object"]).replace(name, f"nginx-754449dc84-b{number:03d}")
    made = json.loads(text.replace(uid, f"{uid[:24]}{number:012d}"))
    if made["kind"] == "Event":
        own = made["metadata"]["uid"]
        made["metadata"]["uid"] = f"{own[:24]}{number:012d}"
        made["message"] = made["message"].replace("bitnami/nginx:latest", HOSTILE)
    since = line["t"] - first["t"]
    late = LATE_SECONDS if number == pods - 1 and since > 0.4 else 0.0
    return line | {"t": first["t"] + since + number * EVERY_SECONDS + late, "object": made}
