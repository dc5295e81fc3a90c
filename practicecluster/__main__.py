"""`python -m practicecluster`: an API server on this machine, for recordings and for kubectl.

Exit status: 0 after Ctrl-C or SIGTERM, 1 after them when lines of a tape could not be played,
2 when it could not start.
"""

import argparse
import asyncio
import math
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from practicecluster.access import Viewer
from practicecluster.auditing import AuditLog
from practicecluster.builtin_types import builtin_types
from practicecluster.cluster import PracticeCluster
from practicecluster.controllers.running import Staff
from practicecluster.kubeconfig import write_kubeconfig
from practicecluster.playlist import SHIPPED, Playlist, load_tapes
from practicecluster.tape import Tape

ADMINISTRATOR = "kubernetes-admin"


class StartError(Exception):
    """Why the server could not start; the message says what to do about it."""


def _positive(text: str) -> float:
    number = float(text)
    if not number > 0:
        raise argparse.ArgumentTypeError("must be above 0")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError("must be a number of seconds, 0 or more")
    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m practicecluster",
        description="A Kubernetes API server in memory that plays recordings.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to serve on (%(default)s)")
    parser.add_argument(
        "--port", type=int, default=6443, help="port, 0 for a free one (%(default)s)"
    )
    parser.add_argument("--kubeconfig", type=Path, metavar="FILE", help="write a kubeconfig here")
    parser.add_argument("--tls", action="store_true", help="serve https with a CA made just now")
    parser.add_argument(
        "--tape",
        nargs="+",
        action="extend",
        default=[],
        metavar="FILE_OR_NAME",
        help=f"tapes to play: files, or of the shipped {', '.join(SHIPPED)}",
    )
    parser.add_argument("--playlist", choices=["all", "none"], help="all shipped tapes, or none")
    parser.add_argument("--speed", type=_positive, default=1.0, help="4 is four times as fast; inf")
    parser.add_argument("--loop", action="store_true", help="begin again after the last tape")
    parser.add_argument(
        "--pause", type=_seconds, default=3.0, help="seconds before each tape (%(default)s)"
    )
    parser.add_argument(
        "--patience",
        type=_seconds,
        default=20.0,
        help="seconds that the first tape waits for a client to watch (%(default)s)",
    )
    parser.add_argument(
        "--forbid",
        action="append",
        default=[],
        metavar="RESOURCE",
        help="a type that nobody may read, such as nodes or deployments.apps",
    )
    _add_acting(parser)
    return parser


def _add_acting(parser: argparse.ArgumentParser) -> None:
    """Add the options about who acts in the cluster beside its tapes."""
    parser.add_argument(
        "--writable",
        type=Path,
        metavar="FILE",
        help="take writes too, and write a kubeconfig of somebody who may here; implies --tls, "
        "since kubectl sends its token over nothing else",
    )
    parser.add_argument(
        "--controllers",
        action="store_true",
        help="let Kubernetes' controllers, a scheduler and three nodes act on what is written; "
        "simulated: no container runs; needs --writable",
    )
    parser.add_argument(
        "--situations",
        action="store_true",
        help="play what people are stuck on: `kubectl create namespace situation-7` starts the "
        "seventh; needs --writable",
    )
    parser.add_argument(
        "--audit-log",
        type=Path,
        metavar="FILE",
        help="append who asked for what to be written, as kube-apiserver's audit log does",
    )
    parser.add_argument(
        "--viewers",
        action="store_true",
        help="let two people sign in, and print their tokens: one sees all, one a namespace",
    )


def _complain(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _say(text: str) -> None:
    print(text, flush=True)


def _load(arguments: argparse.Namespace) -> list[Tape]:
    names = list(arguments.tape)
    if arguments.playlist == "all" or not (names or arguments.playlist):
        names.extend(SHIPPED)
    try:
        return load_tapes(names, _complain)
    except OSError as error:
        raise StartError(f"A tape can't be read: {error}") from error


def _forbidden(names: Sequence[str]) -> set[str]:
    """Return the types as errors name them; a plural alone may stand for a type of any group."""
    exact = {served.group_resource for served in builtin_types()}
    by_plural = {served.plural: served.group_resource for served in reversed(builtin_types())}
    return {name if name in exact else by_plural.get(name, name) for name in names}


def _invite(cluster: PracticeCluster) -> None:
    """Let people sign in, and say with which tokens."""
    people = (Viewer("ada"), Viewer("sam", namespaces=frozenset({"shop"})))
    for viewer in people:
        token = secrets.token_urlsafe(24)
        cluster.access.viewers[token] = viewer
        sees = "everything" if viewer.namespaces is None else ", ".join(sorted(viewer.namespaces))
        _say(f"Token of {viewer.name}, who may see {sees}: {token}")


def _audit(path: Path) -> AuditLog:
    try:
        return AuditLog(path)
    except OSError as error:
        raise StartError(f"Can't write the audit log {path}: {error}") from error


@asynccontextmanager
async def _acting(cluster: PracticeCluster) -> AsyncIterator[None]:
    """Let all controllers act within the block."""
    staff = Staff(cluster.address())
    await asyncio.to_thread(staff.start)
    try:
        yield
    finally:
        await asyncio.to_thread(staff.end)


async def _serve(arguments: argparse.Namespace, tapes: Sequence[Tape]) -> None:
    """Serve and play until a signal; raises StartError when the address can't be had."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    cluster = PracticeCluster(
        host=arguments.host,
        port=arguments.port,
        tls=arguments.tls or arguments.writable is not None,
        writable=arguments.writable is not None,
    )
    cluster.access.forbidden |= _forbidden(arguments.forbid)
    if arguments.viewers:
        _invite(cluster)
    async with AsyncExitStack() as stack:
        if arguments.audit_log is not None:
            cluster.log_writes(stack.enter_context(_audit(arguments.audit_log)))
        try:
            await stack.enter_async_context(cluster)
            if arguments.controllers:
                await stack.enter_async_context(_acting(cluster))
        except OSError as error:
            raise StartError(
                f"Can't serve on {arguments.host}:{arguments.port}: {error}. Another program may "
                "be using the port: end it, or choose another with --port (0 takes a free one)."
            ) from error
        playlist = Playlist(
            cluster,
            tapes,
            speed=arguments.speed,
            pause=arguments.pause,
            patience=arguments.patience,
            say=_say,
        )
        tasks: list[asyncio.Task[None]] = [asyncio.create_task(_play(playlist, cluster, arguments))]
        if arguments.situations:
            tasks.append(asyncio.create_task(cluster.follow_situations()))
        waiting: asyncio.Task[Any] = asyncio.create_task(stop.wait())
        await asyncio.wait({*tasks, waiting}, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():
                # It only ends by an error; a server that plays nothing more must not go unnoticed.
                await task
        for task in (*tasks, waiting):
            task.cancel()
        await asyncio.gather(*tasks, waiting, return_exceptions=True)


async def _play(
    playlist: Playlist, cluster: PracticeCluster, arguments: argparse.Namespace
) -> None:
    """Announce the server, play the tapes, and then wait to be cancelled."""
    for path, user in ((arguments.kubeconfig, ""), (arguments.writable, ADMINISTRATOR)):
        if path is None:
            continue
        try:
            write_kubeconfig(cluster.kubeconfig(user), path)
        except OSError as error:
            raise StartError(f"Can't write the kubeconfig {path}: {error}") from error
    _say(f"Practice cluster at {cluster.url}")
    if arguments.writable and not arguments.controllers:
        _say(f"Try: kubectl --kubeconfig {arguments.writable} create deployment web --image=nginx")
    if arguments.kubeconfig and not arguments.controllers:
        _say(f"Try: kubectl --kubeconfig {arguments.kubeconfig} get pods -A -w")
    await playlist.play(forever=arguments.loop)
    if not arguments.controllers:
        _say("All tapes are played. The cluster stays as it is; Ctrl-C ends it.")
    await asyncio.Event().wait()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    arguments = _parser().parse_args(argv)
    try:
        if arguments.controllers and arguments.writable is None:
            raise StartError("--controllers needs --writable FILE: they act on what is written.")
        if arguments.situations and arguments.writable is None:
            raise StartError("--situations needs --writable FILE: a namespace starts one.")
        tapes = _load(arguments)
        asyncio.run(_serve(arguments, tapes))
    except StartError as error:
        _complain(str(error))
        return 2
    return 1 if any(tape.problems for tape in tapes) else 0


if __name__ == "__main__":
    sys.exit(main())
