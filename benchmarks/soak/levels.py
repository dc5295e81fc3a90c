"""How a Baton does that is being attacked: its memory, how late it answers, what it logs."""

import http.client
import re
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROBE_SECONDS = 0.05
MEMORY_SECONDS = 0.5
_UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
_ERROR = re.compile(r"^\S+ \S+ (?:ERROR|CRITICAL) ", re.MULTILINE)


def allowed() -> int:
    """The bytes of memory that `deploy/` gives."""
    manifest = yaml.safe_load((ROOT / "deploy/deployment.yaml").read_text(encoding="utf-8"))
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    limit = str(container["resources"]["limits"]["memory"])
    return int(limit[:-2]) * _UNITS[limit[-2:]]


class Levels:
    """Watches one process from a thread while the block runs: memory, and how late it answers.

    `memory` and `most` are bytes, of the process and those that it started; `refused` is how often
    `/healthz` did not say 200.
    """

    def __init__(self, url: str, pid: int) -> None:
        self.memory = self.most = 0
        self.refused = 0
        self._took: list[float] = []
        self._address = urlsplit(url).netloc
        self._process = psutil.Process(pid)
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=each)
            for each in ((self._probe, PROBE_SECONDS), (self._weigh, MEMORY_SECONDS))
        ]

    def late(self) -> tuple[float, float]:
        """How many ms `/healthz` took since the last call: 99 of 100 answers, and the latest."""
        took, self._took = sorted(self._took), []
        return (took[int(len(took) * 0.99)], took[-1]) if took else (0.0, 0.0)

    def __enter__(self) -> "Levels":
        """Begin to watch."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _repeat(self, look: object, pause: float) -> None:
        assert callable(look)
        while not self._over.wait(pause):
            look()

    def _probe(self) -> None:
        began = time.perf_counter()
        connection = http.client.HTTPConnection(self._address, timeout=60)
        try:
            connection.request("GET", "/healthz")
            answer = connection.getresponse()
            self.refused += answer.status != 200
        except OSError:
            self.refused += 1
        finally:
            connection.close()
        self._took.append((time.perf_counter() - began) * 1e3)

    def _weigh(self) -> None:
        self.memory = sum(_resident(each) for each in (self._process, *_children(self._process)))
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


def errors(log: str) -> list[str]:
    """Each entry of a log that is an error or holds a traceback: its first line and its last."""
    entries = re.split(r"^(?=\d{4}-\d\d-\d\d )", log, flags=re.MULTILINE)
    found = [each for each in entries if _ERROR.match(each) or "Traceback (most recent" in each]
    return [
        "\n  ".join(dict.fromkeys((each.splitlines()[0], each.splitlines()[-1]))) for each in found
    ]
