"""Says how a custom resource stands: by its controller's acts, its children, and its own word.

How its status is read stands in `eventstream.objects.health`; here it becomes words.
Sources: https://kubernetes.io/docs/concepts/extend-kubernetes/operator/;
https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
#status-subresource (a type with one has a controller that writes it).
"""

from collections.abc import Callable

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.custom.answers import (
    ACTOR,
    asks_nothing_new,
    counts_reports,
    is_answer,
    reporter,
    reports,
    unanswered,
    unseen,
)
from eventstream.explain.controllers.custom.timing import (
    is_history,
    is_newer_than_reports,
    is_reported_since,
    moved,
    reached,
    since_when,
)
from eventstream.explain.controllers.shared.conventions import QUEUE, unknown, untaught
from eventstream.explain.outlook.holding import Holding, Outlook, Trouble, pending, staged, troubled
from eventstream.explain.outlook.snapshot import Snapshot, written
from eventstream.explain.outlook.waits import acting, becoming_ready
from eventstream.explain.vocabulary import commands
from eventstream.explain.vocabulary.records import Evidence, Stage
from eventstream.explain.world.families import HIGHEST, owner_of
from eventstream.explain.world.notes import quoted, said
from eventstream.explain.world.text import count, named, one_line, said_by, sentence, when
from eventstream.explain.world.writes import Write
from eventstream.objects.health.records import Health
from eventstream.objects.health.words import parts

_BASES = {
    "convention": "by a convention that operators share",
    "declared": "as the rules for its kind have it",
    "script": "as a health script for its kind has it",
}
_DEADLINE = frozenset(("deadline", "timeout", "timed"))
"""Words of a reason by which a condition Progressing is False for want of time."""


def _gave_up(health: Health) -> str:
    """That nothing more is tried, in a clause, where the condition that counts says so."""
    if (health.condition, health.value) == ("Stalled", "True"):
        return "its controller has given up"
    timed_out = not _DEADLINE.isdisjoint(parts(health.reason))
    if (health.condition, health.value) == ("Progressing", "False") and timed_out:
        return "its controller has timed out progressing"
    return ""


def holding_of(
    snapshot: Snapshot, write: Write, health: Health, asked: float, rank: int
) -> Holding | None:
    """What is waited for by the object's own word, since when; None where it is done or unknown.

    `asked` is when it was asked for what it has to become, 0 where that was not seen.
    """
    if health.state == "failed":
        return _failed(snapshot, write, health, asked, rank)
    if health.state == "suspended":
        return _suspended(write, health, rank)
    if health.state == "progressing" and health.stale:
        return _not_taken_up(snapshot, write, health)
    if health.state == "progressing":
        return _under_way(snapshot, write, health, asked, rank)
    return None


def own_word(write: Write, health: Health | None) -> str:
    """One sentence with what the object itself says, where that is more than its state."""
    if health is None or health.ours or health.state not in ("failed", "progressing"):
        return ""
    why = _why(health)
    return sentence(f"{named(write.image)} itself says: {why}") if why else ""


def _why(health: Health) -> str:
    return one_line(said_by(health.message, health.reason))


def _actor(health: Health) -> tuple[str, str]:
    """Who can end it: of what has ended, its controller tries nothing more."""
    person = health.holder == "client" or (health.over and health.state == "failed")
    return ("client", "") if person else (ACTOR, health.holder)


def _warned(
    snapshot: Snapshot, write: Write, since: float, why: str
) -> tuple[str, Evidence | None]:
    """What was last warned of, as a clause that ends the sentence, and as evidence.

    A status often tells only that something failed, and the Event what. The clause is empty where
    the status says the same.
    """
    note = snapshot.warned(write.log, since)
    if note is None:
        return "", None
    now, before = said(note).rstrip("."), why.rstrip(".")
    _, _, cause = now.partition(": ")  # Before it stands what was tried.
    same = now in before or (before and before in now) or (cause and cause in before)
    return "" if same else f"; {quoted(note)}", proofs.told(note)


def _failed(snapshot: Snapshot, write: Write, health: Health, asked: float, rank: int) -> Holding:
    name, why = named(write.image), _why(health)
    gave_up = _gave_up(health)
    detail = f"{name} is not as asked for: {_told(health)}"
    if gave_up:
        detail = f"{name} is not as asked for, and {gave_up}{': ' if why else ''}{why}"
    since, wait = since_when(write, health, asked), becoming_ready(write.image)
    warning, note = _warned(snapshot, write, since, why)
    shown = (*proof(write, health), *((note,) if note is not None else ()))
    detail = sentence(f"{detail.rstrip('.')}{warning}")
    trouble = Trouble("not-ready", detail, shown, commands.describe(write))
    waiting_for = f"{name} to be as asked for"
    actor, holder = _actor(health)
    plain = Holding(rank, actor, holder, since, waiting_for, wait=wait, about=write)
    return troubled(plain, trouble)


def _told(health: Health) -> str:
    """By what it stands so, and what is said of that: by itself, or by the rule of a file."""
    why = _why(health)
    if health.by and why:
        return f"{health.by}: {why}" if health.rule else f"{health.by}. It says: {why}"
    return health.by or why or f"a rule for its kind holds, {health.rule}"


def _suspended(write: Write, health: Health, rank: int) -> Holding:
    """A person's turn, unless the rule of a file says that its controller goes on by itself."""
    name, since = named(write.image), since_when(write, health, 0.0)
    detail = sentence(f"{name} is suspended: {_told(health)}")
    actor, holder = _actor(health) if health.rule else ("client", "")
    queue = (write.image.metadata.labels or {}).get(QUEUE)
    if queue and (health.by.startswith("spec.") or "spec.suspend" in health.rule):
        actor, holder = ACTOR, "Kueue"
        detail = f"{detail.rstrip('.')}; Kueue is to resume it once queue {queue} admits it."
    plain = Holding(rank, actor, holder, since, f"{name} to be resumed", about=write)
    trouble = Trouble("paused", detail, proof(write, health), commands.describe(write))
    return troubled(plain, trouble)


def _not_taken_up(snapshot: Snapshot, write: Write, health: Health) -> Holding:
    """Its controller has yet to report on the newest generation: perhaps none is running."""
    image, asked = write.image, write.log.last_spec_change(write.order + 1) or write
    told = reporter(snapshot, write, asked, written(asked) or when(asked))
    later = (one for one in snapshot.since(write.log, asked.order) if one is not asked)
    there = told or any(map(is_answer, later)) or is_reported_since(write)
    waiting_for = f"{named(image)} to be seen by its controller: {health.by}"
    if told:
        waiting_for = f"{told} to report on {named(image)} as it is now: {health.by}"
    late, wait = "not-ready" if there else "no-controller", acting(image)
    actor, holder = _actor(health)
    holder = holder or told
    return Holding(1, actor, holder, when(asked), waiting_for, late=late, wait=wait, about=write)


_RETRIED = 1000.0
"""Seconds within which most controllers try again what failed, however often it did.

Source: https://pkg.go.dev/k8s.io/client-go/util/workqueue#DefaultTypedControllerRateLimiter.
"""


def _under_way(
    snapshot: Snapshot, write: Write, health: Health, asked: float, rank: int
) -> Holding:
    name, why = named(write.image), _why(health)
    become = health.condition if health.value in ("False", "Unknown") else ""
    still = ", which is Unknown" if health.value == "Unknown" else ""
    goal = f"{name} to become {become}{still}" if become else f"{name} to be done"
    goal = goal if become or not health.by else f"{goal} ({health.by})"
    since, wait = since_when(write, health, asked), becoming_ready(write.image)
    # What was warned of long ago, and not since, it has come past.
    warning, note = _warned(snapshot, write, max(since, snapshot.now - _RETRIED), why)
    granted = health.takes
    if granted and health.basis == "convention":
        since, granted = max(since, moved(write, health)), granted if note is None else 0.0
    told = f"{goal}{': ' if why else ''}{why}".rstrip(".")
    waiting_for = f"{told}{warning}"
    actor, holder = _actor(health)
    return Holding(
        rank, actor, holder, since, waiting_for, late="not-ready", patient=health.patient,
        granted=granted, wait=wait, about=write, evidence=proof(write, health),
    )  # fmt: skip


def proof(write: Write, health: Health) -> tuple[Evidence, ...]:
    """What the object's status says, and by what it is read so."""
    why = _why(health)
    text = f"{health.by or health.rule} of {named(write.image)}{': ' if why else ''}{why}"
    return (proofs.status(write, f"{text} ({_BASES[health.basis]})"),)


def _with_warning(snapshot: Snapshot, write: Write, outlook: Outlook) -> Outlook:
    """The same of what nobody taught Baton, with what was warned of lately."""
    warning, _ = _warned(snapshot, write, snapshot.now - _RETRIED, outlook.summary)
    if not warning:
        return outlook
    return msgspec.structs.replace(outlook, summary=f"{outlook.summary} {sentence(warning[2:])}")


Assess = Callable[[Snapshot, Write, Write | None], Outlook]
_OWN_RANK = 7
_GOING = ("failed", "progressing")
"""States in which something is waited for since what lies below is as it is."""


def assess(snapshot: Snapshot, write: Write, began: Write | None, child_of: Assess) -> Outlook:
    """The outlook of a custom resource that exists; `child_of` judges what it controls."""
    health = counts_reports(snapshot, write)
    asked = began if began is not None and began.log is write.log else write
    since = unanswered(snapshot, write, asked)
    found: list[Holding] = [] if since is None else [unseen(snapshot, write, asked, since)]
    over = health is not None and health.over and health.state == "complete"
    done, total = (0, 0) if over else _children(snapshot, write, began, child_of, found)
    if not found and health is not None:
        _waited_for(snapshot, write, health, child_of, found)
    own_counts = not found or (health is not None and _fails_itself(health, found))
    if health is not None and since is None and own_counts:
        rank = max((held.rank + 1 for held in found), default=_OWN_RANK)
        turn = when(asked) if asked is began else 0.0
        if health.state in _GOING:
            turn = max(turn, reached(snapshot, write))
        own = holding_of(snapshot, write, health, turn, rank)
        found.extend((own,) if own is not None else ())
    acted = since is None
    counts = [("stored", 1, 1), ("acted on", int(acted), 1), ("children", done, total)]
    if health is not None:
        counts.append(("done", int(health.state == "complete"), 1))
    stages = staged(counts)
    if not found:
        acted = not asks_nothing_new(asked) or reports(asked)
        acted = acted and not is_newer_than_reports(write)
        outlook = _done(write, health, done, total, stages, acted=acted)
        return _with_warning(snapshot, write, outlook) if outlook.state == "unknown" else outlook
    outlook = pending(found, stages, snapshot, "")
    first = outlook.first
    silent = first is not None and first.diagnosis == "no-controller" and first.about is write
    if silent and since is not None and health and _may_stand(snapshot, write, asked, health):
        return _untold(write, health, stages)
    if outlook.state != "stalled" or first is None or first.about is write:
        return outlook
    beside = own_word(write, health) or _word_between(snapshot, first.about, write)
    if not beside:
        return outlook
    return msgspec.structs.replace(outlook, summary=f"{outlook.summary} {beside}")


def _may_stand(snapshot: Snapshot, write: Write, asked: Write, health: Health) -> bool:
    """Whether who took up a change need not write anything: all is well, and nothing made for it.

    Of what names no generation the status stays as it is then, as that of a store that is valid.
    """
    served = write.log.family.children or snapshot.world.known.server_since(write.log.uid, -1)
    before = asked.before.health if asked.before is not None else None
    resumed = before is not None and before.asks  # Who resumes it has something to do.
    changed = asked.change.type == "MODIFIED" and not resumed
    return changed and not served and health.state == "complete"


def _untold(write: Write, health: Health, stages: tuple[Stage, ...]) -> Outlook:
    """That nobody was seen to act on a change, which does not mean that nobody did."""
    well = f"Its {health.by}" if health.by else "By the rule for its kind it is well"
    told = (
        f"Nobody was seen to act on {named(write.image)}. {well}, and its status names no "
        "generation: whether that holds for what is asked now cannot be told."
    )
    return msgspec.structs.replace(unknown(write, told), stages=stages)


def _fails_itself(health: Health, found: list[Holding]) -> bool:
    """Whether it has failed beside what is under way below it.

    That its parts are not healthy, which it names as the reason, is so until they have started.
    """
    if health.state != "failed":
        return False
    starts = not any(holding.diagnosis for holding in found)
    return not (starts and not _OF_PARTS.isdisjoint(parts(health.reason)))


_OF_PARTS = frozenset(("degraded", "unhealthy", "unreachable"))


def _word_between(snapshot: Snapshot, below: Write | None, write: Write) -> str:
    """What the nearest custom resource says that owns `below` and belongs to `write`."""
    for _ in range(HIGHEST):
        owner = owner_of(below.image) if below is not None else None
        log = snapshot.world.logs.get(owner) if owner else None
        below = snapshot.alive(log) if log is not None else None
        if below is None or below.log is write.log:
            return ""
        if word := own_word(below, below.image.health):
            return word
    return ""


def _children(
    snapshot: Snapshot,
    write: Write,
    began: Write | None,
    child_of: Assess,
    found: list[Holding],
) -> tuple[int, int]:
    """How many of the objects that it controls are as asked for, of how many; adds what is not.

    What failed before it came to be well is not counted.
    """
    done, total = 0, 0
    for child in snapshot.children(write.log):
        if is_history(write, began, child):
            continue
        total += 1
        snapshot.looked += 1
        if snapshot.level == HIGHEST:
            continue  # So deep nothing is judged; what owns all this says how it does.
        snapshot.level += 1
        outlook = child_of(snapshot, child, None)
        snapshot.level -= 1
        done += outlook.state == "complete"
        found.extend(outlook.holdings)
    return done, total


def _waited_for(
    snapshot: Snapshot, write: Write, health: Health, child_of: Assess, found: list[Holding]
) -> None:
    """Adds what is not as asked for of the objects that it refers to, as its kind's file has it."""
    for name in health.waits_for:
        snapshot.looked += 1
        other = snapshot.follow(name, write)
        if other is None or snapshot.level == HIGHEST:
            continue
        snapshot.level += 1
        found.extend(child_of(snapshot, other, None).holdings)
        snapshot.level -= 1


def _done(
    write: Write,
    health: Health | None,
    done: int,
    total: int,
    stages: tuple[Stage, ...],
    *,
    acted: bool,
) -> Outlook:
    """What a custom resource is of which nothing is waited for: complete by a convention, or not.

    Complete is what says so itself; or what owns objects that are all as asked for, and says
    nothing. What it says of itself in other ways, nobody taught Baton.
    """
    image = write.image
    if health is not None and health.state == "complete":
        if health.basis == "declared" and not health.by:
            told = " is stored; one of its kind is done by that."
            if health.rule and health.message:
                told = f" is as asked for: {health.message.rstrip('.')}."
            elif health.rule:
                told = f" has come to what its kind's rule asks for: {health.rule}."
            return Outlook("complete", f"{named(image)}{told}", (), stages, when(write))
        says = f" Its {health.by}." if health.by else ""
        owns = f", and its {count(total, 'object')} as asked for" if 0 < total == done else ""
        told = "was acted on" if acted else "stands as it did"
        summary = f"{named(image)} {told}{owns}.{says}"
        return Outlook("complete", summary, (), stages, when(write))
    if health is not None and health.by:
        told = f": {_why(health)}".rstrip(".") if _why(health) else ""
        why = f"{'Its' if health.basis == 'convention' else 'The'} {health.by}{told}."
    elif done < total:
        why = f"Of {count(total - done, 'object')} that it owns Baton does not know how they stand."
    elif not total and not image.status:
        why = "It has no status, and it owns nothing that would tell."
    elif not total:
        why = "Nothing in its status is read by a convention, and it owns nothing that would tell."
    else:
        summary = f"{named(image)} was acted on, and its {count(total, 'object')} as asked for."
        return Outlook("complete", summary, (), stages, when(write))
    return msgspec.structs.replace(untaught(write, why), stages=stages)
