"""The full text that people read of recordings, for review when a rule changes."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.conftest import Golden
from tests.explain.readable import readable
from tests.explain.tapes import TAPES, fold, observations

GOLDEN = Path(__file__).parent / "golden"
RECORDED = [
    "bad_image",
    "crash_loop",
    "events_apart",
    "quota",
    "rolling_update",
    "scale",
    "self_heal",
    "unschedulable",
    "workloads",
]


def explained(name: str) -> str:
    out, wrong = StringIO(), StringIO()
    call_command("explain", str(TAPES / f"{name}.jsonl"), "--outlook", stdout=out, stderr=wrong)
    assert wrong.getvalue() == ""
    return out.getvalue()


@pytest.mark.parametrize("name", ["create", "operator"])
def test_what_explain_prints_of_a_recording_is_as_reviewed(name: str, golden: Golden) -> None:
    golden(GOLDEN / f"{name}.jsonl", explained(name))


@pytest.mark.parametrize("name", RECORDED)
def test_what_a_person_reads_of_a_recording_is_as_reviewed(name: str, golden: Golden) -> None:
    golden(GOLDEN / "tapes" / f"{name}.txt", readable(fold(observations(name))))
