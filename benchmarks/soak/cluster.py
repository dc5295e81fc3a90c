"""A practice cluster, in a process of its own, that does to its watchers what it is told to.

`python -m benchmarks.soak.cluster --kubeconfig FILE --pause 0.1 pods edits` makes these two
attacks' writes every tenth of a second, from when somebody watches, until it is told to end.
"""

import argparse
import asyncio
import time
from pathlib import Path
from random import Random

from benchmarks.soak.writes import ATTACKS
from practicecluster.cluster import PracticeCluster
from practicecluster.kubeconfig import write_kubeconfig


async def attack(kubeconfig: Path, names: list[str], pause: float, turns: int, seed: int) -> None:
    """Make so many turns of the attacks, each some of them in any order; 0 goes on for ever.

    A turn that takes longer than `pause` seconds makes up for it with the next ones.
    """
    chance = Random(seed)  # noqa: S311  The same each time.
    async with PracticeCluster(bookmark_seconds=5.0) as cluster:
        write_kubeconfig(cluster.kubeconfig(), kubeconfig)
        await cluster.watched()
        due, turn = time.monotonic(), 0
        while turn < turns or not turns:
            for name in chance.sample(names, len(names)):
                ATTACKS[name](cluster, chance)
                await asyncio.sleep(0)
            turn, due = turn + 1, due + pause
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        cluster.faults.heal()
        await asyncio.Event().wait()


def main() -> None:
    """Do so until told to end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--pause", type=float, default=1.0, help="seconds a turn")
    parser.add_argument("--turns", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("attacks", nargs="*", help=f"of {', '.join(ATTACKS)}; all by default")
    told = parser.parse_args()
    names = told.attacks or list(ATTACKS)
    asyncio.run(attack(told.kubeconfig, names, told.pause, told.turns, told.seed))


if __name__ == "__main__":
    main()
