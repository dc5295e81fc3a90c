"""Runs many simulated clusters and prints each write whose writer the engine gets wrong, and each
diagnosis that nothing accounts for or that comes too late.

`simulate.py FIRST LAST` takes the seeds from FIRST up to LAST; `simulate.py SEED` tells one
cluster's whole story. With `--whole` first, the clusters have every controller, lost nodes and
plain operators; with `--ailing` one thing after the other fails in them, and each second is judged;
with `--well` all goes well for an hour, slowly, and nothing may be called wrong.
tests/explain/test_simulation.py, test_whole_clusters.py, test_ailing_clusters.py and
test_healthy_hour.py do a few each time.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # Run as a script, so that the project is not on the path.

from eventstream.objects.observations import Observation  # noqa: E402
from tests.explain.simulation.ailing import AilingCluster, ailed  # noqa: E402
from tests.explain.simulation.cluster import Cluster, audit, merged, streams  # noqa: E402
from tests.explain.simulation.eachsecond import EachSecond  # noqa: E402
from tests.explain.simulation.healthy import lived_well  # noqa: E402
from tests.explain.simulation.judging import Score, described, scored  # noqa: E402
from tests.explain.simulation.outlooks import misjudged  # noqa: E402
from tests.explain.simulation.scenarios import lived  # noqa: E402
from tests.explain.simulation.weeks import lived_whole  # noqa: E402
from tests.explain.tapes import fold  # noqa: E402

LIVES: dict[str, Callable[[int], Cluster]] = {
    "--whole": lived_whole,
    "--ailing": ailed,
    "--well": lived_well,
}


_USAGE = f"usage: scripts/simulate.py [{' | '.join(LIVES)}] FIRST LAST, or one SEED for its story"


def main(arguments: list[str]) -> int:
    """Print the score of a range of seeds, or one seed's story; 1 where something is wrong.

    What it cannot read is 2, with how it is called.
    """
    live: Callable[[int], Cluster] = lived
    if arguments and arguments[0] in LIVES:
        live, arguments = LIVES[arguments[0]], arguments[1:]
    if len(arguments) not in (1, 2) or not all(each.isdecimal() for each in arguments):
        print(_USAGE, file=sys.stderr)
        return 2
    if len(arguments) == 1:
        for written in live(int(arguments[0])).written:
            print(described(written))
        return 0
    first, last = (int(argument) for argument in arguments)
    plain, audited, misses = Score(), Score(), 0
    for seed in range(first, last):
        cluster = live(seed)
        shown = streams(cluster, Random(seed))  # noqa: S311 - Chance, no secret.
        for name, total in (("watched", plain), ("audited", audited)):
            if name == "audited":
                shown["audit"] = audit(cluster)
            score = scored(cluster, fold(merged(shown)))
            print(*(f"{seed} {name}: {wrong}" for wrong in score.wrong), sep="\n", end="")
            total.add(score)
        shown.pop("audit")
        odd = list(judged(cluster, merged(shown)))
        misses += len(odd)
        print(*(f"{seed} outlook: {text}" for text in odd), sep="\n", end="\n" if odd else "")
    for name, total in (("watched", plain), ("audited", audited)):
        wrong, unknown = len(total.wrong), total.unknown
        print(f"\n{name}: {total.writes} writes, {wrong} wrong, {unknown} unknown")
        print(*(f"  {count} {what}" for what, count in total.unknowns.most_common(20)), sep="\n")
    print(f"outlook: {misses} diagnoses without a cause, or not told in time")
    return int(bool(plain.wrong or audited.wrong or misses))


def judged(cluster: Cluster, shown: list[Observation]) -> Iterator[str]:
    """What is wrongly called wrong, or not told in time; by the faults where these are noted."""
    if isinstance(cluster, AilingCluster):
        return EachSecond(cluster, cluster.faults).judged(shown)
    return misjudged(cluster, shown)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
