"""What all tests share: golden files, how they are collected, and in how many processes they run.

A golden file is an output that is long and right, kept beside its test and read in review.
`pytest --regenerate` writes them anew; `git diff` then shows what changed, for a person to judge.
"""

import difflib
import os
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from eventstream.loading import staying

Golden = Callable[[Path, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regenerate", action="store_true", help="write golden files anew")


@pytest.hookimpl(optionalhook=True)  # Unknown when pytest-xdist is left out.
def pytest_xdist_auto_num_workers() -> int:
    """Return what `-n auto` means: a process for each core that is ours; 0 says none but this."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return cores if cores > 1 else 0


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without looking for garbage, nearly half of what it takes: all of it stays."""
    with staying():
        return (yield)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """`golden(path, text)` fails with a diff unless the file at `path` holds exactly `text`."""
    regenerate = request.config.getoption("--regenerate")
    if regenerate and os.environ.get("CI"):
        raise pytest.UsageError("--regenerate would approve whatever comes out; not in CI.")

    def compare(path: Path, text: str) -> None:
        if regenerate:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        kept = path.read_text(encoding="utf-8") if path.exists() else ""
        if text != kept:
            diff = difflib.unified_diff(
                kept.splitlines(), text.splitlines(), str(path), "now", lineterm="", n=1
            )
            remedy = f"If this is right: pytest --regenerate {request.node.nodeid}"
            pytest.fail("\n".join([*diff, remedy]), pytrace=False)

    return compare
