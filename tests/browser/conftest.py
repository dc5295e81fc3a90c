"""A practice cluster, a dashboard that watches it and a browser, each a process of its own.

Nothing is simulated between them: the same commands that a person runs, on free ports.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
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
START_SECONDS = 30.0
PATIENCE_MS = 30_000


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


class Program:
    """One command of ours, with what it says kept in a file."""

    def __init__(self, log: Path, arguments: list[str], environment: dict[str, str]) -> None:
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=os.environ | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait_until(self, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            said = self._log.read_text()
            assert self._process.poll() is None, f"It ended by itself:\n{said}"
            assert time.monotonic() < deadline, f"Not ready in {START_SECONDS:.0f} s:\n{said}"
            time.sleep(0.05)

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process.poll() is None:
            self._process.send_signal(how)
        self._process.wait(10)


class Dashboard:
    """`observe` on a port of its own, with its own history, which can be killed and restarted."""

    def __init__(self, directory: Path, kubeconfig: Path) -> None:
        self._directory = directory
        self._kubeconfig = kubeconfig
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.start_dashboard()

    def start_dashboard(self) -> None:
        """Start `observe` on the same port and with the same history as before."""
        command = ["manage.py", "observe", "--port", str(self._port)]
        self._dashboard = Program(
            self._directory / "dashboard.log",
            [*command, "--kubeconfig", str(self._kubeconfig)],
            {"BATON_DATA": str(self._directory / "data")},
        )
        self._dashboard.wait_until(self._answers)

    def kill_dashboard(self) -> None:
        self._dashboard.end(signal.SIGKILL)

    def end(self) -> None:
        self._dashboard.end()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError):
            return False


class Baton(Dashboard):
    """The pair: a practice cluster that plays tapes, and a dashboard that watches it."""

    def __init__(self, directory: Path, tapes: list[str]) -> None:
        kubeconfig = directory / "kubeconfig"
        command = ["-m", "practicecluster", "--port", "0", "--kubeconfig", str(kubeconfig)]
        self._cluster = Program(directory / "cluster.log", [*command, *tapes], {})
        self._cluster.wait_until(kubeconfig.exists)
        super().__init__(directory, kubeconfig)

    def end(self) -> None:
        super().end()
        self._cluster.end()


StartBaton = Callable[..., Baton]


@pytest.fixture(scope="module")
def start_baton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartBaton]:
    """`start_baton("--tape", "create", …)` starts a pair that ends with the module."""
    with ExitStack() as pairs:

        def start(*tapes: str) -> Baton:
            baton = Baton(tmp_path_factory.mktemp("baton"), list(tapes))
            pairs.callback(baton.end)
            return baton

        yield start


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield chromium
        chromium.close()


class Watch:
    """What a page did that it should not: errors, and requests to anyone but Baton."""

    def __init__(self, context: BrowserContext) -> None:
        self.errors: list[str] = []
        self.hosts: set[str] = set()
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))

    def _heard(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.errors.append(said.text)


@contextmanager
def opened(browser: Browser, baton: Dashboard, path: str, **options: object) -> Iterator[Page]:
    """Open a page of `baton` with clean storage; it must make no error and ask nobody else."""
    context = browser.new_context(**{"reduced_motion": "reduce", **options})  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    watch = Watch(context)
    page = context.new_page()
    page.goto(baton.url + path)
    yield page
    context.close()
    assert watch.errors == []
    assert watch.hosts == {baton.url.removeprefix("http://")}
