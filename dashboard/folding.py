"""Folds what repeats, so that the steps that matter stay readable and nothing is dropped.

A kubelet reports a container's status for as long as it runs (documented steps 15 and 16), a node
renews its Lease every ten seconds, and a controller may write ten objects alike in a row. Each
such run is one row that unfolds to all of its steps. Where 150 Pods come at once their steps stand
in between each other, so in a long trace what is the same act folds wherever it comes.
"""

from collections.abc import Callable, Hashable, Sequence
from operator import attrgetter

import msgspec

from eventstream.explain.vocabulary.records import Step

HEARTBEAT_STEP = 15
"""The documented step "keeps reporting": reports like it fold wherever they come."""

ALIKE_FROM = 5
"""So many writes of one kind in a row fold; below that each is worth its own row."""

REPORTS_FROM = 3
"""So many reports on one object in a row fold: two rows are no longer than one that unfolds."""


BURST_FROM = 200
"""In a trace of more steps than this the same act on other objects folds across what is between."""


class Numbered(msgspec.Struct, frozen=True):
    """A step and its number in the trace, from 1."""

    number: int
    step: Step


class Fold(msgspec.Struct, frozen=True):
    """A row of the sequence: one step, or several alike in their order."""

    members: tuple[Numbered, ...]

    @property
    def number(self) -> int:
        """The number of its first step."""
        return self.members[0].number

    @property
    def steps(self) -> tuple[Step, ...]:
        """Its steps, in order."""
        return tuple(member.step for member in self.members)

    @property
    def first(self) -> Step:
        """The step that names the row."""
        return self.members[0].step

    @property
    def last(self) -> Step:
        """The latest of its steps."""
        return self.members[-1].step

    @property
    def id(self) -> str:
        """The row's identity: that of its first step."""
        return self.first.id

    @property
    def folded(self) -> bool:
        """Whether there is anything to unfold."""
        return len(self.members) > 1

    @property
    def others(self) -> int:
        """How many further objects of the same kind its steps are about."""
        return len({member.step.object.uid for member in self.members}) - 1

    @property
    def writes(self) -> int:
        """How many writes the row stands for, counted heartbeats included."""
        return sum(member.step.count for member in self.members)


def fold(
    steps: Sequence[Step],
    lane: Callable[[Step], Hashable] = attrgetter("actor_name"),
    first: int = 1,
) -> list[Fold]:
    """Return the rows for `steps`, of which the first has the number `first` in its trace.

    They are in order of each row's first step.
    `lane` tells apart, in a burst, who did the same: what it gives alike is one row.
    """
    burst = len(steps) > BURST_FROM
    groups: list[list[Numbered]] = []
    far: dict[Hashable, list[Numbered]] = {}
    for number, step in enumerate(steps, start=first):
        key = _key(step, lane(step), burst=burst)
        group = far.get(key) if key is not None else _neighbours(step, groups)
        if group is None:
            group = []
            groups.append(group)
            if key is not None:
                far[key] = group
        group.append(Numbered(number, step))
    return sorted(
        (Fold(part) for group in groups for part in _parts(group)), key=attrgetter("number")
    )


def _key(step: Step, lane: Hashable, *, burst: bool) -> Hashable:
    """Return what a step shares with those that it folds with wherever they come; None for none."""
    if burst:
        return step.actor, lane, _sort_of_act(step)[2:]
    return _writer_and_object(step) if is_heartbeat(step) else None


def _neighbours(step: Step, groups: list[list[Numbered]]) -> list[Numbered] | None:
    """Return the group that ends just before `step` and that it repeats, if it does."""
    return groups[-1] if groups and _is_alike(groups[-1][-1].step, step) else None


def _parts(group: list[Numbered]) -> list[tuple[Numbered, ...]]:
    """Split a group that is too short to be worth folding into its steps again."""
    steps = [member.step for member in group]
    enough = REPORTS_FROM if _on_one_object(steps) else ALIKE_FROM
    if is_heartbeat(steps[0]) or len(group) >= enough:
        return [tuple(group)]
    return [(member,) for member in group]


def is_heartbeat(step: Step) -> bool:
    """Whether a step only says that all goes on: a renewal, or a kubelet's later report."""
    return step.verb == "renew" or (step.verb == "report" and HEARTBEAT_STEP in step.documented)


def _on_one_object(steps: list[Step]) -> bool:
    """Whether all are reports on one object."""
    return steps[0].verb == "report" and len({step.object.uid for step in steps}) == 1


def _writer_and_object(step: Step) -> tuple[str, ...]:
    return step.actor, step.actor_name, step.verb, step.object.uid


def _is_alike(before: Step, step: Step) -> bool:
    """Whether two neighbours are the same act: same writer, verb, kind, rule and sequence step."""
    return _sort_of_act(before) == _sort_of_act(step) and not is_heartbeat(before)


def _sort_of_act(step: Step) -> tuple[object, ...]:
    return (
        step.actor,
        step.actor_name,
        step.verb,
        step.subresource,
        step.object.kind,
        step.rule,
        step.documented,
    )
