"""`explain TAPE --audit FILE`: the same steps, upgraded; every bad line told with its number."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from scripts.accuracy import TRUTH
from tests.explain.tapes import TAPES

LOG = TRUTH / "create.audit.jsonl"


def run(*arguments: str) -> tuple[list[dict[str, Any]], str]:
    out, wrong = StringIO(), StringIO()
    call_command("explain", str(TAPES / "create.jsonl"), *arguments, stdout=out, stderr=wrong)
    return [json.loads(line) for line in out.getvalue().splitlines()], wrong.getvalue()


def requests(records: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The steps that are requests, by id."""
    steps = [record for record in records if record["record"] == "step"]
    return {
        step["id"]: step for step in steps if step["verb"] not in ("store", "broadcast", "renew")
    }


def test_the_same_steps_are_there_and_each_is_audited() -> None:
    plain, with_log = requests(run()[0]), requests(run("--audit", str(LOG))[0])
    upgraded = {key: step for key, step in with_log.items() if step["rule"] != "refused"}
    assert upgraded.keys() == plain.keys()
    assert {step["grades"]["who"] for step in upgraded.values()} == {"audited"}
    for key, step in upgraded.items():
        assert (step["actor"], step["trace"]) == (plain[key]["actor"], plain[key]["trace"])
        assert [piece["source"] for piece in step["evidence"]].count("audit") == 1


def test_bad_lines_are_told_with_their_number_and_the_rest_goes_on(tmp_path: Path) -> None:
    lines = LOG.read_bytes().splitlines()
    holed = tmp_path / "audit.jsonl"
    holed.write_bytes(
        b"\n".join([b"no json", *lines[:20], b"", b'{"kind":"Pod"}', *lines[20:], b"{"])
    )
    records, wrong = run("--audit", str(holed))
    assert records == run("--audit", str(LOG))[0]
    assert [said.split(": ")[0] for said in wrong.splitlines()[:-1]] == [
        f"{holed}:{number}" for number in (1, 23, len(lines) + 4)
    ]
    assert wrong.splitlines()[-1] == "3 lines could not be used; see above."


def test_what_was_asked_long_before_and_after_the_recording_is_left_out(tmp_path: Path) -> None:
    far = tmp_path / "audit.jsonl"
    text = (TRUTH / "quota.audit.jsonl").read_bytes()
    far.write_bytes(text)
    assert run("--audit", str(far))[0] == run()[0]
    far.write_bytes((TRUTH / "events_apart.audit.jsonl").read_bytes())
    assert run("--audit", str(far))[0] == run()[0]


def test_a_log_that_is_not_there_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"missing\.jsonl: cannot be read"):
        run("--audit", str(tmp_path / "missing.jsonl"))
