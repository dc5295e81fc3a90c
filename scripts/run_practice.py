"""What `make run` does: a practice cluster and a dashboard that watches it, begun and ended as one.

Nobody should need a cluster, two terminals or a clean-up to see Baton at work.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

import yaml

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0
END_SECONDS = 8.0
POLL_SECONDS = 0.1
MAX_PORT = 65_535
END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StoppedError(Exception):
    """One of the two programs ended, or did not begin; the message says which and how."""


class Program:
    """A child process that ends with the block that began it."""

    def __init__(self, name: str, command: Sequence[str], environment: dict[str, str]) -> None:
        self.name = name
        # In a group of its own, so that Ctrl-C reaches it once: from here.
        self._process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=environment, process_group=0
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            print(f"The {self.name} did not end in {END_SECONDS:.0f} s; killing it.", flush=True)
            self._process.kill()
            self._process.wait()

    def check(self) -> None:
        """Raise `StoppedError` if the program has ended."""
        status = self._process.poll()
        if status is not None:
            raise StoppedError(f"The {self.name} ended by itself with status {status}; see above.")


def end_once(_number: int, _frame: FrameType | None) -> None:
    """Begin to end; an impatient second Ctrl-C must not leave a program behind."""
    for number in END_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def why_not_free(host: str, port: int) -> str | None:
    """Why nothing can listen on `host` and `port`, with what to do about it; None if it can."""
    try:
        if not 1 <= port <= MAX_PORT:
            raise OSError(f"a port is a number from 1 to {MAX_PORT}")
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return (
            f"Cannot serve the dashboard on {host}:{port}: {error}.\n"
            f"Another program, perhaps another Baton, may be using it. End that one, or choose "
            f"another port: make run PORT={port + 1 if 1 <= port < MAX_PORT else 8001}"
        )
    return None


def accepts(host: str, port: int) -> bool:
    """Whether something accepts connections there now."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def cluster_serves(kubeconfig: Path) -> bool:
    """Whether the server that `kubeconfig` names accepts connections; False without the file."""
    if not kubeconfig.exists():
        return False
    written = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
    if not written:  # Made, but not filled yet.
        return False
    authority = written["clusters"][0]["cluster"]["server"].rpartition("/")[2]
    host, _, port = authority.rpartition(":")
    return accepts(host, int(port))


def wait_until(is_true: Callable[[], bool], what: str, programs: Sequence[Program]) -> None:
    """Return once `is_true`; StoppedError if a program ends before, or it takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while not is_true():
        for program in programs:
            program.check()
        if time.monotonic() > deadline:
            raise StoppedError(f"{what} did not happen within {START_SECONDS:.0f} s; see above.")
        time.sleep(POLL_SECONDS)


def run(host: str, port: int, directory: Path) -> None:
    """Run both programs, writing only to `directory`, until one ends (StoppedError)."""
    kubeconfig = directory / "kubeconfig"
    environment = os.environ | {"BATON_DATA": str(directory), "PYTHONUNBUFFERED": "1"}
    player = ["-m", "practicecluster", "--playlist", "all", "--loop", "--port", "0"]
    with Program(
        "practice cluster", [*player, "--kubeconfig", str(kubeconfig)], environment
    ) as cluster:
        wait_until(lambda: cluster_serves(kubeconfig), "Serving the practice cluster", [cluster])
        observe = ["manage.py", "observe", "--kubeconfig", str(kubeconfig)]
        with Program(
            "dashboard", [*observe, "--host", host, "--port", str(port)], environment
        ) as dashboard:
            programs = [cluster, dashboard]
            reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
            wait_until(lambda: accepts(reachable, port), "Serving the dashboard", programs)
            shown = f"[{reachable}]" if ":" in reachable else reachable
            print(f"\n  Baton: http://{shown}:{port}/   (Ctrl-C ends it)\n", flush=True)
            while True:
                for program in programs:
                    program.check()
                time.sleep(POLL_SECONDS)


def main() -> int:
    """Run until Ctrl-C or SIGTERM (0), or until something fails (1)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()
    if refusal := why_not_free(arguments.host, arguments.port):
        print(refusal, file=sys.stderr)
        return 1
    # A shell starts background jobs with SIGINT ignored; ours still has to end on it.
    for number in END_SIGNALS:
        signal.signal(number, end_once)
    scratch = ROOT / "var"
    scratch.mkdir(exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="practice-", dir=scratch) as directory:
            run(arguments.host, arguments.port, Path(directory))
    except KeyboardInterrupt:
        return 0
    except StoppedError as stopped:
        print(stopped, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
