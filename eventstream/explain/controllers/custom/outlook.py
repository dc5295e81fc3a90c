"""How a custom resource stands: acted on, its children as asked for, and its own word.

Sources: https://kubernetes.io/docs/concepts/extend-kubernetes/operator/; the conditions Ready and
Available as API conventions have them, and observedGeneration, as kstatus reads them.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from eventstream.explain.controllers.custom.conditions import conditions, given_up
from eventstream.explain.controllers.shared.conventions import untaught
from eventstream.explain.outlook.holding import Holding, Outlook, pending, staged
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.outlook.trouble import troubled
from eventstream.explain.outlook.waits import acting, becoming_ready
from eventstream.explain.vocabulary.records import Stage
from eventstream.explain.world.families import HIGHEST
from eventstream.explain.world.text import count, named, said_by
from eventstream.explain.world.times import parse, when
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image

_ACTOR = "custom-controller"
Assess = Callable[[Snapshot, Write, Write | None], Outlook]


def assess(snapshot: Snapshot, write: Write, began: Write | None, child_of: Assess) -> Outlook:
    """The outlook of a custom resource that exists; `child_of` judges what it controls."""
    image = write.image
    asked = began if began is not None and began.log is write.log else write
    acted = _acted(snapshot, write, asked)
    found: list[Holding] = [] if acted else [_unseen(write, when(asked))]
    done, total = 0, 0
    for child in snapshot.children(write.log):
        total += 1
        snapshot.looked += 1
        if snapshot.level == HIGHEST:
            continue  # So deep nothing is judged; what owns all this says how it does.
        snapshot.level += 1
        outlook = child_of(snapshot, child, None)
        snapshot.level -= 1
        done += outlook.state == "complete"
        found.extend(outlook.holdings)
    said = _condition(image)
    if not found:
        found.extend(_behind(write, said, when(asked) if asked is began else 0.0))
    stages = staged([("stored", 1, 1), ("acted on", int(acted), 1), ("children", done, total)])
    if found:
        return pending(found, stages, snapshot, "")
    return _done(write, said, done, total, stages)


def _done(
    write: Write, said: dict[str, Any] | None, done: int, total: int, stages: tuple[Stage, ...]
) -> Outlook:
    """What a custom resource is of which nothing is waited for: complete by a convention, or not.

    The conventions: its condition Ready, or else Available, is True; or it owns objects, and all
    of them are as asked for. What it says of itself in other ways, nobody taught Baton.
    """
    image = write.image
    ready = said is not None and said["status"] == "True"
    if done < total:
        left = count(total - done, "object")
        why = f"Of {left} that it owns Baton does not know how they stand."
    elif not (ready or total):
        why = "It has no condition Ready or Available, and owns nothing that would tell."
    elif said is not None and not ready:
        why = f"Its condition {said['type']} is {said['status']}."
    else:
        says = f" Its condition {said['type']} is {said['status']}." if said else ""
        owns = f", and its {count(total, 'object')} as asked for" if total else ""
        summary = f"{named(image)} was acted on{owns}.{says}"
        return Outlook("complete", summary, (), stages, when(write))
    return msgspec.structs.replace(untaught(write, why), stages=stages)


def _unseen(write: Write, since: float) -> Holding:
    waiting_for, wait = f"a custom controller to act on {named(write.image)}", acting(write.image)
    return Holding(1, _ACTOR, "", since, waiting_for, late="no-controller", wait=wait, about=write)


def _behind(write: Write, said: dict[str, Any] | None, asked: float) -> list[Holding]:
    """What the custom resource itself says is not done yet, of what was `asked` at that time."""
    image = write.image
    status = image.status if isinstance(image.status, dict) else {}
    seen = status.get("observedGeneration")
    generation = image.metadata.generation or 0
    if isinstance(seen, int) and seen < generation:
        waiting_for = f"{named(image)} to be seen at generation {generation}, not {seen}"
        code, wait, at = "no-controller", acting(image), when(write)
        return [Holding(1, _ACTOR, "", at, waiting_for, late=code, wait=wait, about=write)]
    stuck = given_up(write, conditions(image))
    if stuck is not None:
        entry, trouble = stuck
        since = max(parse(entry.get("lastTransitionTime")) or when(write), asked)
        waiting_for = f"{named(image)} to be as asked for"
        plain = Holding(7, _ACTOR, "", since, waiting_for, wait=becoming_ready(image), about=write)
        return [troubled(plain, trouble)]
    if said is None or said["status"] not in ("False", "Unknown"):
        return []
    since = max(parse(said.get("lastTransitionTime")) or when(write), asked)
    reason = said_by(said.get("message"), said.get("reason"))
    still = ", which is Unknown" if said["status"] == "Unknown" else ""
    waiting_for = f"{named(image)} to become {said['type']}{still}{': ' if reason else ''}{reason}"
    code, waiting_for, wait = "not-ready", waiting_for.rstrip("."), becoming_ready(image)
    return [Holding(7, _ACTOR, "", since, waiting_for, late=code, wait=wait, about=write)]


def _condition(image: Image) -> dict[str, Any] | None:
    """Its condition Ready, or else Available, if it has one with a type and a status."""
    known = conditions(image)
    return known.get("Ready") or known.get("Available")


def _acted(snapshot: Snapshot, write: Write, asked: Write) -> bool:
    if asked.base:
        return True  # Many custom resources need no controller; it had its time to act.
    writes = [*snapshot.since(write.log, asked.order)]
    for child in write.log.family.children.values():
        writes.extend(snapshot.since(child, asked.order))
    return any(_acts(later) for later in writes)


def _acts(write: Write) -> bool:
    """Whether a custom controller did something: a finalizer alone only announces that it will."""
    if write.decision.verdict is None or write.decision.verdict.actor != _ACTOR:
        return False
    return not write.changes or any(c.path != "metadata.finalizers" for c in write.changes)
