"""Throws hostile bytes at what reads a cluster, a file or a browser, for a stated time.

`scripts/fuzz.py --seconds 60 watch-lines` fuzzes one target, without a name each in turn. What
defeats one is kept in var/fuzz/ and named; put it into tests/fuzzing/found/ as NAME-what.bin, where
the tests run it ever after. Needs atheris, which there is for Linux on x86-64 only.
"""

import argparse
import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("recordings", "watch-lines", "events", "audit-lines", "messages")
KEPT = ROOT / "var" / "fuzz"
ONE = "--one"


def main() -> int:
    """Fuzz what was asked for; 1 where anything was defeated, else 0."""
    parser = argparse.ArgumentParser(description="Fuzz what reads other people's data.")
    parser.add_argument("target", nargs="?", choices=NAMES, help="without it: each in turn")
    parser.add_argument("--seconds", type=int, default=60, help="for each (%(default)s)")
    parser.add_argument(ONE, action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        _fuzz(asked.target, asked.seconds)
    names = (asked.target,) if asked.target else NAMES
    defeated = [name for name in names if _run(name, asked.seconds)]
    for name in defeated:
        print(f"{name}: defeated, see above and {KEPT}", file=sys.stderr)
    return 1 if defeated else 0


def _run(name: str, seconds: int) -> int:
    """Fuzz one target in a process of its own, which atheris ends as it likes."""
    print(f"{name}: {seconds} s", flush=True)
    command = [sys.executable, __file__, ONE, f"--seconds={seconds}", name]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _fuzz(name: str, seconds: int) -> None:
    try:
        atheris: Any = importlib.import_module("atheris")  # Not there on other platforms.
    except ImportError:
        sys.exit("atheris is not installed; there is one for Linux on x86-64 only.")
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    corpus = KEPT / f"{name}.corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    with atheris.instrument_imports(include=["eventstream", "dashboard.protocol", "tests.fuzzing"]):
        import django  # noqa: PLC0415

        django.setup()
        from tests.fuzzing.targets import TARGETS, seeds  # noqa: PLC0415
    for number, seed in enumerate(seeds(name)):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [
        sys.argv[0],
        f"-max_total_time={seconds}",
        f"-artifact_prefix={KEPT}/{name}-",
        "-max_len=8192",
        "-len_control=0",
        "-timeout=60",
        "-rss_limit_mb=2048",
        str(corpus),
    ]
    atheris.Setup(options, TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
