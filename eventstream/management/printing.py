"""Commands that print to a terminal: what a cluster sent, or a file is called, stays text there.

A control character would be obeyed: a name could clear the screen, retitle the window, or look
like another name. As JSON escapes they read the same to whatever parses the output.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO, cast

from django.core.management.base import BaseCommand, CommandParser, OutputWrapper

from eventstream.plain import plain
from eventstream.version import VERSION


class _PlainOutput(OutputWrapper):
    def write(  # type: ignore[override]  # Django's own is at odds with a stream's too.
        self,
        msg: str = "",
        style_func: Callable[[str], str] | None = None,
        ending: str | None = None,
    ) -> None:
        super().write(plain(msg), style_func, ending)


class PlainCommand(BaseCommand):
    """A command whose output and errors hold no control characters but line feeds and tabs."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.stdout = _PlainOutput(cast("TextIO", self.stdout._out))
        self.stderr = _PlainOutput(cast("TextIO", self.stderr._out))
        self.stderr.style_func = self.style.ERROR

    def get_version(self) -> str:
        """Baton's, which `--version` prints; Django would tell its own."""
        return VERSION

    def create_parser(self, prog_name: str, subcommand: str, **named: Any) -> CommandParser:
        """As ever; what is wrong with the arguments is told in plain text too."""
        parser = super().create_parser(prog_name, subcommand, **named)
        tell, refuse = parser._print_message, parser.error
        parser.error = lambda message: refuse(message + _hint())  # type: ignore[method-assign]
        parser._print_message = lambda message, file=None: tell(plain(message), file)  # type: ignore[method-assign]
        return parser

    def execute(self, *args: Any, **options: Any) -> str | None:
        """As ever, also where a caller redirects the output."""
        for name in ("stdout", "stderr"):
            if options.get(name):
                options[name] = _PlainOutput(options[name])
        return super().execute(*args, **options)


def _hint() -> str:
    """How to name a file that was taken for an option, where there is such a one."""
    taken = next((w for w in sys.argv[2:] if w.startswith("-") and Path(w).is_file()), "")
    return f"; to name the file {taken}, write ./{taken}" if taken else ""
