"""The story that a recording tells, with the truth of who wrote what."""

import json
from pathlib import Path

from tests.fidelity.stories import Json, Story, Told, Write, changes

ROOT = Path(__file__).parents[2]
_PLACES = (
    (ROOT / "practicecluster/tapes", ROOT / "tests/explain/truth"),
    (ROOT / "tests/explain/operators", ROOT / "tests/explain/operators"),
)
Truth = dict[tuple[str, str, str], Json]
"""Who made each write, by uid, resourceVersion and type."""
_EVENTS = "v1/events"
_BEATS = ("coordination.k8s.io/v1/leases", "v1/nodes")
"""Heartbeats go on by themselves, whatever is done."""


def story(name: str) -> Story:
    """Return the story of a recording by its name; KeyError where there is none."""
    tapes, truths = next(
        (places for places in _PLACES if (places[0] / f"{name}.jsonl").exists()), ("", "")
    )
    if not tapes:
        raise KeyError(name)
    truth = {}
    for line in (Path(truths) / f"{name}.truth.jsonl").read_text().splitlines():
        row = json.loads(line)
        truth[row["uid"], row["resourceVersion"], row["type"]] = row
    found, known = Story(), dict[str, Json]()
    lines = [json.loads(line) for line in (Path(tapes) / f"{name}.jsonl").read_text().splitlines()]
    for line in lines:
        if line["type"] == "LIST":
            for thing in line["object"].get("items") or ():
                known[thing["metadata"]["uid"]] = thing
                kind = line["object"]["kind"].removesuffix("List")
                found.meets(kind, thing, existing=True)
    watched = [
        line
        for line in lines
        if line["type"] not in ("LIST", "BOOKMARK")
        and line["resource"] not in (*_BEATS, "events.k8s.io/v1/events")
    ]
    for line in sorted(watched, key=lambda line: _order(line["object"])):
        _take(found, known, truth, line)
    return found


def _order(thing: Json) -> int:
    return int(thing["metadata"]["resourceVersion"])


def _take(found: Story, known: dict[str, Json], truth: Truth, line: Json) -> None:
    thing, type_ = line["object"], line["type"]
    metadata = thing["metadata"]
    if line["resource"] == _EVENTS:
        if type_ != "DELETED":
            found.told.append(told(thing))
        return
    uid = metadata["uid"]
    found.meets(thing["kind"], thing)
    row = truth.get((uid, metadata["resourceVersion"], type_), {})
    changed = frozenset({"gone"}) if type_ == "DELETED" else changes(known.get(uid), thing)
    known[uid] = thing
    write = Write(
        uid,
        row.get("actor", "?"),
        row.get("verb", "?"),
        row.get("subresource") or "",
        changed,
        line["t"],
        len(found.writes),
    )
    found.writes.append(write)


def told(event: Json) -> Told:
    """Return what an Event tells."""
    source = (event.get("source") or {}).get("component") or event.get("reportingComponent") or ""
    return Told(
        event["involvedObject"].get("uid", ""),
        source,
        event["reason"],
        event.get("type", ""),
        event.get("message", ""),
    )
