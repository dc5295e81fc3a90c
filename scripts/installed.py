"""The commands of an installed Baton: `baton` is manage.py, `baton-practice` is make practice.

An installation has the checkout's files below one package, so that both run the same.
"""

import os
import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def data_directory() -> Path:
    """Return where history is kept, as the XDG Base Directory Specification has it."""
    given = os.environ.get("XDG_DATA_HOME", "")
    # What is no absolute path is to be ignored, by that specification.
    base = Path(given) if given.startswith("/") else Path.home() / ".local/share"
    return base / "baton"


def main() -> None:
    """Run a command of manage.py."""
    os.environ.setdefault("BATON_DATA", str(data_directory()))
    _run("manage.py", sys.argv[1:])


def practice() -> None:
    """Start the practice cluster that kubectl drives, and the dashboard."""
    _run("scripts/run_practice.py", ["--drive", *sys.argv[1:]])


def _run(file: str, arguments: list[str]) -> None:
    sys.path.insert(0, str(ROOT))
    sys.argv = [str(ROOT / file), *arguments]
    runpy.run_path(sys.argv[0], run_name="__main__")
