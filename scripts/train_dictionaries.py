"""Makes the dictionaries that history's rows are compressed with, of all recorded tapes.

A dictionary that a release wrote with must stay as it is: give a new one the next number, and name
that in `eventstream/packing/frames.py`. Run from the repository's root:
`.venv/bin/python scripts/train_dictionaries.py EXPLAINED IMAGES`, each the number of a dictionary.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import zstandard

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

from eventstream.explain.engine.engine import Engine  # noqa: E402
from eventstream.explain.vocabulary.records import Step, StepUpsert, Trace, TraceUpsert  # noqa: E402
from eventstream.objects.decoding import encode  # noqa: E402
from eventstream.objects.observations import Change  # noqa: E402
from eventstream.packing import frames  # noqa: E402
from eventstream.packing.order import version_key  # noqa: E402
from eventstream.packing.steps import microseconds, step_content  # noqa: E402
from eventstream.packing.traces import trace_content  # noqa: E402
from eventstream.replaying import PassedOver, replay  # noqa: E402

TAPES = ROOT / "practicecluster" / "tapes"
LOGS = ROOT / "tests" / "explain" / "truth"
OPERATORS = ROOT / "tests" / "explain" / "operators"
BYTES = 64 * 1024
"""A larger one makes rows hardly smaller, and does not stay in a core's cache."""


def recorded() -> tuple[list[bytes], list[bytes]]:
    """The contents of all rows that the tapes lead to: explained ones, and images."""
    explained: list[bytes] = []
    images: dict[tuple[str, str], bytes] = {}
    others = [path for path in OPERATORS.glob("*.jsonl") if "." not in path.stem]
    for tape in sorted([*TAPES.glob("*.jsonl"), *others]):
        place = LOGS if tape.parent == TAPES else OPERATORS
        audit = place / f"{tape.stem}.audit.jsonl"
        for log in (None, audit) if audit.exists() else (None,):
            explained += _explained(tape, log, images)
    return explained, list(images.values())


def _explained(
    tape: Path, audit: Path | None, images: dict[tuple[str, str], bytes]
) -> Iterator[bytes]:
    steps: dict[str, Step] = {}
    traces: dict[tuple[str, str], Trace] = {}
    engine = Engine("tape", audited=audit is not None)
    for shown in replay(engine, tape, bytes(32), audit):
        if isinstance(shown, PassedOver):
            raise SystemExit(str(shown))
        if isinstance(shown.observation, Change):
            after = shown.observation.after
            images[after.uid, after.version] = encode(after)
        for upsert in shown.upserts:
            if isinstance(upsert, StepUpsert):
                steps[upsert.id] = upsert.step
            elif isinstance(upsert, TraceUpsert):
                traces[upsert.trace.id, upsert.trace.summary] = upsert.trace
    for step in steps.values():
        yield step_content(step, version_key(step.resource_version), microseconds(step.at))
    yield from map(trace_content, traces.values())


def main() -> None:
    """Make both, and print of how many rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("explained", type=int)
    parser.add_argument("images", type=int)
    numbers = parser.parse_args()
    explained, images = recorded()
    for number, contents in ((numbers.explained, explained), (numbers.images, images)):
        made = zstandard.train_dictionary(BYTES, [*contents], dict_id=number, level=frames.LEVEL)
        (frames.DICTIONARIES / f"{number}.zdict").write_bytes(made.as_bytes())
        print(f"{number}.zdict: {len(made)} bytes, of {len(contents)} rows")


if __name__ == "__main__":
    main()
