"""Folds what repeats, so that the steps that matter stay readable and nothing is dropped.

A kubelet reports a container's status for as long as it runs (documented steps 15 and 16), a node
renews its Lease every ten seconds, and a controller may write ten objects alike in a row. Each
such run is one row that unfolds to all of its steps.
"""

from collections.abc import Sequence

import msgspec

from eventstream.explain.records import Step

HEARTBEAT_STEP = 15
"""The documented step "keeps reporting": reports like it fold wherever they come."""

ALIKE_FROM = 5
"""So many writes of one kind in a row fold; below that each is worth its own row."""


class Fold(msgspec.Struct, frozen=True):
    """A row of the sequence: one step, or several alike (`steps` in their order)."""

    number: int
    steps: tuple[Step, ...]

    @property
    def first(self) -> Step:
        """The step that names the row."""
        return self.steps[0]

    @property
    def id(self) -> str:
        """The row's identity: that of its first step."""
        return self.first.id

    @property
    def folded(self) -> bool:
        """Whether there is anything to unfold."""
        return len(self.steps) > 1

    @property
    def writes(self) -> int:
        """How many writes the row stands for, counted heartbeats included."""
        return sum(step.count for step in self.steps)


def fold(steps: Sequence[Step]) -> list[Fold]:
    """Return the rows for `steps`, in order; numbers are those of each row's first step."""
    groups: list[list[Step]] = []
    numbers: list[int] = []
    heartbeats: dict[tuple[str, ...], list[Step]] = {}
    for number, step in enumerate(steps, start=1):
        group = _group_for(step, groups, heartbeats)
        if group is not None:
            group.append(step)
            continue
        groups.append([step])
        numbers.append(number)
        if _is_heartbeat(step):
            heartbeats[_writer_and_object(step)] = groups[-1]
    return [
        Fold(number + offset, part)
        for number, group in zip(numbers, groups, strict=True)
        for offset, part in _parts(group)
    ]


def _group_for(
    step: Step, groups: list[list[Step]], heartbeats: dict[tuple[str, ...], list[Step]]
) -> list[Step] | None:
    """Return the group that `step` repeats, or None when it begins one of its own."""
    if _is_heartbeat(step):
        return heartbeats.get(_writer_and_object(step))
    if groups and _is_alike(groups[-1][-1], step):
        return groups[-1]
    return None


def _parts(group: list[Step]) -> list[tuple[int, tuple[Step, ...]]]:
    """Split a group that is too short to be worth folding into its steps again."""
    if _is_heartbeat(group[0]) or _same_report(group) or len(group) >= ALIKE_FROM:
        return [(0, tuple(group))]
    return [(offset, (step,)) for offset, step in enumerate(group)]


def _is_heartbeat(step: Step) -> bool:
    return step.verb == "renew" or (step.verb == "report" and HEARTBEAT_STEP in step.documented)


def _same_report(group: list[Step]) -> bool:
    """Whether all are reports on one object: they fold from the second on."""
    return group[0].verb == "report" and len({step.object.uid for step in group}) == 1


def _writer_and_object(step: Step) -> tuple[str, ...]:
    return step.actor, step.actor_name, step.verb, step.object.uid


def _is_alike(before: Step, step: Step) -> bool:
    """Whether two neighbours are the same act: same writer, verb, kind, rule and sequence step."""
    return _sort_of_act(before) == _sort_of_act(step) and not _is_heartbeat(before)


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
