"""Scores the practice cluster against recordings of a real one: docs/fidelity.md says how.

scripts/fidelity.py              every recording, and what differs
scripts/fidelity.py create       just these
scripts/fidelity.py --seeds 1    once each, and not until it is as good as alike
"""

import argparse
import asyncio
import sys
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # Run as a script, so that the project is not on the path.

from tests.fidelity import recorded, simulated  # noqa: E402
from tests.fidelity.comparing import Result, compare  # noqa: E402
from tests.fidelity.plays import PLAYS, Play  # noqa: E402
from tests.fidelity.replaying import OTHERS  # noqa: E402

LEAST, ALIKE = 0.95, 0.999


async def runs(play: Play, seeds: int) -> list[Result]:
    """Return how each run of a play compares; more of them are made until one is alike."""
    real, found = recorded.story(play.name), list[Result]()
    for seed in range(seeds):
        ours = await simulated.story(play, seed)
        found.append(compare(play.name, real, ours, OTHERS if play.replayed else frozenset()))
        if found[-1].score >= ALIKE:
            break
    return found


async def main() -> int:
    """Print each score and each difference; 1 where one is below what is asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(PLAYS))
    parser.add_argument("--seeds", type=int, default=6)
    arguments = parser.parse_args()
    low = []
    print("recording          best  median  runs  entries in both, in the recording, here")
    for name in arguments.names:
        found = await runs(PLAYS[name], arguments.seeds)
        best = max(found, key=lambda result: result.score)
        usual = median(result.score for result in found)
        counts = f"{best.both}, {best.real}, {best.ours}"
        print(f"{name:16} {best.score:6.1%}  {usual:6.1%}  {len(found):4}  {counts}")
        for difference in best.differences:
            print(f"    {difference}")
        low += [name] * (best.score < LEAST)
    if low:
        print(f"Below {LEAST:.0%}: {', '.join(low)}")
    return bool(low)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
