"""No decision rests on the words of a sentence: with all of them renamed it is the same."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def decided(*options: str) -> tuple[list[Any], list[str]]:
    """What was decided of the recordings, and a sentence of each."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.explain.renaming", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [line for line in lines if line[0] != "said"], [x[2] for x in lines if x[0] == "said"]


def test_no_decision_rests_on_the_words_of_a_sentence() -> None:
    ours, sentences = decided()
    theirs, renamed = decided("--renamed")
    assert len(ours) > 1000
    assert all(a != b for a, b in zip(sentences, renamed, strict=True)), "nothing was renamed"
    assert [pair for pair in zip(ours, theirs, strict=True) if pair[0] != pair[1]] == []
