"""Lays a trace's steps out as a sequence: which lanes, which arrows, where each begins and ends.

Pure geometry in percent of the width, so that the server draws the arrows and a page without
script, or under the strictest policy, shows the same picture. One write is up to three arrows:
the request, its storing in etcd, and the broadcast to those who acted on it next.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec

from dashboard.actors import API_SERVER, ETCD, Lane, lane, lane_of
from dashboard.folding import Fold
from eventstream.explain.vocabulary.records import Step

LANES_MOST = 14
"""More lanes than this can't be told apart; further kubelets share the last one."""

OTHERS = lane("kubelet", "others")


class Arrow(msgspec.Struct, frozen=True):
    """One arrow: `x1`, `x2` in percent of the width, `numbers` of the documented sequence.

    A `continued` one runs on from another's beginning, so its own is not drawn.
    """

    kind: str
    x1: float
    x2: float
    grade: str
    hue: str
    numbers: tuple[int, ...] = ()
    continued: bool = False

    @property
    def leftwards(self) -> bool:
        """Which way the arrow points."""
        return self.x2 < self.x1


class Row(msgspec.Struct, frozen=True):
    """A fold with its arrows and the lane of who acted; `lifelines` are the lanes' middles.

    `watchers` are the lanes that acted because of it, and so must have received it.
    """

    fold: Fold
    lane: Lane
    arrows: tuple[Arrow, ...]
    lifelines: tuple[float, ...]
    watchers: tuple[Lane, ...] = ()


class Layout:
    """The lanes of one trace, in their fixed order, and their places across the width."""

    def __init__(self, steps: Iterable[Step]) -> None:
        wanted = {lane_of(step) for step in steps} | {lane(API_SERVER), lane(ETCD)}
        self.lanes = _within_budget(sorted(wanted))
        width = 100 / len(self.lanes)
        self._middles = {
            each: round((index + 0.5) * width, 2) for index, each in enumerate(self.lanes)
        }
        self.middles = tuple(self._middles.values())

    def x(self, of: Lane) -> float:
        """Return the middle of a lane in percent; that of the shared lane if it has none."""
        place = self._middles.get(of)
        return self._middles[OTHERS] if place is None else place


def _within_budget(lanes: list[Lane]) -> tuple[Lane, ...]:
    """Return at most LANES_MOST lanes, the last kubelets sharing one."""
    excess = len(lanes) - LANES_MOST
    if excess <= 0:
        return tuple(lanes)
    kubelets = [each for each in lanes if each.actor == "kubelet"]
    shared = set(kubelets[-(excess + 1) :])
    return tuple(sorted({OTHERS if each in shared else each for each in lanes}))


def rows(folds: Sequence[Fold], layout: Layout) -> list[Row]:
    """Return each fold with its arrows across `layout`."""
    watchers = _watchers(folds)
    return [
        Row(
            each,
            lane_of(each.first),
            _arrows(each.first, layout, watchers),
            layout.middles,
            tuple(sorted(watchers.get(each.first.id, ()))),
        )
        for each in folds
    ]


def _watchers(folds: Sequence[Fold]) -> Mapping[str, frozenset[Lane]]:
    """Return for each step the lanes that acted because of it: who must have received it."""
    found: dict[str, set[Lane]] = {}
    for each in folds:
        for step in each.steps:
            for cause in {step.cause, *step.causes} - {None}:
                found.setdefault(str(cause), set()).add(lane_of(step))
    return {cause: frozenset(lanes) for cause, lanes in found.items()}


def _arrows(
    step: Step, layout: Layout, watchers: Mapping[str, frozenset[Lane]]
) -> tuple[Arrow, ...]:
    """Return the arrows of one write, in the order in which they happen."""
    server, etcd, actor = layout.x(lane(API_SERVER)), layout.x(lane(ETCD)), lane_of(step)
    arrows = []
    if actor.actor != API_SERVER:
        arrows.append(
            Arrow("request", layout.x(actor), server, step.grades.who, actor.hue, step.documented)
        )
    if step.resource_version:
        arrows.append(Arrow("store", server, etcd, "observed", "server", step.documented_store))
    targets = {layout.x(each) for each in watchers.get(step.id, frozenset())} - {server}
    arrows.extend(_broadcast(server, targets, step.documented_broadcast))
    if not targets and step.documented_broadcast:
        arrows.append(
            Arrow("broadcast", server, etcd, "observed", "server", step.documented_broadcast)
        )
    return tuple(arrows)


def _broadcast(server: float, targets: set[float], numbers: tuple[int, ...]) -> Iterator[Arrow]:
    """Yield one line to each side of the API server, with a head at each lane that it reaches."""
    for side in (
        sorted(target for target in targets if target > server),
        sorted((target for target in targets if target < server), reverse=True),
    ):
        for begin, end in pairwise([server, *side]):
            starts = begin == server
            yield Arrow(
                "broadcast", begin, end, "inferred", "server", numbers if starts else (), not starts
            )
