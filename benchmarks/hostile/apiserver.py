"""What a broken API server costs whoever watches it: memory, holds of the loop, requests.

Each attack is served by this process and watched by another, which has the whole way from the
connection to the engine: reflectors, decoding, explaining. It goes on until the watcher was told
what it is to be told, or until the time is up.
"""

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from benchmarks.broken_server import ATTACKS, Attack, Server
from benchmarks.hostile import report
from eventstream import collector, descriptors
from eventstream.explain.engine.engine import Engine
from eventstream.kubeapi import holdings
from eventstream.kubeapi.connection import connect
from eventstream.kubeapi.problems import ApiProblem
from eventstream.kubeapi.watcher import Watcher
from eventstream.objects.decoding import Decoder
from eventstream.objects.observations import Coverage, Observation

LEAST_SECONDS = 1.0
"""An attack is watched so long even if it has been told of, as what follows counts too."""

GIVEN = 2**30
"""Bytes of memory that a watcher believes to have: as much as `deploy/` gives."""


class Watched:
    """What a watcher told, and how long the loop was held at most while it did."""

    def __init__(self, until: str) -> None:
        self._until = until
        self._engine = Engine(cluster="benchmark", audited=False)
        self._states: dict[str, str] = {}
        self._problems: Counter[str] = Counter()
        self._changes = 0
        self.reached = asyncio.Event()
        self.longest_hold = 0.0
        self.most_files = 0

    async def take(self, observation: Observation) -> None:
        """Explain it, and note what it says of how the watching goes."""
        self._engine.apply(observation)
        if not isinstance(observation, Coverage):
            self._changes += 1
            return
        self._states[observation.resource.key] = observation.state
        code = observation.problem.code if observation.problem else ""
        if code not in {"", "not-served"}:
            self._problems[code] += 1
        attacked = observation.resource.plural in {"pods", "kind00000"}
        told = {code, observation.state} if attacked else {code}
        if self._until and self._until in told:
            self.reached.set()

    async def look(self) -> None:
        """Note how late the loop comes to a task that only sleeps."""
        while True:
            asked = time.perf_counter()
            await asyncio.sleep(0.005)
            self.longest_hold = max(self.longest_hold, time.perf_counter() - asked - 0.005)
            self.most_files = max(self.most_files, _files())

    def figures(self) -> dict[str, Any]:
        """Return what it cost so far, by the columns of a report, and what was told."""
        status = Path("/proc/self/status").read_text(encoding="ascii")
        states = Counter(self._states.values())
        return {
            "memory_mb": int(status.partition("VmHWM:")[2].split()[0]) / 1024,
            "longest_hold_ms": self.longest_hold * 1000,
            "changes": self._changes,
            "watching": states["watching"],
            "rows": len(self._states),
            "files": self.most_files,
            "note": ", ".join(f"{code} x{count}" for code, count in self._problems.items()),
        }


def _files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def watch(kubeconfig: str, until: str, seconds: float) -> dict[str, Any]:
    """Watch what is served there, as `observe` does, and return what it cost."""
    watched = Watched(until)
    looking = asyncio.create_task(watched.look())
    try:
        connection = await connect(kubeconfig=kubeconfig)
    except ApiProblem as refused:
        return watched.figures() | {"note": refused.problem.code}
    watcher = Watcher(connection, watched.take, Decoder(b"benchmark"))
    watching = asyncio.create_task(watcher.run())
    began = time.perf_counter()
    try:
        async with asyncio.timeout(seconds):
            await watched.reached.wait()
    except TimeoutError:
        pass  # Most attacks never end.
    await asyncio.sleep(max(LEAST_SECONDS - (time.perf_counter() - began), 0))
    figures = watched.figures() | {"seconds": time.perf_counter() - began}
    watching.cancel()
    await asyncio.wait({watching, looking}, timeout=1)
    await connection.close()
    return figures


def alone(kubeconfig: str, until: str, seconds: float, files: int) -> None:
    """In a process of its own: print what watching cost, as JSON."""
    if files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    descriptors.raise_limit()
    holdings.memory = lambda: GIVEN
    collector.relax()
    print(json.dumps(asyncio.run(watch(kubeconfig, until, seconds))))


def _kubeconfig(url: str) -> str:
    named = {"name": "hostile"}
    context = named | {"context": {"cluster": "hostile", "user": "hostile"}}
    users: list[dict[str, Any]] = [named | {"user": {}}]
    known = {"clusters": [named | {"cluster": {"server": url}}], "users": users}
    return yaml.safe_dump(known | {"contexts": [context], "current-context": "hostile"})


async def attack(chosen: Attack, seconds: float) -> None:
    """Serve one attack, have it watched, and print what that cost."""
    broken = Server(chosen)
    server = await asyncio.start_server(broken.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config"
        path.write_text(_kubeconfig(f"http://127.0.0.1:{port}"))
        call = f"alone({str(path)!r}, {chosen.until!r}, {seconds}, {chosen.files})"
        program = f"from benchmarks.hostile.apiserver import alone; {call}"
        watcher = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        out, said = await watcher.communicate()
    server.close()
    figures = json.loads(out) if out else {"note": f"ended: {said.decode()[-200:]}"}
    report.row(chosen.name, requests=broken.requests, **figures)


def main() -> None:
    """Run all attacks, or those whose names hold a given word."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--seconds", type=float, default=4.0)
    given = parser.parse_args()
    for chosen in ATTACKS:
        if given.only in chosen.name:
            asyncio.run(attack(chosen, given.seconds))


if __name__ == "__main__":
    main()
