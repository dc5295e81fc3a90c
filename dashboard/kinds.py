"""Judges how well each kind is watched, and puts what a person must do something about first.

One judgement for header, page, socket and JSON: a kind that is forbidden must not look calm on
one of them, and a failure that sixty kinds share must read as one failure, not as sixty.
"""

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from dashboard import wording
from eventstream.history import Coverage, Problem

FORBIDDEN, FAILING, PARTLY, WATCHED, LEFT_OUT = range(5)
"""The ranks, in the order in which kinds are shown."""


class Manner(msgspec.Struct, frozen=True):
    """How a state is shown: its rank, its glyph, its word, and how loud that is."""

    rank: int
    glyph: str
    word: str

    @property
    def tone(self) -> str:
        """`bad` where a person is needed, `partly`, `good`, or `out` for what is left out."""
        return ("bad", "bad", "partly", "good", "out")[self.rank]


_MANNERS = {
    "watching": Manner(WATCHED, "live", "watching"),
    "listing": Manner(WATCHED, "running", "listing"),
    "polling": Manner(PARTLY, "late", "polled"),
    "backing-off": Manner(FAILING, "backing-off", "backing off"),
    "forbidden": Manner(FORBIDDEN, "forbidden", "forbidden"),
    "gone": Manner(LEFT_OUT, "gone", "gone"),
}
_UNWATCHED = {
    "not-watchable": Manner(PARTLY, "down", "not watchable"),
    "too-many-types": Manner(PARTLY, "down", "not watched"),
    "not-served": Manner(LEFT_OUT, "pending", "not served"),
    "out-of-scope": Manner(LEFT_OUT, "pending", "left out"),
    "left-out": Manner(LEFT_OUT, "pending", "left out"),
}
"""Why a kind that is not there is not there, by the code of its problem."""

WORDS = tuple(dict.fromkeys(each.word for each in (*_MANNERS.values(), *_UNWATCHED.values())))
"""All that is said of a kind in a word."""


class Kind(msgspec.Struct, frozen=True):
    """One resource as it is shown; a report that is only later is equal: its `at` is 0."""

    coverage: Coverage
    manner: Manner

    @property
    def id(self) -> str:
        """Its key, with nothing invisible in it."""
        return wording.visible(self.coverage.resource.key)

    @property
    def order(self) -> str:
        """Text that sorts it among its like."""
        return f"{self.manner.rank} {self.id}"


class Trouble(msgspec.Struct, frozen=True):
    """Kinds that are not, or not fully, watched and need the same done about it."""

    manner: Manner
    problem: Problem
    kinds: tuple[Kind, ...]

    @property
    def shared(self) -> bool:
        """Whether all of them failed with the same words."""
        return len({_problem(kind.coverage) for kind in self.kinds}) == 1

    @property
    def rules(self) -> str:
        """The RBAC rules that would grant all of it, as YAML; "" where RBAC is not the cause."""
        rules = (_problem(kind.coverage).rule.rstrip() for kind in self.kinds)
        return "\n".join(dict.fromkeys(rule for rule in rules if rule))

    @property
    def retry_at(self) -> float | None:
        """When the next of them is tried again, in unix seconds."""
        times = [kind.coverage.retry_at for kind in self.kinds if kind.coverage.retry_at]
        return min(times, default=None)


def kinds_of(covered: Iterable[Coverage]) -> tuple[Kind, ...]:
    """Return each resource as it is shown: what needs a person first, what is left out last."""
    shown = (Kind(msgspec.structs.replace(each, at=0.0), _manner(each)) for each in covered)
    return tuple(sorted(shown, key=lambda kind: kind.order))


def troubles_of(kinds: Iterable[Kind]) -> tuple[Trouble, ...]:
    """Return what is not fully watched, one entry for all that needs the same done about it."""
    alike: dict[tuple[Manner, str, str], list[Kind]] = defaultdict(list)
    for kind in kinds:
        if kind.manner.rank <= PARTLY:
            problem = _problem(kind.coverage)
            alike[kind.manner, problem.code, problem.action].append(kind)
    return tuple(
        Trouble(manner, _problem(members[0].coverage), tuple(members))
        for (manner, _, _), members in alike.items()
    )


def _manner(covered: Coverage) -> Manner:
    manner = _MANNERS[covered.state]
    if covered.state == "gone" and covered.problem is not None:
        return _UNWATCHED.get(covered.problem.code, manner)
    return manner


def _problem(covered: Coverage) -> Problem:
    """Return what is wrong; a state that came without a reason says so itself."""
    if covered.problem is not None:
        return covered.problem
    return Problem(
        covered.state,
        f"{covered.resource.key} is {_MANNERS[covered.state].word}; no reason was given.",
        "the watch has not said why",
        "see the log of Baton",
    )
