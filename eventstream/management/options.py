"""Options that more than one command has."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import CommandError

from eventstream import private
from eventstream.dialects import dialect
from eventstream.kinds import taught
from eventstream.objects.health.judging import Judge
from eventstream.objects.numbers import is_time


def no_messages(parser: ArgumentParser) -> None:
    """Add `--no-messages`, which the environment may have said already."""
    parser.add_argument(
        "--no-messages",
        action="store_true",
        default=not settings.BATON_MESSAGES,
        help="keep no message of Events, conditions and the audit log, only their reasons; as "
        "BATON_MESSAGES=none",
    )


def teaching(parser: ArgumentParser) -> None:
    """Add `--kinds` and `--health`, which the environment may have said already."""
    parser.add_argument(
        "--kinds",
        type=Path,
        metavar="DIR",
        default=settings.BATON_KINDS,
        help="YAML files that say how custom resources of further kinds stand, beside those that "
        "come with Baton and before them; as BATON_KINDS",
    )
    parser.add_argument(
        "--health",
        type=Path,
        metavar="PATH",
        default=settings.BATON_HEALTH,
        help="Argo CD health scripts: a directory GROUP/KIND/health.lua, or the ConfigMap "
        "argocd-cm as a file or mounted; as BATON_HEALTH",
    )


def taught_by(options: dict[str, Any]) -> Judge:
    """Who judges custom resources by these options; raises CommandError where a file is wrong."""
    for name in ("kinds", "health"):
        path = options[name]
        if path is not None and not path.exists():
            raise CommandError(f"--{name} {path}: there is nothing of that name.")
    try:
        return taught.judge(options["kinds"], options["health"])
    except ValueError as error:
        raise CommandError(str(error)) from error


def of_a_trace(parser: ArgumentParser) -> None:
    """Add which trace, of which history, is given away, and into which file."""
    parser.add_argument("trace", help="its id, which the address of its page ends with")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="the file to write (standard output)"
    )
    parser.add_argument(
        "--from-history",
        type=Path,
        metavar="DATABASE",
        default=dialect().file,
        help="a database of history, which is only read (the one in BATON_DATA, or DATABASE_URL)",
    )


def write_file(path: Path, content: bytes) -> None:
    """Write a file for its owner only; raises CommandError where that can't be done."""
    try:
        private.write_file(path, content)
    except OSError as error:
        raise CommandError(
            f"Cannot write {path}: {error.strerror or error}. Choose another file."
        ) from error


def given(options: dict[str, Any], *names: str) -> str:
    """Which of these options somebody gave, as they are written; "" for none.

    What the environment says is none of them: it is said once for all commands.
    """
    said = {
        "no_messages": not settings.BATON_MESSAGES,
        "kinds": settings.BATON_KINDS,
        "health": settings.BATON_HEALTH,
    }
    return ", ".join(
        f"--{name.replace('_', '-')}"
        for name in names
        if options.get(name) and options[name] != said.get(name)
    )


def moment(text: str) -> float:
    """A time in unix seconds, of unix seconds or a date and time, which is UTC without a zone."""
    try:
        at = float(text)
    except ValueError:
        try:
            read = datetime.fromisoformat(text)
        except ValueError:
            raise ArgumentTypeError(
                f"{text[:40]!r} is no time; give unix seconds, or one such as 2026-11-23T00:07:01"
            ) from None
        at = (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    if not is_time(at):
        raise ArgumentTypeError(f"{text[:40]!r} is no moment between 1970 and 2200")
    return at
