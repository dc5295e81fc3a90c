"""Runs all attacks, or those that are named, each in a process of its own, one after another.

What one leaves in memory, in the loop or in open files is then no part of the next, and one that
fails ends alone.
"""

import pkgutil
import subprocess
import sys
from collections.abc import Sequence

from benchmarks import hostile
from benchmarks.hostile.report import heading

FRAME = {"__main__", "report"}
"""Modules that are no attack."""


def attacks() -> list[str]:
    """Return the names of all modules here that hold attacks, in order."""
    return sorted({module.name for module in pkgutil.iter_modules(hostile.__path__)} - FRAME)


def run(name: str) -> bool:
    """Run the `main` of this module in a process of its own; return whether it went well."""
    program = f"from benchmarks.hostile import {name}; {name}.main()"
    return subprocess.run([sys.executable, "-c", program], check=False).returncode == 0  # noqa: S603


def main(names: Sequence[str]) -> int:
    """Run all, or those named; return 1 if one failed, else 0."""
    heading()
    failed = [name for name in names or attacks() if not run(name)]
    if failed:
        print(f"\nFailed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
