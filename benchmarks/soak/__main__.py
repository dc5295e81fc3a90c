"""An hour of all attacks at once: memory a minute, the longest hold, the latest answer, errors.

It ends with status 1 when Baton took more memory than `deploy/` gives, ended, logged an error,
failed a probe, or does not say on /coverage what was left out.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.hostile.report import heading
from benchmarks.programs import Watching
from benchmarks.soak.levels import Levels, allowed, coverage, errors, figures
from benchmarks.soak.visits import visit

MINUTE = 60.0
ERRORS_SHOWN = 5


def soak(
    directory: Path, seconds: float, *, turns: int = 0, attacks: Sequence[str] = ()
) -> list[str]:
    """Attack a Baton for so long, or for so many turns; print a line a minute; return complaints.

    A turn is one round of visits, and the cluster's writes of about a second: of these `attacks`,
    or of all.
    """
    command = ["-m", "benchmarks.soak.cluster", "--pause", "1", "--turns", str(turns)]
    attacked = Watching(directory, [*command, *attacks])
    try:
        with Levels(attacked.url, attacked.program.pid) as levels:
            asyncio.run(_attack(attacked, levels, seconds, turns))
            told = coverage(attacked.url) if attacked.program.runs else {}
        found = list(complaints(attacked, levels, told))
        return found if turns else [*found, *left_out(told)]
    finally:
        attacked.end()


async def _attack(attacked: Watching, levels: Levels, seconds: float, turns: int) -> None:
    chance, began, turn, minutes, late = Random(1), time.monotonic(), 0, 0, 0  # noqa: S311
    heading()
    while attacked.program.runs and levels.most <= allowed():
        late += await visit(attacked.url, chance)
        turn += 1
        spent = time.monotonic() - began
        if spent >= (minutes + 1) * MINUTE:
            minutes += 1
            told = await asyncio.to_thread(coverage, attacked.url)
            figures(f"minute {minutes}", levels, told, late_visits=late)
        if (turn >= turns) if turns else (spent >= seconds):
            break
        await asyncio.sleep(0.2)


def complaints(attacked: Watching, levels: Levels, told: dict[str, Any]) -> Iterator[str]:
    """What is not as it must be."""
    if not attacked.program.runs:
        yield f"Baton ended by itself:\n{attacked.program.said[-3000:]}"
    if levels.most > allowed():
        yield f"It took {levels.most / 2**20:,.0f} MiB of the {allowed() / 2**20:,.0f} it may."
    if levels.refused:
        yield f"/healthz failed {levels.refused} times."
    found = errors(attacked.program.said)
    if found:
        yield f"It logged {len(found)} errors, such as:\n" + "\n".join(found[:ERRORS_SHOWN])
    if not attacked.cluster.runs:
        yield f"The cluster ended by itself:\n{attacked.cluster.said[-3000:]}"
    if told and not told["resources"]:
        yield "/coverage tells of no kind."


def left_out(told: dict[str, Any]) -> Iterator[str]:
    """What /coverage does not say, though it must have come to pass in a whole soak."""
    if not told.get("gaps"):
        yield "/coverage tells of no gap, though history was compacted and watches were broken."
    if not any(each["errors"] for each in told.get("resources", ())):
        yield "/coverage tells of no error, though lists and watches were refused."


def main() -> int:
    """Print how it goes; return 1 when it did not hold, else 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600.0)
    told = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # So that all that runs is ended.
    with tempfile.TemporaryDirectory() as directory:
        found = soak(Path(directory), told.seconds)
    print("\n".join(found) or "It held: no error, and within its memory.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
