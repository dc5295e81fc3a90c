"""What `make run` and `make practice` do: a cluster and a dashboard, begun and ended as one.

Nobody should need a cluster, two terminals or a clean-up to see Baton at work.
"""

import argparse
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
CHECKOUT = (ROOT / "Makefile").is_file()
"""Whether this is a checkout; an installation has no Makefile, and may be nobody's to write to."""
START_SECONDS = 180
END_SECONDS = 20
"""A busy machine takes its time; what ended by itself is noticed at once."""
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
            print(f"The {self.name} did not end in {END_SECONDS} s; killing it.", flush=True)
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
            f"another port: {_with_port(port + 1 if 1 <= port < MAX_PORT else 8001)}"
        )
    return None


def _with_port(port: int) -> str:
    """How this is begun with another port: with make, or where that is not, as installed."""
    return f"make run PORT={port}" if CHECKOUT else f"baton-practice --port {port}"


def wait_for_cluster(cluster: Program, kubeconfig: Path) -> None:
    """Return once it serves: that is when it writes its kubeconfig. StoppedError if it does not."""
    deadline = time.monotonic() + START_SECONDS
    while not kubeconfig.exists():
        cluster.check()
        if time.monotonic() > deadline:
            raise StoppedError(f"The {cluster.name} did not serve within {START_SECONDS} s.")
        time.sleep(POLL_SECONDS)


def tell(kubeconfig: Path) -> None:
    """Say how to begin to practise."""
    print(
        "The practice cluster is a simulation: its controllers act as Kubernetes' do, and no "
        "container runs.\nIn another terminal:\n"
        f"  export KUBECONFIG={kubeconfig}\n"
        "  kubectl create deployment nginx --image=bitnami/nginx:latest --replicas=3\n"
        "What to do next stands on the dashboard's page Learn: exercises, and situations to solve.",
        flush=True,
    )


def has_listed(host: str, port: int) -> bool:
    """Whether the dashboard has seen all that there is, and so sees what happens from now on.

    Whoever typed before would find on no page what they did: it was there when watching began.
    """
    here = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    connection = http.client.HTTPConnection(here, port, timeout=POLL_SECONDS * 20)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False  # It does not serve yet, or is busy: asked again.
    finally:
        connection.close()


def run(
    host: str, port: int, directory: Path, *, sign_in: str, anyone: bool, drive: bool, audit: bool
) -> None:
    """Run both programs, writing only to `directory`, until one ends (StoppedError).

    The dashboard says its address once it serves. `sign_in` is how people sign in; with `anyone`
    the dashboard is served to other machines though nobody has to; with `drive` the cluster plays
    nothing, and kubectl drives it; with `audit` it keeps an audit log, which the dashboard reads.
    """
    kubeconfig = directory / "kubeconfig"
    environment = os.environ | {"BATON_DATA": str(directory), "PYTHONUNBUFFERED": "1"}
    environment |= {"BATON_SIGN_IN": sign_in}
    player = ["-m", "practicecluster", "--port", "0"]
    administrator = directory / "kubectl.kubeconfig"
    if drive:
        environment["BATON_PRACTICE"] = str(administrator)
        player += ["--playlist", "none", "--controllers", "--situations"]
        player += ["--writable", str(administrator)]
    else:
        player += ["--playlist", "all", "--loop", "--pause", "5"]
    player += ["--viewers"] * (sign_in != "local")
    logged = directory / "audit.log"
    player += ["--audit-log", str(logged)] * audit
    player += [
        "--patience",
        str(START_SECONDS),
    ]  # The dashboard is to see the first from its start.
    with Program(
        "practice cluster", [*player, "--kubeconfig", str(kubeconfig)], environment
    ) as cluster:
        wait_for_cluster(cluster, kubeconfig)
        if drive:
            wait_for_cluster(cluster, administrator)
        observe = ["manage.py", "observe", "--kubeconfig", str(kubeconfig)]
        observe += ["--insecure-anyone-may-look"] * anyone
        observe += ["--audit-file", str(logged)] * audit
        with Program(
            "dashboard", [*observe, "--host", host, "--port", str(port)], environment
        ) as dashboard:
            told = not drive
            while True:
                cluster.check()
                dashboard.check()
                if not told and has_listed(host, port):
                    tell(administrator)
                    told = True
                time.sleep(POLL_SECONDS)


def main() -> int:
    """Run until Ctrl-C or SIGTERM (0), or until something fails (1)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--sign-in", default="local", choices=["local", "token"])
    parser.add_argument("--drive", action="store_true", help="let kubectl drive the cluster")
    parser.add_argument("--audit", action="store_true", help="have an audit log, and read it")
    parser.add_argument("--insecure-anyone-may-look", action="store_true")
    arguments = parser.parse_args()
    if refusal := why_not_free(arguments.host, arguments.port):
        print(refusal, file=sys.stderr)
        return 1
    # A shell starts background jobs with SIGINT ignored; ours still has to end on it.
    for number in END_SIGNALS:
        signal.signal(number, end_once)
    scratch = ROOT / "var" if CHECKOUT else Path(tempfile.gettempdir())
    scratch.mkdir(exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="practice-", dir=scratch) as directory:
            run(
                arguments.host,
                arguments.port,
                Path(directory),
                sign_in=arguments.sign_in,
                anyone=arguments.insecure_anyone_may_look,
                drive=arguments.drive,
                audit=arguments.audit,
            )
    except KeyboardInterrupt:
        return 0
    except StoppedError as stopped:
        print(stopped, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
