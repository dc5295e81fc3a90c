"""Without messages everything is still explained, as far as reasons tell, and none is in it."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from eventstream.objects.redaction import NOT_KEPT
from tests.objects.recorded import TAPES
from tests.objects.test_messages import messages


def explained(tape: Path, *options: str) -> list[dict[str, Any]]:
    out = io.StringIO()
    call_command("explain", str(tape), "--outlook", *options, stdout=out, stderr=io.StringIO())
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.mark.parametrize("tape", TAPES, ids=lambda tape: tape.stem)
def test_no_message_of_a_recording_is_in_what_is_said_of_it(tape: Path) -> None:
    said = "\n".join(json.dumps(each) for each in explained(tape, "--no-messages"))
    written = {
        text for line in tape.read_text().splitlines() for text in messages(json.loads(line))
    }
    # Short ones may be words of our own sentences too.
    assert [text for text in written if len(text) > 24 and json.dumps(text)[1:-1] in said] == []
    assert NOT_KEPT in said
    assert f"None {NOT_KEPT}" not in said
    assert ": None" not in said


@pytest.mark.parametrize("tape", TAPES, ids=lambda tape: tape.stem)
def test_the_steps_are_the_same_with_and_without_messages(tape: Path) -> None:
    def told(*options: str) -> list[tuple[Any, ...]]:
        steps = [each for each in explained(tape, *options) if "what" in each]
        return [(each.get("id"), each.get("actor"), each.get("verb")) for each in steps]

    assert told("--no-messages") == told()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("unschedulable", f"Unschedulable {NOT_KEPT}."),
        ("bad_image", "(ImagePullBackOff)."),
        ("quota", f"cannot be created: FailedCreate {NOT_KEPT}."),
    ],
)
def test_a_diagnosis_says_what_the_reason_alone_tells(name: str, sentence: str) -> None:
    said = json.dumps(explained(next(t for t in TAPES if t.stem == name), "--no-messages"))
    assert sentence in said
