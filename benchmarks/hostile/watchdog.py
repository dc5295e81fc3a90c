"""The loop under load: how late probes and pages are while a cluster writes as fast as it can."""

import tempfile
import time
import urllib.request
from pathlib import Path

from benchmarks.programs import Watching
from benchmarks.soak.levels import Levels, coverage, errors, figures

SECONDS = 15.0
LOADS = {
    "3,000 Pod events/s": ("--pause", "0.1", "pods"),
    "600 edits/s of one Deployment": ("--pause", "0.1", "edits"),
    "both": ("--pause", "0.1", "pods", "edits"),
}


def _page(url: str) -> float:
    """The ms that a page of coverage takes."""
    began = time.perf_counter()
    with urllib.request.urlopen(f"{url}/coverage", timeout=120) as answer:  # noqa: S310
        answer.read()
    return (time.perf_counter() - began) * 1e3


def attack(name: str, load: tuple[str, ...], directory: Path) -> None:
    """Put this load on a Baton of its own for SECONDS, and print how it did."""
    attacked = Watching(directory, ["-m", "benchmarks.soak.cluster", *load])
    try:
        with Levels(attacked.url, attacked.program.pid) as levels:
            began, pages = time.monotonic(), [0.0]
            while time.monotonic() < began + SECONDS:
                pages.append(_page(attacked.url))
                time.sleep(0.5)
            told = coverage(attacked.url)
        found = len(errors(attacked.program.said))
        figures(name, levels, told, page_ms=max(pages), errors=found)
    finally:
        attacked.end()


def main() -> None:
    """Run each load."""
    for name, load in LOADS.items():
        with tempfile.TemporaryDirectory() as directory:
            attack(name, load, Path(directory))
