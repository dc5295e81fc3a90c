"""The command `why`: how an object stands, who has to move next, and why it stands still."""

import argparse
import asyncio
import contextlib
import logging
import os
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from eventstream.expressions import expression
from eventstream.kinds import taught
from eventstream.objects.health.judging import Judge
from eventstream.plain import plain
from eventstream.version import VERSION
from terminal import baton, cluster, exits, naming, printing
from terminal.answers import Answer, CannotAskError, NotFoundError
from terminal.exits import Exit

STEADY = 3.0
"""So many seconds a Baton has to tell the same end: it may not have seen yet what was just sent."""

PATIENCE = 300.0
ONE_LOOK = 60.0
"""Seconds, where nothing else is said: of a standstill that may pass, and for one look."""

_DURATION = expression(r"(\d{1,6})(ms|s|m|h|)")
_UNITS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0, "h": 3600.0}
_OVER = frozenset({Exit.COMPLETE, Exit.FAILED})


def main(words: Sequence[str]) -> int:
    """Answer what is asked on the command line; returns the exit status."""
    options = _parser().parse_intermixed_args(words)  # As kubectl: options may stand in between.
    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    logging.getLogger("terminal").setLevel(logging.WARNING)
    try:
        asked = naming.parse(options.object)
        judge = taught.judge(options.kinds, options.health)
    except ValueError as error:
        _parser().error(plain(str(error)))
    try:
        return asyncio.run(_Asking(options, asked, judge).run())
    except NotFoundError as error:
        return _failed(options, Exit.NOT_FOUND, str(error))
    except CannotAskError as error:
        return _failed(options, Exit.CANNOT_ASK, str(error))
    except KeyboardInterrupt:
        return 130


class _Asking:
    """One question, as the options have it."""

    def __init__(self, options: argparse.Namespace, asked: naming.Asked, judge: Judge) -> None:
        self._options = options
        self._asked = asked
        self._judge = judge
        self._shown: tuple[object, ...] = ()
        self._last: Answer | None = None

    async def run(self) -> int:
        """Ask, and print what is answered; returns the exit status."""
        most = self._options.timeout or (None if self._options.watch else ONE_LOOK)
        try:
            async with asyncio.timeout(most):
                answer = await self._ask()
        except TimeoutError:
            if self._last is None:
                raise CannotAskError(f"No answer came within {most:g} s.") from None
            answer = self._last
        self._print(answer, whole=True)
        return exits.of(answer.trace)

    async def _ask(self) -> Answer:
        async with self._asked_of() as found:
            if not self._options.watch:
                return await found.once()
            stands: tuple[Exit, str] | None = None
            since = time.monotonic()
            async with contextlib.aclosing(found.follow()) as answers:
                async for answer in answers:
                    self._last = answer
                    self._print(answer, whole=False)
                    now, ended = time.monotonic(), exits.of(answer.trace)
                    if stands != (ended, answer.trace.id) or not answer.current:
                        stands, since = (ended, answer.trace.id), now
                    steady = STEADY if self._options.server else 0.0
                    most = steady if ended in _OVER else self._options.patience
                    if ended is not Exit.RUNNING and answer.current and now - since >= most:
                        return answer
        raise CannotAskError("The watch ended.")

    def _asked_of(self) -> AbstractAsyncContextManager[cluster.Cluster | baton.Baton]:
        """Whom to ask: a Baton that was named, else the cluster itself."""
        options = self._options
        if options.server:
            server = baton.Server(options.server.rstrip("/"), _token(options.token_file))
            return baton.asking(server, self._asked, options.namespace)
        where = cluster.Where(self._judge, options.kubeconfig, options.context, options.namespace)
        return cluster.asking(where, self._asked)

    def _print(self, answer: Answer, *, whole: bool) -> None:
        """Print an answer, or while it is watched only what has changed of it."""
        if self._options.output == "json":
            trace = answer.trace
            shown = (trace.state, trace.holder, trace.diagnosis, trace.summary, answer.current)
            if self._shown == (*shown, whole) or (not whole and self._shown[:-1] == shown):
                return
            self._shown = (*shown, whole)
            text = printing.json(answer)
        elif whole:
            text = printing.text(answer)
        else:
            text = printing.line(answer)
            if self._shown == (text[13:],):
                return
            self._shown = (text[13:],)
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


def _failed(options: argparse.Namespace, ended: Exit, message: str) -> int:
    if options.output == "json":
        sys.stdout.write(f"{printing.failure(ended, message)}\n")
    sys.stderr.write(f"{plain(message)}\n")
    return ended


def _parser() -> argparse.ArgumentParser:
    table = "\n".join(f"  {int(each)}  {means}" for each, means in exits.MEANINGS.items())
    parser = argparse.ArgumentParser(
        prog="why",
        usage="why [OPTION ...] TYPE/NAME\n       why [OPTION ...] TYPE NAME",
        description="Say how an object stands, who has to move next, and why it stands still.",
        epilog=f"exit status:\n{table}\n\nexample: kubectl baton why deployment/api -n dev --watch",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("object", nargs="+", metavar="TYPE/NAME", help="as for kubectl: deploy/api, or pod api-0")
    add("-n", "--namespace", help="the object's namespace (the context's)")
    add("--kubeconfig", help="instead of KUBECONFIG or ~/.kube/config")
    add("--context", help="the kubeconfig's context to use")
    add(
        "--server",
        metavar="URL",
        default=os.environ.get("BATON_URL", ""),
        help="ask the Baton there instead, which has watched all along; as BATON_URL",
    )
    add(
        "--token-file",
        type=Path,
        metavar="FILE",
        help="a token of the cluster for it; else BATON_TOKEN has one",
    )
    add("-w", "--watch", action="store_true", help="wait until it is complete or has failed")
    add("-o", "--output", choices=("text", "json"), default="text", help="(%(default)s)")
    add("--timeout", type=_seconds, metavar="DURATION", help="the longest to wait, as 90s or 10m")
    add(
        "--patience",
        type=_seconds,
        metavar="DURATION",
        default=PATIENCE,
        help="with --watch: how long it may stand still, as that may pass by itself (5m)",
    )
    add("--kinds", type=Path, default=_path("BATON_KINDS"), help="as for observe")
    add("--health", type=Path, default=_path("BATON_HEALTH"), help="as for observe")
    add("--version", action="version", version=VERSION)
    return parser


def _token(file: Path | None) -> str:
    """Return the token for a Baton, "" for none; raises CannotAskError."""
    if file is None:
        return os.environ.get("BATON_TOKEN", "")
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CannotAskError(f"The token can't be read: {error}.") from error


def _seconds(text: str) -> float:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration; write 30s, 5m or 1h")
    return int(found[1]) * _UNITS[found[2]]


def _path(name: str) -> Path | None:
    value = os.environ.get(name)
    return Path(value) if value else None
