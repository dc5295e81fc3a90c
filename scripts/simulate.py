"""Runs many simulated clusters and prints each write whose writer the engine gets wrong, and each
diagnosis that nothing accounts for or that comes too late.

`simulate.py FIRST LAST` takes the seeds from FIRST up to LAST; `simulate.py SEED` tells one
cluster's whole story. With `--whole` first, the clusters have every controller, lost nodes and
plain operators. tests/explain/test_simulation.py and test_whole_clusters.py do a few each time.
"""

import sys
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # Run as a script, so that the project is not on the path.

from tests.explain.simulation.cluster import audit, merged, streams  # noqa: E402
from tests.explain.simulation.judging import Score, described, scored  # noqa: E402
from tests.explain.simulation.outlooks import misjudged  # noqa: E402
from tests.explain.simulation.scenarios import lived  # noqa: E402
from tests.explain.simulation.weeks import lived_whole  # noqa: E402
from tests.explain.tapes import fold  # noqa: E402


def main(arguments: list[str]) -> int:
    """Print the score of a range of seeds, or one seed's story; 1 where something is wrong."""
    whole = arguments[:1] == ["--whole"]
    live, arguments = (lived_whole, arguments[1:]) if whole else (lived, arguments)
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
        odd = list(misjudged(cluster, merged(shown)))
        misses += len(odd)
        print(*(f"{seed} outlook: {text}" for text in odd), sep="\n", end="\n" if odd else "")
    for name, total in (("watched", plain), ("audited", audited)):
        wrong, unknown = len(total.wrong), total.unknown
        print(f"\n{name}: {total.writes} writes, {wrong} wrong, {unknown} unknown")
        print(*(f"  {count} {what}" for what, count in total.unknowns.most_common(20)), sep="\n")
    print(f"outlook: {misses} diagnoses without a cause, or not told in time")
    return int(bool(plain.wrong or audited.wrong or misses))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
