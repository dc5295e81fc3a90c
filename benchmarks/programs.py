"""The commands that a person runs, each a process of its own, and the Chromium that looks at them.

Tests, screens and budgets all see the whole of Baton through these: nothing is simulated between
the practice cluster, the dashboard that watches it and the browser.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import count, islice
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
START_SECONDS = 240.0
END_SECONDS = 240.0
"""Only for what never comes: a busy machine takes its time."""
PORTS = range(20_000, 32_000)
"""Below all that systems give out by themselves: nobody who takes any port gets one of these."""

_turns = count(os.getpid() * 97)  # Processes that ask at the same time begin apart.


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody has, each time another; OSError if there is none."""
    for turn in islice(_turns, len(PORTS)):
        port = PORTS[turn % len(PORTS)]
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise OSError(f"Every port of 127.0.0.1 from {PORTS[0]} to {PORTS[-1]} is in use.")


class Program:
    """One command of ours, with what it says kept in a file."""

    def __init__(self, log: Path, arguments: list[str], environment: dict[str, str]) -> None:
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603  # Our own commands.
                [sys.executable, *arguments],
                cwd=ROOT,
                env=os.environ | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Return once `ready`; AssertionError with what it said if it ends before, or is late.

        Whatever is raised, the program is over then: nobody else knows of it yet.
        """
        deadline = time.monotonic() + START_SECONDS
        try:
            while not ready():
                said = self._log.read_text()
                assert self._process.poll() is None, f"It ended by itself:\n{said}"
                assert time.monotonic() < deadline, f"Not ready in {START_SECONDS:.0f} s:\n{said}"
                time.sleep(0.05)
        except BaseException:
            self.end(signal.SIGKILL)
            raise

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def said(self) -> str:
        """All that it said so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it, if it still runs, and wait until it has."""
        if self._process.poll() is None:
            self._process.send_signal(how)
        self._process.wait(END_SECONDS)


def answers(url: str, within: float = 2.0, probe: str = "healthz") -> bool:
    """Whether a dashboard is served at `url` and says yes to this probe in so many seconds."""
    try:
        with urllib.request.urlopen(f"{url}/{probe}", timeout=within) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:  # Refused, ended, or no answer yet: what it is asked again for.
        return False


class Dashboard:
    """`observe` on a port of its own, with its own history, which can be killed and restarted."""

    def __init__(
        self, directory: Path, kubeconfig: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self._directory = directory
        self._environment = {**(environment or {}), "BATON_DATA": str(directory / "data")}
        self._kubeconfig = kubeconfig
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.start_dashboard()

    @property
    def program(self) -> Program:
        """The process that runs now."""
        return self._dashboard

    def start_dashboard(self) -> None:
        """Start `observe` on the same port and with the same history as before."""
        command = ["manage.py", "observe", "--port", str(self._port)]
        self._dashboard = Program(
            self._directory / "dashboard.log",
            [*command, "--kubeconfig", str(self._kubeconfig)],
            self._environment,
        )
        self._dashboard.wait_until(lambda: answers(self.url))

    def has_listed(self) -> bool:
        """Whether it has listed all that it can, and misses nothing from now on."""
        return answers(self.url, probe="readyz")

    def kill_dashboard(self) -> None:
        """End it as a power cut would."""
        self._dashboard.end(signal.SIGKILL)

    def end(self) -> None:
        """End all that was started."""
        self._dashboard.end()


class Watching(Dashboard):
    """The pair: the cluster that `command` starts, with a kubeconfig added, and a dashboard."""

    def __init__(
        self, directory: Path, command: list[str], environment: Mapping[str, str] | None = None
    ) -> None:
        kubeconfig = directory / "kubeconfig"
        command = [*command, "--kubeconfig", str(kubeconfig)]
        self.cluster = Program(directory / "cluster.log", command, {})
        self.cluster.wait_until(kubeconfig.exists)
        try:
            super().__init__(directory, kubeconfig, environment)
        except BaseException:
            self.cluster.end()
            raise

    def end(self) -> None:
        """End both, the dashboard first."""
        super().end()
        self.cluster.end()


class Baton(Watching):
    """A practice cluster that plays tapes, and a dashboard that watches it."""

    def __init__(
        self, directory: Path, tapes: list[str], environment: Mapping[str, str] | None = None
    ) -> None:
        patience = str(round(START_SECONDS))
        command = ["-m", "practicecluster", "--port", "0", "--patience", patience]
        super().__init__(directory, [*command, *tapes], environment)


class Stored:
    """A history that was filled beforehand, served as if it were watched: no cluster behind it."""

    def __init__(self, directory: Path, filling: str, *options: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._server = Program(
            directory / "stored.log",
            ["-m", "benchmarks.stored", filling, "--port", str(port), *options],
            {"BATON_DATA": str(directory / "data")},
        )
        self._server.wait_until(lambda: answers(self.url))

    def end(self) -> None:
        """End the server."""
        self._server.end()
