"""How a Baton does that is being attacked: its memory, how late it answers, what it logs."""

import json
import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil
import yaml

from benchmarks.hostile.report import row

ROOT = Path(__file__).resolve().parents[2]
MEMORY_SECONDS = 0.5
_UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
_ERROR = re.compile(r"^\S+ \S+ (?:ERROR|CRITICAL) ", re.MULTILINE)


def allowed() -> int:
    """The bytes of memory that `deploy/` gives."""
    manifest = yaml.safe_load((ROOT / "deploy/base/deployment.yaml").read_text(encoding="utf-8"))
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    limit = str(container["resources"]["limits"]["memory"])
    return int(limit[:-2]) * _UNITS[limit[-2:]]


class Levels:
    """Watches one process while the block runs: its memory, and how late it answers.

    `memory` and `most` are bytes, of the process and those that it started; `refused` is how often
    `/healthz` did not say 200.
    """

    def __init__(self, url: str, pid: int) -> None:
        self.memory = self.most = 0
        self.refused = 0
        self._url = url
        self._took: list[float] = []
        self._process = psutil.Process(pid)
        self._over = threading.Event()
        self._weighing = threading.Thread(target=self._weigh)

    def late(self) -> tuple[float, float]:
        """How many ms `/healthz` took since the last call: 99 of 100 answers, and the latest."""
        took, self._took = sorted(self._took), []
        return (took[int(len(took) * 0.99)], took[-1]) if took else (0.0, 0.0)

    def __enter__(self) -> "Levels":
        """Begin to watch."""
        command = [sys.executable, "-m", "benchmarks.soak.probing", self._url]
        self._probing = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)  # noqa: S603
        self._reading = threading.Thread(target=self._read, args=(self._probing.stdout,))
        for thread in (self._weighing, self._reading):
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._over.set()
        self._probing.kill()
        for thread in (self._weighing, self._reading):
            thread.join()
        self._probing.wait()
        assert self._probing.stdout is not None
        self._probing.stdout.close()

    def _read(self, told: Iterable[str]) -> None:
        for line in told:
            self._took.append(abs(float(line)))
            self.refused += line.startswith("-")

    def _weigh(self) -> None:
        while not self._over.wait(MEMORY_SECONDS):
            held = (self._process, *_children(self._process))
            self.memory = sum(map(_resident, held))
            self.most = max(self.most, self.memory)


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:  # It has ended.
        return 0


def _children(process: psutil.Process) -> Iterable[psutil.Process]:
    try:
        return list(process.children(recursive=True))
    except psutil.Error:
        return []


def coverage(url: str) -> dict[str, Any]:
    """What /coverage.json tells."""
    with urllib.request.urlopen(f"{url}/coverage.json", timeout=120) as answer:  # noqa: S310
        told: dict[str, Any] = json.load(answer)
        return told


def figures(what: str, levels: Levels, told: dict[str, Any], **more: float) -> None:
    """Print one line: how Baton did since the last one, and what /coverage.json tells of it."""
    most_late, latest = levels.late()
    row(
        what,
        memory_mb=levels.memory / 1e6,
        longest_hold_ms=told["holds"]["longest_seconds"] * 1e3,
        lag_ms=latest,
        dropped=len(told["gaps"]),
        lag_p99_ms=most_late,
        most_mb=levels.most / 1e6,
        holds=told["holds"]["count"],
        **more,
        note=f"{told['live']['word']}; dropped: gaps on /coverage",
    )


def errors(log: str) -> list[str]:
    """Each entry of a log that is an error or holds a traceback: its first line and its last."""
    entries = re.split(r"^(?=\d{4}-\d\d-\d\d )", log, flags=re.MULTILINE)
    found = [each for each in entries if _ERROR.match(each) or "Traceback (most recent" in each]
    return [
        "\n  ".join(dict.fromkeys((each.splitlines()[0], each.splitlines()[-1]))) for each in found
    ]
