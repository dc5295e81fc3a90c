"""Who holds the baton: one `Holding` for each thing that must happen next, and how to rank them."""

import msgspec

from eventstream.explain.actors import title
from eventstream.explain.records import Stage, TraceState
from eventstream.explain.text import count


class Holding(msgspec.Struct, frozen=True, gc=False):
    """One thing that must happen next, and who must do it.

    `rank` orders the stages of a rollout: the lowest is the most blocked. `since` is unix
    seconds on the clock of arrival. `diagnosis` is a stable code where something is known to be
    wrong, with `detail` in words. `late` is the code for a wait that has become unusual, where
    it says more than that the actor is silent; a `patient` one never does.
    """

    rank: int
    actor: str
    name: str
    since: float
    waiting_for: str
    diagnosis: str | None = None
    detail: str = ""
    late: str = ""
    patient: bool = False


class Outlook(msgspec.Struct, frozen=True, gc=False):
    """How a trace stands. `ended` is set when it is complete; times are unix seconds."""

    state: TraceState
    summary: str
    holdings: tuple[Holding, ...] = ()
    stages: tuple[Stage, ...] = ()
    ended: float | None = None

    @property
    def first(self) -> Holding | None:
        """The holding of the most blocked object; ties by the longest wait."""
        return self.holdings[0] if self.holdings else None

    @property
    def holders(self) -> dict[str, int]:
        """How many things each actor holds."""
        held: dict[str, int] = {}
        for holding in self.holdings:
            held[holding.actor] = held.get(holding.actor, 0) + 1
        return held


OVERDUE: dict[str, float] = {
    "scheduler": 30.0,
    "kubelet": 120.0,
    "custom-controller": 60.0,
    "job-controller": 360.0,
}
OVERDUE_DEFAULT = 15.0
"""Seconds after which a wait for an actor is called unusual: stated, until this cluster's own
medians are known. A kubelet may pull a large image for a minute; the Job controller waits up to
six between the attempts of a failing Job; other controllers answer at once."""


def pending(
    holdings: list[Holding], stages: tuple[Stage, ...], now: float, otherwise: str
) -> Outlook:
    """The outlook of something unfinished: stalled if anything is wrong or overdue."""
    ranked = tuple(sorted(holdings, key=lambda h: (h.rank, h.since, h.name)))
    blocked = next((holding for holding in ranked if holding.diagnosis), None)
    if blocked is None and ranked:
        blocked = _overdue(ranked[0], now)
        if blocked is not None:
            ranked = (blocked, *ranked[1:])
    if blocked is None:
        summary = _waits(ranked) if ranked else otherwise
        return Outlook("running", summary, ranked, stages)
    ranked = (blocked, *(holding for holding in ranked if holding is not blocked))
    return Outlook("stalled", blocked.detail or blocked.waiting_for, ranked, _mark(stages))


def overdue_after(actor: str) -> float:
    """Seconds after which a wait for this actor is called unusual."""
    return OVERDUE.get(actor, OVERDUE_DEFAULT)


def _overdue(holding: Holding, now: float) -> Holding | None:
    limit = overdue_after(holding.actor)
    waited = now - holding.since
    if holding.actor == "client" or holding.patient or waited <= limit:
        return None
    code = holding.late or _LATE.get(holding.actor, "controller-silent")
    who = f"The {title(holding.actor)}{_which(holding)} has not acted for longer than the usual "
    detail = f"{who}{limit:.0f} s: waiting for {holding.waiting_for}."
    if holding.late:
        detail = f"It takes longer than the usual {limit:.0f} s for {holding.waiting_for}."
    if holding.late == "no-controller":
        detail = f"{detail} Perhaps none is running."
    return msgspec.structs.replace(holding, diagnosis=code, detail=detail)


_LATE = {"custom-controller": "no-controller", "kubelet": "kubelet-slow"}


def _which(holding: Holding) -> str:
    return f" on {holding.name}" if holding.actor == "kubelet" and holding.name else ""


def _waits(ranked: tuple[Holding, ...]) -> str:
    first = ranked[0]
    same = sum(
        1 for holding in ranked if holding.actor == first.actor and holding.rank == first.rank
    )
    more = f", and {count(same - 1, 'more like it')}" if same > 2 else ""
    return f"Waiting for the {title(first.actor)}: {first.waiting_for}{more}."


def _mark(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    return tuple(
        msgspec.structs.replace(stage, state="stalled") if stage.state == "current" else stage
        for stage in stages
    )


def staged(counts: list[tuple[str, int, int]]) -> tuple[Stage, ...]:
    """Stages from (name, done, total): those before the first unfinished one are done."""
    stages: list[Stage] = []
    reached = True
    for name, done, total in counts:
        if done >= total and reached:
            stages.append(Stage(name, "done", done, total))
        else:
            stages.append(Stage(name, "current" if reached else "pending", done, total))
            reached = False
    return tuple(stages)
