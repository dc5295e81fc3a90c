"""Following a busy cluster: a thousand changes a second, five thousand, a burst, 100,000 Pods.

The cluster is a process of its own, which sends recorded Pods' histories (`feeding`). Baton is
`observe`, with a page open that follows the feed. The lag is from when a line was due to be sent to
its commit, so that what waits in between, in whatever buffer, counts too.
"""

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import quantiles
from typing import NamedTuple

import yaml

from benchmarks.fanout import Watched, open_pages
from benchmarks.feeding import first_version
from benchmarks.programs import Dashboard

LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 120.0


class Load(NamedTuple):
    """What is sent, and what may be: 0 where nothing is said of it."""

    name: str
    rate: int
    events: int
    core: float = 0.0
    lag: float = 0.0


class Followed(NamedTuple):
    """What following a load took."""

    lags: list[float]
    core: float
    megabytes: float
    seconds: float
    missing: int


@contextmanager
def cluster(directory: Path, rate: int, events: int, pods: int) -> Iterator[subprocess.Popen[str]]:
    """The busy cluster, with its kubeconfig in the directory."""
    command = [sys.executable, "-m", "benchmarks.feeding", str(rate), str(events), str(pods)]
    with subprocess.Popen(  # noqa: S603  # Our own.
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as run:
        url = said(run)["url"]
        named = {"name": "busy"}
        known = {
            "clusters": [named | {"cluster": {"server": url}}],
            "users": [named | {"user": {}}],
        }
        context = named | {"context": {"cluster": "busy", "user": "busy"}}
        config = known | {"contexts": [context], "current-context": "busy"}
        (directory / "kubeconfig").write_text(yaml.safe_dump(config))
        yield run
        assert run.stdin
        run.stdin.close()


def said(run: subprocess.Popen[str]) -> dict[str, str]:
    """What the cluster says next."""
    assert run.stdout
    line: dict[str, str] = json.loads(run.stdout.readline())
    return line


def stored_version(database: Path) -> int:
    """The resourceVersion up to which the watch of Pods is stored."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as reading:
        asked = "SELECT body FROM eventstream_positionrow WHERE resource = 'v1/pods'"
        row = reading.execute(asked).fetchone()
    return int(json.loads(row[0])["resource_version"] or 0) if row else 0


def counted(url: str) -> dict[str, float]:
    """Baton's metrics, those of one name added up."""
    with urllib.request.urlopen(f"{url}/metrics") as answer:  # noqa: S310
        lines = answer.read().decode().splitlines()
    found: dict[str, float] = {}
    for line in lines:
        if not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            name = name.partition("{")[0]
            found[name] = found.get(name, 0.0) + float(value)
    return found


def follow(directory: Path, load: Load) -> Followed:
    """Send a load, and watch how it is followed until all is stored."""
    with ExitStack() as stack:
        run = stack.enter_context(cluster(directory, load.rate, load.events, 0))
        dashboard = Dashboard(directory, directory / "kubeconfig", {"BATON_RETENTION_MB": "16384"})
        stack.callback(dashboard.end)
        began = float(said(run)["began"])
        page = stack.enter_context(open_pages(dashboard.url, [("", "/")]))
        watched = Watched(dashboard.program.pid)
        last = first_version(0) + load.events
        lags, database = [], directory / "data" / "baton.sqlite3"
        ended = time.time() + load.events / (load.rate or load.events) + PATIENCE_SECONDS
        while (at := stored_version(database)) < last and time.time() < ended:
            if load.rate:
                due = min(time.time(), began + load.events / load.rate)
                lags.append(max(due - (began + at / load.rate), 0.0))
            watched.look()
            time.sleep(LOOK_SECONDS)
        took, core = time.time() - began, watched.core()
        counts = counted(dashboard.url)
        page.communicate("over\n")
        missing = (
            load.events + 1 - int(counts["baton_changes_total"] - counts.get("baton_gaps_total", 0))
        )
        return Followed(lags, core, watched.megabytes, took, missing)


def told(load: Load, found: Followed) -> None:
    """Print how one load was followed."""
    rate = f"{load.rate:,} a second" if load.rate else "all at once"
    print(f"  {load.name}: {load.events:,} changes, {rate}")
    print(f"    all stored after {found.seconds:.1f} s; {found.missing} missing", end="  ")
    print("MISSED" if found.missing else "ok")
    allowed = f" of {load.core:.0%}  {_verdict(found.core, load.core)}" if load.core else ""
    print(f"    {found.core:.0%} of a core{allowed}, {found.megabytes:.0f} MB at most")
    if found.lags:
        cuts = quantiles(found.lags, n=20)
        allowed = f" of {load.lag}  {_verdict(cuts[18], load.lag)}" if load.lag else ""
        print(f"    lag: median {cuts[9]:.2f} s, 95th percentile {cuts[18]:.2f} s{allowed}")


def _verdict(value: float, allowed: float) -> str:
    return "ok" if value <= allowed else "MISSED"


def start(directory: Path, pods: int) -> None:
    """Print how long a start takes where so many Pods are there, and with how much memory."""
    with ExitStack() as stack:
        stack.enter_context(cluster(directory, 0, 0, pods))
        began = time.monotonic()
        dashboard = Dashboard(directory, directory / "kubeconfig", {"BATON_RETENTION_MB": "16384"})
        stack.callback(dashboard.end)
        watched = Watched(dashboard.program.pid)
        while not dashboard.has_listed():
            watched.look()
            time.sleep(LOOK_SECONDS)
        took = time.monotonic() - began
        for _ in range(50):
            watched.look()
            time.sleep(LOOK_SECONDS)
    print(f"  a start with {pods:,} Pods:")
    print(f"    listed after {took:.1f} s of 30  {_verdict(took, 30)}")
    print(f"    {watched.megabytes:.0f} MB of 400  {_verdict(watched.megabytes, 400)}")


def main() -> None:
    """Print each number beside what it may be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="of a thousand a second")
    parser.add_argument("--pods", type=int, default=100_000)
    parser.add_argument("--only", choices=["steady", "fast", "burst", "start"])
    options = parser.parse_args()
    loads = {
        "steady": Load("a busy cluster", 1_000, 1_000 * options.seconds, core=0.4, lag=0.5),
        "fast": Load("a storm", 5_000, 100_000),
        "burst": Load("a burst", 0, 20_000),
    }
    print("Following a watch of Pods, with a page open:", flush=True)
    for name in [options.only] if options.only else [*loads, "start"]:
        with tempfile.TemporaryDirectory() as scratch:
            if name == "start":
                start(Path(scratch), options.pods)
            else:
                told(loads[name], follow(Path(scratch), loads[name]))


if __name__ == "__main__":
    main()
