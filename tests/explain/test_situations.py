"""What people are stuck on, as reporters told it: state, holder, diagnosis and sentence of each.

`situations/NAME.jsonl` is a recording; `NAME.expect.json` names the trace's root, what is right to
say of it, what would be false, how soon it has to be told, and the public thread that it follows.
"""

import json
import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import (
    Step,
    StepRemoved,
    StepUpsert,
    Trace,
    TraceUpsert,
    Upsert,
)
from eventstream.management.output import outlook_record, trace_record
from eventstream.replaying import PassedOver, replay

SITUATIONS = Path(__file__).parent / "situations"
NAMES = sorted(path.name.removesuffix(".expect.json") for path in SITUATIONS.glob("*.expect.json"))
_RANK = {"stalled": 0, "running": 1, "complete": 2, "superseded": 3}

Record = dict[str, Any]


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


class Told:
    """The final traces of a recording, and each change of how one stood."""

    def __init__(self) -> None:
        self.traces: dict[str, Trace] = {}
        self.looks: list[Record] = []
        self.steps: dict[str, Step] = {}

    def take(self, upserts: list[Upsert], at: float) -> None:
        for upsert in upserts:
            if isinstance(upsert, StepRemoved):
                self.traces.pop(upsert.id, None)
                self.steps.pop(upsert.id, None)
            elif isinstance(upsert, StepUpsert):
                self.steps[upsert.id] = upsert.step
            elif isinstance(upsert, TraceUpsert):
                self.traces[upsert.trace.id] = upsert.trace
                self.looks.append(outlook_record(upsert.trace, at))

    def of(self, root: str) -> list[Record]:
        """The traces of one root, the most pressing first, of equal ones the newest."""
        kind, _, name = root.partition("/")
        found = [t for t in self.traces.values() if (t.root.kind, t.root.name) == (kind, name)]
        found.sort(key=lambda trace: (_RANK.get(trace.state, 9), -trace.started))
        return [trace_record(trace) for trace in found]


@cache
def told(name: str) -> Told:
    found = Told()
    for shown in replay(Engine("tape"), SITUATIONS / f"{name}.jsonl", b"situations"):
        assert not isinstance(shown, PassedOver), shown
        found.take(shown.upserts, shown.at)
    return found


@cache
def expected(name: str) -> Record:
    found: Record = json.loads((SITUATIONS / f"{name}.expect.json").read_text())
    return found


def one_of(found: object, allowed: object) -> bool:
    return found in allowed if isinstance(allowed, list) else allowed is None or found == allowed


@pytest.mark.parametrize("name", NAMES)
def test_it_is_told_how_it_stands_who_can_end_it_and_why(name: str) -> None:
    expect, traces = expected(name), told(name).of(expected(name)["root"])
    assert traces, f"no trace of {expect['root']}"
    trace = traces[0]
    for key in ("state", "holder", "diagnosis"):
        assert one_of(trace[key], expect[key]), (key, trace[key], trace["summary"])
    sentence = f"{trace['summary']} {trace['holder_name']}"
    assert [text for text in expect["must_say"] if not re.search(text, sentence)] == [], sentence
    proof = " || ".join(piece["text"] for piece in trace["diagnosis_evidence"])
    assert [text for text in expect["evidence"] if not re.search(text, proof)] == [], proof
    command, mend = trace["command"] or "", trace["mend"] or ""
    assert all(re.search(text, command) for text in expect["command"]), command
    assert not any(re.search(text, mend) for text in expect["mend_not"]), mend


@pytest.mark.parametrize("name", NAMES)
def test_nothing_false_is_said_on_the_way(name: str) -> None:
    expect = expected(name)
    own = {trace["id"] for trace in told(name).of(expect["root"])}
    said = [look["summary"] for look in told(name).looks if look["trace"] in own]
    false = [(no, text) for no in expect["must_not_say"] for text in said if re.search(no, text)]
    assert false == []


@pytest.mark.parametrize("name", [name for name in NAMES if expected(name).get("since")])
def test_it_is_told_soon(name: str) -> None:
    expect = expected(name)
    trace = told(name).of(expect["root"])[0]
    if trace["state"] != "stalled" or expect.get("within") is None:
        return
    last = (trace["id"], "stalled", trace["diagnosis"])
    first = min(
        seconds(look["at"])
        for look in told(name).looks
        if (look["trace"], look["state"], look["diagnosis"]) == last
    )
    assert first - expect["since"] <= expect["within"]


@pytest.mark.parametrize("name", [name for name in NAMES if expected(name).get("steps")])
def test_its_steps_say_who_did_what_and_why(name: str) -> None:
    expect = expected(name)
    verbs = re.compile(expect.get("steps_of") or ".")
    said = " || ".join(
        f"{s.actor} {s.actor_name} {s.what} {s.why} {' '.join(e.text for e in s.evidence)}"
        for s in told(name).steps.values()
        if verbs.search(s.verb)
    )
    assert [text for text in expect["steps"] if not re.search(text, said)] == [], said
