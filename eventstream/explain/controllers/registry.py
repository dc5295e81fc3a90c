"""The behaviours of controllers by kind: how controllers know each other, and only how.

`vocabulary.registry` has what is declared of them as data. Here is what Baton can find out about a
kind: each folder adds one `Behaviour`, and whoever needs another controller's knowledge asks for it
by kind.
"""

from collections.abc import Callable, Mapping

import msgspec

from eventstream.explain.deletions.deciding import Housekeeper
from eventstream.explain.outlook.holding import Holding, Outlook, Trouble
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary.declared.kinds import GroupKind
from eventstream.explain.vocabulary.registry import Typed, group_kind
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.images import OwnerReference

Rule = Callable[[View, Writer], Verdict | None]
"""Knows a write by what managedFields says of its writer, or gives None."""

Assess = Callable[[Snapshot, Write, Write | None], Outlook]
"""How an object stands: its newest version, and the write that began the trace, if one did."""

Turn = tuple[Write, str]
"""The write that made it a child's turn to come or to go, and the sentence that says so."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Rules about the writes of one kind, by phase (see `deciding.PHASES`); each in its order."""

    reports: tuple[Rule, ...] = ()
    creations: tuple[Rule, ...] = ()
    changes: tuple[Rule, ...] = ()


class Behaviour(msgspec.Struct, frozen=True, kw_only=True):
    """What Baton can find out about one kind.

    `rules` are those about writes that its controller makes, by the kind that is written. `assess`
    says how an object of the kind stands, and `told_by` are the reasons of Events that alone,
    without any write, say that one is stuck; one that `limits` others is told of though it is well
    and was there before watching began. It `needs` all objects of some kinds to be met before it
    can be judged that none is there. `holding` tells what one waits for, and `unproven` what makes
    it doubtful that it stays well, for those whose judgement rests on it. `expires` says whether a
    controller deletes an object for its own sake, as a finished Job.

    Of an owner: `in_order` says that its children come one after the other; `due` and `going` why
    it is a child's turn to come or to go, `wanted` what is desired of a child without a number,
    `spared` whether a child stays although there are too many, `why_made` why a child was made; by
    the children's kind, `keeps` says which of them its controller deletes on its own account.
    """

    kind: GroupKind
    rules: Mapping[GroupKind, Rules] = {}
    assess: Assess | None = None
    told_by: frozenset[str] = frozenset()
    limits: bool = False
    needs: tuple[str, ...] = ()
    expires: Callable[[View], Housekeeper | None] | None = None
    holding: Callable[[Snapshot, Write], Holding | None] | None = None
    unproven: Callable[[Snapshot, Write], Trouble | None] | None = None
    in_order: bool = False
    due: Callable[[View, str], Turn | None] | None = None
    going: Callable[[View, str], Turn | None] | None = None
    wanted: Callable[[View, OwnerReference], str] | None = None
    spared: Callable[[Write, Write | None], bool] | None = None
    why_made: Callable[[View, Write, OwnerReference], str] | None = None
    keeps: Mapping[GroupKind, Callable[[View, Write], Housekeeper | None]] = {}


_BEHAVIOURS: dict[GroupKind, Behaviour] = {}


def add(behaviour: Behaviour) -> None:
    """Make a kind's behaviour known; ValueError where another folder has added one."""
    if behaviour.kind in _BEHAVIOURS:
        raise ValueError(
            f"{behaviour.kind} has a behaviour already; one folder looks after a kind."
        )
    _BEHAVIOURS[behaviour.kind] = behaviour


def behaviours() -> Mapping[GroupKind, Behaviour]:
    """All that are known, by kind."""
    return _BEHAVIOURS


def behaviour_of(typed: Typed) -> Behaviour:
    """What can be found out about a kind; an empty one for kinds that no folder looks after."""
    kind = group_kind(typed.api_version, typed.kind)
    return _BEHAVIOURS.get(kind) or Behaviour(kind=kind)


def holding_of(snapshot: Snapshot, write: Write) -> Holding | None:
    """What an object waits for, as those see it whose judgement rests on it; None for nothing."""
    holding = behaviour_of(write.image).holding
    return holding(snapshot, write) if holding is not None else None


def unproven(snapshot: Snapshot, write: Write) -> Trouble | None:
    """What makes it doubtful that an object which is well stays so; None for nothing."""
    doubt = behaviour_of(write.image).unproven
    return doubt(snapshot, write) if doubt is not None else None


def rules_of(kind: GroupKind) -> list[Rules]:
    """The rules of all controllers about the writes of one kind."""
    return [found for each in _BEHAVIOURS.values() if (found := each.rules.get(kind)) is not None]
