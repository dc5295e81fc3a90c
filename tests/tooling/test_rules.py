"""The rules of the house bite: a configuration that lets everything pass would pass unnoticed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

READS_A_CLOCK = '''"""Why."""

from datetime import UTC, datetime

NOW = datetime.now(UTC)
'''


def ruff(source: str, path: str) -> str:
    """What ruff says of `source`, were it at `path`."""
    command = [sys.executable, "-m", "ruff", "check", "--output-format=concise"]
    done = subprocess.run(
        [*command, "--stdin-filename", path, "-"],
        cwd=ROOT,
        input=source,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


@pytest.mark.parametrize("room", ["objects", "explain", "explain/controllers"])
def test_the_pure_rooms_may_not_read_a_clock(room: str) -> None:
    assert "TID251" in ruff(READS_A_CLOCK, f"eventstream/{room}/probe.py")


def test_other_rooms_may_read_a_clock() -> None:
    assert ruff(READS_A_CLOCK, "eventstream/recorder.py") == "All checks passed!\n"


def test_an_exception_may_not_be_swallowed() -> None:
    swallowed = '"""Why."""\n\ntry:\n    print()\nexcept Exception:\n    pass\n'
    found = ruff(swallowed, "eventstream/recorder.py")
    assert {"BLE001", "S110"} <= set(re.findall(r"[A-Z]+\d+", found))


@pytest.mark.parametrize("name", ["run", "dev"])
def test_requirements_are_pinned_hashed_and_name_no_index(name: str) -> None:
    text = (ROOT / f"requirements/{name}.txt").read_text()
    pinned = re.compile(r"[\w.-]+==\S+( ; .+)? \\\n +--hash=sha256:[0-9a-f]{64}\b")
    packages = re.split(r"\n(?=\S)", text.strip())
    assert [package for package in packages if not pinned.match(package)] == []
    assert "://" not in text
