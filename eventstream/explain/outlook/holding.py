"""Who must act next: one `Holding` for each thing that must happen, and what is wrong with it."""

from typing import TYPE_CHECKING

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.outlook.waits import ENOUGH
from eventstream.explain.vocabulary import commands
from eventstream.explain.vocabulary.records import Evidence, Stage, TraceState, Usual
from eventstream.explain.vocabulary.registry import title
from eventstream.explain.world.notes import quoted, said, warned
from eventstream.explain.world.text import named, seconds, sentence
from eventstream.explain.world.writes import Write

if TYPE_CHECKING:
    from eventstream.explain.outlook.snapshot import Snapshot


class Holding(msgspec.Struct, frozen=True, gc=False):
    """One thing that must happen next, and who must do it.

    `rank` orders the stages of a rollout: the lowest is the most blocked. `since` is unix
    seconds on the clock of arrival. `diagnosis` is a stable code where something is known to be
    wrong, with `detail` in words. `late` is the code for a wait that has become unusual, where
    it says more than that the actor is silent; a `patient` one never does. `wait` is what is to be
    done, as the keys of `waits` have it, and `granted` the seconds that the object itself allows.
    `about` is the newest version of the object that is waited for; `evidence`, `command` and
    `mend` are a diagnosis's. It `stops` where the end of a Pod is waited for. The actor `works`
    where it has done its part, and waits for the same itself.
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
    wait: str = ""
    granted: float = 0.0
    about: Write | None = None
    evidence: tuple[Evidence, ...] = ()
    command: str = ""
    mend: str = ""
    stops: bool = False
    works: bool = False

    def usual(self, snapshot: "Snapshot") -> Usual | None:
        """What is usual for this wait; None where no time is: people, and work of any length."""
        if self.actor == "client" or self.patient:
            return None
        key = f"{self.actor}/{self.wait}" if self.wait else self.actor
        return snapshot.usual.of(key, self.granted)


class Outlook(msgspec.Struct, frozen=True, gc=False):
    """How a trace stands. `ended` is set when it is complete; times are unix seconds.

    `usual` is what is usual for the first holding.
    """

    state: TraceState
    summary: str
    holdings: tuple[Holding, ...] = ()
    stages: tuple[Stage, ...] = ()
    ended: float | None = None
    usual: Usual | None = None

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


def pending(
    holdings: list[Holding], stages: tuple[Stage, ...], snapshot: "Snapshot", otherwise: str
) -> Outlook:
    """The outlook of something unfinished: stalled if anything is wrong or overdue."""
    if len(holdings) > 1:
        holdings = sorted(holdings, key=lambda h: (h.rank, h.since, h.name))
    ranked = tuple(holdings)
    blocked = next((holding for holding in ranked if holding.diagnosis), None)
    if blocked is None and ranked:
        usual = ranked[0].usual(snapshot)
        if usual is not None and (hole := _unseen(ranked[0], usual, snapshot)):
            return Outlook("running", f"{_waits(ranked)}{hole}", ranked, stages)
        blocked = _overdue(ranked[0], usual, snapshot.usual.hearing.pulse.heard(snapshot.now))
        if blocked is None:
            return Outlook("running", _waits(ranked), ranked, stages, usual=usual)
        ranked = (blocked, *ranked[1:])
    if blocked is None:
        return Outlook("running", otherwise, ranked, stages)
    ranked = (blocked, *(holding for holding in ranked if holding is not blocked))
    summary = blocked.detail or blocked.waiting_for
    usual = blocked.usual(snapshot) if blocked.wait else None
    return Outlook("stalled", summary, ranked, _mark(stages, blocked.rank), usual=usual)


def _unseen(holding: Holding, usual: Usual, snapshot: "Snapshot") -> str:
    """What is to be said of a long wait whose end Baton may not have been shown; empty for none."""
    hearing, about = snapshot.usual.hearing, holding.about
    if snapshot.now - holding.since <= usual.limit:
        return ""
    key, since = about.log.resource_key if about is not None else "", holding.since
    if missed := hearing.unseen(key, since):
        return f" For {seconds(round(missed))} Baton was not shown all of that: it may be done."
    if hearing.is_off(key, since, usual.limit, snapshot.now):
        return " Baton is not shown all of that just now: it may be done."
    if snapshot.now - hearing.followed(key, since, usual.limit) <= usual.limit:
        return " For some of that time Baton was not shown all of it."
    return ""


def _overdue(holding: Holding, usual: Usual | None, now: float) -> Holding | None:
    if usual is None or now - holding.since <= usual.limit:
        return None
    tries = _tries(holding)
    code = holding.late or _LATE.get(holding.actor, "not-ready" if tries else "controller-silent")
    if holding.late or tries:
        detail = f"It takes longer than {_limit(usual)} for {holding.waiting_for}."
    else:
        who = f"The {title(holding.actor)}{_which(holding)} was not seen to act for longer than"
        detail = f"{who} {_limit(usual)}: waiting for {holding.waiting_for}."
    own = holding.actor == "scheduler" and _which(holding) and not holding.late
    if holding.late == "no-controller":
        detail = f"{detail} Perhaps none is running, or what it does does not show here."
    elif own:
        detail = f"{detail} Perhaps none is running."
    return _warned(msgspec.structs.replace(holding, diagnosis=code, detail=detail))


def _tries(holding: Holding) -> bool:
    """Whether who has to act has warned meanwhile: it does act, and in vain."""
    note = warned(holding.about.log, holding.since) if holding.about is not None else None
    return note is not None and note.after.spec.component in (holding.actor, holding.name)


def _warned(holding: Holding) -> Holding:
    """The same with what was last warned of while it lasted, if that is not told already."""
    note = warned(holding.about.log, holding.since) if holding.about is not None else None
    if note is None or said(note).rstrip(".") in holding.detail:
        return holding
    return msgspec.structs.replace(
        holding,
        detail=sentence(f"{holding.detail.rstrip('.')}; {quoted(note)}"),
        evidence=(*holding.evidence, proofs.told(note)) if holding.evidence else (),
    )


def _limit(usual: Usual) -> str:
    """The limit, and what it rests on: what is a default is said to be one."""
    limit = seconds(usual.limit)
    if usual.p95 is not None and not usual.stated:
        return f"{limit} (95 % of such waits ended within {seconds(usual.p95)})"
    if not usual.seen:
        return f"{limit} (taken to be usual: no wait like this was seen yet)"
    return f"{limit} (taken to be usual until {ENOUGH} waits like this were seen)"


_LATE = {"custom-controller": "no-controller", "kubelet": "kubelet-slow"}


def _which(holding: Holding) -> str:
    if holding.actor == "scheduler" and holding.name not in ("", "default-scheduler"):
        return f" {holding.name}"
    if holding.actor == "custom-controller" and holding.name:
        return f" {holding.name}"
    return f" on {holding.name}" if holding.actor == "kubelet" and holding.name else ""


def _waits(ranked: tuple[Holding, ...]) -> str:
    first = ranked[0]
    who = first.actor, first.rank
    same = sum((held.actor, held.rank) == who for held in ranked) if len(ranked) > 2 else 0
    more = f", and {same - 1} more like it" if same > 2 else ""
    if first.works:
        return f"Waiting for {first.waiting_for}{more}."
    return f"Waiting for the {title(first.actor)}: {first.waiting_for}{more}."


_STAGES = {
    2: ("Pods",),
    3: ("scheduled",),
    4: ("started",),
    5: ("ready", "updated"),
    6: ("available",),
    7: ("available", "reported"),
}
"""Ranks of holdings to the stages that these keep from being done."""


def _mark(stages: tuple[Stage, ...], rank: int) -> tuple[Stage, ...]:
    """The stages, with the one stalled that the most blocked holding keeps from being done.

    In a rolling update that need not be the first open one: its last Pods come only when the
    first are ready.
    """
    names = _STAGES.get(rank, ())
    stuck = next((s for s in stages if s.name in names and s.state != "done"), None)
    if stuck is None:
        stuck = next((stage for stage in stages if stage.state == "current"), None)
    return tuple(
        msgspec.structs.replace(stage, state="stalled") if stage is stuck else stage
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


class Trouble(msgspec.Struct, frozen=True, gc=False):
    """A diagnosis of one object.

    `code` is one of `explain.diagnoses`, `detail` one sentence with the names and numbers of the
    case. `command` shows a person what it rests on; `mend` is given where one obvious command
    would take the cause away. `holder` is who can end it, where that is not who was waited for,
    and `name` which of those that is.
    """

    code: str
    detail: str
    evidence: tuple[Evidence, ...] = ()
    command: str = ""
    mend: str = ""
    holder: str = ""
    name: str = ""


def troubled(holding: Holding, trouble: Trouble | None) -> Holding:
    """The holding with what is wrong; as it is where nothing is."""
    if trouble is None:
        return holding
    own = not trouble.holder
    return msgspec.structs.replace(
        holding,
        actor=holding.actor if own else trouble.holder,
        name=holding.name if own else trouble.name,
        diagnosis=trouble.code,
        detail=trouble.detail,
        evidence=trouble.evidence,
        command=trouble.command,
        mend=trouble.mend,
    )


def evidence_of(holding: Holding) -> tuple[Evidence, ...]:
    """The evidence of a wait that is only long: what is waited for has not been seen."""
    about = holding.about
    if holding.evidence or about is None:
        return holding.evidence
    image = about.image
    listed = about.change.existed
    how = "was there when watching began" if listed else "is the newest that was seen of it"
    marked = image.metadata.deletion_timestamp
    also = f", marked with deletionTimestamp {marked}" if marked else ""
    newest = proofs.seen(about, f"{named(image)} at resourceVersion {image.version} {how}{also}")
    known = [note for notes in (about.log.notes or {}).values() for note in notes.values()]
    latest = sorted(known, key=lambda note: (note.at, note.after.metadata.name), reverse=True)
    absent = Evidence("observed", "watch", f"not seen since then: {holding.waiting_for}", "why")
    warning = warned(about.log, holding.since)
    return (newest, absent, *proofs.events([warning] if warning is not None else latest[:1]))


def command_of(holding: Holding) -> str:
    """The command that shows what a holding is about; empty where none can be given."""
    if holding.command or holding.about is None:
        return holding.command
    return commands.describe(holding.about)
