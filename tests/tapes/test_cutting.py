"""A window cut out of a recording is a recording of its own, that tells the same of that window."""

import json
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.explain.tapes import TAPES

WHOLE = TAPES / "rolling_update.jsonl"


def cut(tape: Path, since: float, until: float, into: Path) -> list[dict[str, Any]]:
    """The lines of what is cut."""
    arguments = ["--since", str(since), "--until", str(until), "--output", str(into)]
    call_command("cut", str(tape), *arguments, stderr=StringIO())
    return [json.loads(line) for line in into.read_text().splitlines()]


def explained(tape: Path) -> dict[str, dict[str, Any]]:
    """Each write that a recording tells of, by object and version; heartbeats are told together."""
    out = StringIO()
    call_command("explain", str(tape), stdout=out, stderr=StringIO())
    records = map(json.loads, out.getvalue().splitlines())
    return {
        f"{each['object']['uid']} {each['resource_version']}": each
        for each in records
        if each["record"] == "step" and each["verb"] not in ("store", "broadcast", "renew")
    }


@pytest.fixture(scope="module")
def times() -> list[float]:
    return [json.loads(line)["t"] for line in WHOLE.read_text().splitlines()]


def test_what_is_cut_whole_tells_what_the_recording_tells(
    times: list[float], tmp_path: Path
) -> None:
    cut(WHOLE, times[0], times[-1], tmp_path / "whole.jsonl")
    assert explained(tmp_path / "whole.jsonl") == explained(WHOLE)


def test_a_window_begins_with_what_was_known_and_tells_its_own_writes_as_before(
    times: list[float], tmp_path: Path
) -> None:
    since, until = times[len(times) // 3], times[-20]
    lines = cut(WHOLE, since, until, tmp_path / "part.jsonl")
    kinds = [line["type"] for line in lines]
    first = next(number for number, kind in enumerate(kinds) if kind != "LIST")
    assert all(line["t"] == since for line in lines[:first])
    listed = {line["resource"]: line["object"]["items"] for line in lines[:first]}
    assert listed["v1/pods"]
    assert listed["apps/v1/deployments"]
    assert all(since <= line["t"] <= until for line in lines)
    before, now = explained(WHOLE), explained(tmp_path / "part.jsonl")
    # Times are told in milliseconds.
    within = {key for key, each in before.items() if since <= _at(each) <= until - 0.001}
    assert within
    assert within <= set(now)
    told = ("actor", "verb")
    assert [[now[key][name] for name in told] for key in sorted(within)] == [
        [before[key][name] for name in told] for key in sorted(within)
    ]


def _at(step: dict[str, Any]) -> float:
    return datetime.fromisoformat(step["at"]).timestamp()


def test_what_is_cut_of_a_recording_that_nobody_redacted_is_redacted(tmp_path: Path) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", "namespace": "shop", "uid": "u-1", "resourceVersion": "5"},
        "data": {"password": "aHVudGVyMg=="},
    }
    line = {"t": 1_795_000_000.0, "resource": "v1/secrets", "type": "ADDED", "object": secret}
    (tmp_path / "raw.jsonl").write_text(json.dumps(line) + "\n")
    lines = cut(tmp_path / "raw.jsonl", 1_794_999_999, 1_795_000_001, tmp_path / "cut.jsonl")
    assert lines[0]["object"]["metadata"]["name"] == "db"
    assert "aHVudGVyMg" not in (tmp_path / "cut.jsonl").read_text()
    assert (tmp_path / "cut.jsonl").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["TAPE", "--since=1", "--until=2"], "shows nothing between these times"),
        (["TAPE", "--since=2", "--until=1"], "--since has to be before --until"),
        (["TAPE", "--since=1", "--until=2", "--namespace=a"], "Of history one can be cut"),
        (["gone.jsonl", "--since=1", "--until=2"], "cannot be read"),
        (["--since=1", "--until=2"], "Name either a recording, or a database"),
        (
            ["--from-history=a", "--since=1", "--until=2", "--no-messages"],
            r"^--no-messages: a history",
        ),
        (["TAPE", "--since=soon", "--until=2"], "'soon' is no time"),
        (["TAPE", "--since=-5", "--until=2"], "is no moment between 1970 and 2200"),
    ],
)
def test_what_cannot_be_cut_is_said_and_leaves_no_file(
    arguments: list[str], said: str, tmp_path: Path
) -> None:
    given = [str(WHOLE) if each == "TAPE" else each for each in arguments]
    with pytest.raises(CommandError, match=said):
        call_command("cut", *given, "--output", str(tmp_path / "none.jsonl"))
    assert list(tmp_path.iterdir()) == []
