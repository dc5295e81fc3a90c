"""What a custom resource says of itself: who holds it, what is wrong with it, or that it is done.

How its status is read stands in `eventstream.objects.health`; here it becomes words.
"""

from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Holding, Trouble, troubled
from eventstream.explain.outlook.waits import acting, becoming_ready
from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.world.text import named, parse, said_by, sentence, when
from eventstream.explain.world.writes import Write
from eventstream.objects.health.records import Health

ACTOR = "custom-controller"
_BASES = {
    "convention": "by a convention that operators share",
    "declared": "as the rules for its kind have it",
    "script": "as a health script for its kind has it",
}
_GIVEN_UP = {
    ("Stalled", "True"): "its controller has given up",
    ("Progressing", "False"): "its controller has timed out progressing",
}


def holding_of(write: Write, health: Health, asked: float, rank: int) -> Holding | None:
    """What is waited for by the object's own word, since when; None where it is done or unknown.

    `asked` is when it was asked for what it has to become, 0 where that was not seen.
    """
    if health.state == "failed":
        return _failed(write, health, asked, rank)
    if health.state == "suspended":
        return _suspended(write, health, rank)
    if health.state == "progressing":
        return _unseen(write, health) if health.stale else _under_way(write, health, asked, rank)
    return None


def own_word(write: Write, health: Health | None) -> str:
    """One sentence with what the object itself says, where that is more than its state."""
    why = _why(health) if health is not None and health.state in ("failed", "progressing") else ""
    return sentence(f"{named(write.image)} itself says: {why}") if why else ""


def _why(health: Health) -> str:
    return said_by(health.message, health.reason)


def _since(write: Write, health: Health, asked: float) -> float:
    return max(parse(health.since) or when(write), asked)


def _actor(health: Health) -> tuple[str, str]:
    return ("client", "") if health.holder == "client" else (ACTOR, health.holder)


def _failed(write: Write, health: Health, asked: float, rank: int) -> Holding:
    name, why = named(write.image), _why(health)
    gave_up = _GIVEN_UP.get((health.condition, health.value))
    detail = f"{name} is not as asked for: {_told(health)}"
    if gave_up:
        detail = f"{name} is not as asked for, and {gave_up}{': ' if why else ''}{why}"
    trouble = Trouble("not-ready", sentence(detail), proof(write, health), commands.describe(write))
    waiting_for = f"{name} to be as asked for"
    since, wait = _since(write, health, asked), becoming_ready(write.image)
    actor, holder = _actor(health)
    plain = Holding(rank, actor, holder, since, waiting_for, wait=wait, about=write)
    return troubled(plain, trouble)


def _told(health: Health) -> str:
    """By what it stands so, and what is said of that."""
    why = _why(health)
    if health.by and why:
        return f"{health.by}. It says: {why}"
    return health.by or why or f"a rule for its kind holds, {health.rule}"


def _suspended(write: Write, health: Health, rank: int) -> Holding:
    name, since = named(write.image), _since(write, health, 0.0)
    detail = sentence(f"{name} is suspended: {_told(health)}")
    plain = Holding(rank, "client", "", since, f"{name} to be resumed", about=write)
    trouble = Trouble("paused", detail, proof(write, health), commands.describe(write))
    return troubled(plain, trouble)


def _unseen(write: Write, health: Health) -> Holding:
    """Its controller has yet to see the newest generation: perhaps none is running."""
    image = write.image
    waiting_for = f"{named(image)} to be seen by its controller: {health.by}"
    late, wait = "no-controller", acting(image)
    actor, holder = _actor(health)
    return Holding(1, actor, holder, when(write), waiting_for, late=late, wait=wait, about=write)


def _under_way(write: Write, health: Health, asked: float, rank: int) -> Holding:
    name, why = named(write.image), _why(health)
    become = health.condition if health.value in ("False", "Unknown") else ""
    still = ", which is Unknown" if health.value == "Unknown" else ""
    goal = f"{name} to become {become}{still}" if become else f"{name} to be done"
    goal = goal if become or not health.by else f"{goal} ({health.by})"
    waiting_for = f"{goal}{': ' if why else ''}{why}".rstrip(".")
    since, wait = _since(write, health, asked), becoming_ready(write.image)
    actor, holder = _actor(health)
    return Holding(
        rank, actor, holder, since, waiting_for, late="not-ready", wait=wait, about=write,
        evidence=proof(write, health),
    )  # fmt: skip


def proof(write: Write, health: Health) -> tuple[Evidence, ...]:
    """What the object's status says, and by what it is read so."""
    why = _why(health)
    text = f"{health.by or health.rule} of {named(write.image)}{': ' if why else ''}{why}"
    return (proofs.status(write, f"{text} ({_BASES[health.basis]})"),)
