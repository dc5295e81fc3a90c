"""Lets several ways of doing the same take turns, so that each gets the same of a busy machine.

What one way costs alone says little where others work on the machine: it may have had the caches
to itself, and the next one not. So all go through their streams a part at a time, by turns, and
what counts is the ratio of two costs of one turn: the median of all these.
"""

import gc
import statistics
import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from eventstream import collector

Costs = Mapping[str, list[float]]
"""What each way cost, turn by turn: µs of CPU time an event."""


def in_turns(ways: Mapping[str, Iterator[object]], turns: Iterable[int]) -> Costs:
    """Let each way go on by so many events in each turn; RuntimeError where it sees fewer.

    A way gives one item for each event. Nothing else of this process may run meanwhile.
    """
    collector.relax()  # As `observe` does; it helps every way here alike.
    costs: dict[str, list[float]] = {name: [] for name in ways}
    for events in turns:
        for name, way in ways.items():
            began = time.process_time()
            seen = sum(1 for _ in islice(way, events))
            spent = time.process_time() - began
            if seen != events:
                raise RuntimeError(f"{name} saw {seen} of {events} events")
            costs[name].append(spent / events * 1e6)
    gc.unfreeze()
    return costs


def shares(costs: Costs) -> dict[str, float]:
    """What each way costs of what the first one does: the median of the turns' ratios."""
    first = next(iter(costs.values()))
    return {
        name: statistics.median(own / other for own, other in zip(spent, first, strict=True))
        for name, spent in costs.items()
    }


def print_table(costs: Costs) -> None:
    """Print what each way costs, as the median of its turns, and of what the first one does."""
    print(f"{'':46}{'CPU µs/event':>14}{'events/s':>12}{'of typed':>10}")
    for name, share in shares(costs).items():
        cost = statistics.median(costs[name])
        print(f"{name:46}{cost:14.1f}{1e6 / cost:12,.0f}{share:10.1%}", flush=True)
